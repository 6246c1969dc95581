/** Scaled sign: all entries get the mean magnitude and keep their sign (EF-signSGD, Karimireddy et al., 2019). */
import { requireFiniteVector } from './check-vector.js';
import type { Compressor } from './compressor.js';
import type { SignsMessage, Vector } from './message.js';
import { signBits, signsMessage } from './sign-bits.js';

/** The mean magnitude; 0 of no entries. */
function meanMagnitude(vector: Vector): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += Math.abs(vector[i]!);
  if (sum < Number.POSITIVE_INFINITY) return sum / Math.max(1, vector.length);
  // The sum has left the range of float64, where the mean does not.
  let mean = 0;
  for (let i = 0; i < vector.length; i++) mean += Math.abs(vector[i]!) / vector.length;
  return mean;
}

/**
 * |x|_1 / d sign(x), where sign(0) = 1.
 * @throws {OptionError} if an entry is NaN or infinite
 */
export function scaledSign(vector: Vector): SignsMessage {
  requireFiniteVector('scaledSign', vector);
  const mean = meanMagnitude(vector);
  return signsMessage(vector, signBits(vector), -mean, mean);
}

/** Scaled sign. Contraction |x|_1^2 / (d |x|_2^2), which is at least 1 / d. */
export function scaledSignCompressor(): Compressor {
  return {
    name: 'sign',
    unbiased: false,
    contraction: (length) => 1 / Math.max(1, length),
    compress: scaledSign,
  };
}
