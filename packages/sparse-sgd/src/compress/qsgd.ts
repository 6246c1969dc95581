/** QSGD: stochastic rounding to levels of the Euclidean norm (Alistarh et al., 2017), as the paper compares with. */
import { checkOptions, Rng, requireCount } from '@saccade/tensor';
import { requireFinite, requireVector } from './check-vector.js';
import type { Compressor } from './compressor.js';
import type { LevelsMessage, Vector } from './message.js';
import { qsgdOnDevice, worthMoving } from './on-device.js';
import { qsgdPlain } from './qsgd-plain.js';
import { drawUniforms, type Randomness } from './uniforms.js';

/** Options of QSGD. */
export interface QsgdOptions {
  /** Entries that share a norm; the last bucket may be shorter. A whole number from 1. Default: all. */
  readonly bucket?: number | undefined;
}

/** Whether recorded numbers are float64, which kernels do not know. */
function hasDoubleUniforms(randomness: Randomness): boolean {
  return !(randomness instanceof Rng) && randomness?.uniforms instanceof Float64Array;
}

/**
 * Levels of the norm such that the mean of norm level / s is the vector: variance at most min(d / s^2, sqrt(d) / s) |x|^2, d the
 * length of a bucket. A bucket of zeros gives zeros; one whose norm its precision does not hold has the largest number as norm.
 *
 * @param s number of levels, 1 to 32767
 * @param randomness one uniform an entry
 * @throws {OptionError} if an entry is NaN or infinite, or an argument cannot be
 */
export function qsgd(vector: Vector, s: number, randomness: Randomness, options: QsgdOptions = {}): LevelsMessage {
  requireVector('qsgd', vector);
  requireCount('qsgd', 's', s, 1, 32767);
  const { length } = vector;
  const { bucket: wanted = Math.max(1, length) } = checkOptions('qsgd', options, ['bucket']);
  const bucket = Math.min(requireCount('qsgd', 'bucket', wanted), Math.max(1, length));
  if (length >= worthMoving && vector instanceof Float32Array && !hasDoubleUniforms(randomness)) {
    return { kind: 'levels', length, s, bucket, ...qsgdOnDevice(vector, s, bucket, randomness) };
  }
  requireFinite('qsgd', vector);
  const made = qsgdPlain(vector, s, bucket, drawUniforms('qsgd', randomness, length));
  return { kind: 'levels', length, s, bucket, ...made };
}

/**
 * QSGD. Unbiased; contraction 1 - min(d / s^2, sqrt(d) / s), d the length of a bucket, where that is above 0.
 * @param s number of levels, 1 to 32767
 * @throws {OptionError} for a number of levels or options that cannot be
 */
export function qsgdCompressor(s: number, options: QsgdOptions = {}): Compressor {
  requireCount('qsgdCompressor', 's', s, 1, 32767);
  const { bucket } = checkOptions('qsgdCompressor', options, ['bucket']);
  if (bucket !== undefined) requireCount('qsgdCompressor', 'bucket', bucket);
  return {
    name: `qsgd:${s}${bucket === undefined ? '' : `/${bucket}`}`,
    unbiased: true,
    contraction(length) {
      const d = Math.min(length, bucket ?? length);
      const variance = Math.min(d / s ** 2, Math.sqrt(d) / s);
      return variance < 1 ? 1 - variance : undefined;
    },
    compress: (vector, rng) => qsgd(vector, s, rng, { bucket }),
  };
}
