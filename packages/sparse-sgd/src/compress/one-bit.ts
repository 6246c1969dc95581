/** One-bit SGD: negative entries get their mean, all others get theirs (Seide et al., 2014). */
import { requireFiniteVector } from './check-vector.js';
import type { Compressor } from './compressor.js';
import type { SignsMessage, Vector } from './message.js';
import { signBits, signsMessage } from './sign-bits.js';

/** How many bits are set. */
function countBits(bits: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) for (let rest = bits[i]!; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** `scale` times the sums of the negative entries and of the others. */
function sums(vector: Vector, scale: number): { negative: number; positive: number } {
  let negative = 0;
  let positive = 0;
  // Without branches, which would go one way as often as the other: one of these is 0, the other twice the entry.
  for (let i = 0; i < vector.length; i++) {
    const half = (scale / 2) * vector[i]!;
    const magnitude = Math.abs(half);
    negative += half - magnitude;
    positive += half + magnitude;
  }
  return { negative, positive };
}

/**
 * The mean of the negative entries for these, the mean of the others for those.
 * @throws {OptionError} if an entry is NaN or infinite
 */
export function oneBit(vector: Vector): SignsMessage {
  requireFiniteVector('oneBit', vector);
  const bits = signBits(vector);
  const below = countBits(bits);
  let scale = 1;
  let { negative, positive } = sums(vector, scale);
  if (!Number.isFinite(positive - negative)) {
    // The sums have left the range of float64, where the means do not.
    scale = 2 ** -40;
    ({ negative, positive } = sums(vector, scale));
  }
  const mean = (sum: number, count: number): number => (count === 0 ? 0 : sum / count / scale);
  return signsMessage(vector, bits, mean(negative, below), mean(positive, vector.length - below));
}

/** One-bit. Contraction at least 1 / d. */
export function oneBitCompressor(): Compressor {
  return {
    name: 'one-bit',
    unbiased: false,
    contraction: (length) => 1 / Math.max(1, length),
    compress: oneBit,
  };
}
