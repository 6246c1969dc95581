/** TernGrad: each entry becomes -s, 0 or s (Wen et al., 2017). */
import { checkOptions, requireAbove } from '@saccade/tensor';
import { requireFiniteVector } from './check-vector.js';
import type { Compressor } from './compressor.js';
import type { LevelsMessage, Vector } from './message.js';
import { euclideanNorm, largestMagnitude } from './norm.js';
import { roundToLevels } from './qsgd-plain.js';
import { drawUniforms, type Randomness } from './uniforms.js';
import { vectorLike } from './vector-like.js';

/** Options of TernGrad. */
export interface TernGradOptions {
  /**
   * Entries are cut at so many standard deviations, taken around 0: a few large ones would leave nothing of the others. Infinity: not at all.
   * Default: 2.5.
   */
  readonly clip?: number | undefined;
}

function requireClip(op: string, clip: number): void {
  if (clip !== Number.POSITIVE_INFINITY) requireAbove(op, 'clip', clip);
}

/**
 * sign(g) s with probability |g| / s, else 0, where s is the largest |g| after cutting. A vector of zeros gives zeros.
 *
 * @param randomness one uniform an entry
 * @throws {OptionError} if an entry is NaN or infinite, or an argument cannot be
 */
export function ternGrad(vector: Vector, randomness: Randomness, options: TernGradOptions = {}): LevelsMessage {
  requireFiniteVector('ternGrad', vector);
  const { clip = 2.5 } = checkOptions('ternGrad', options, ['clip']);
  requireClip('ternGrad', clip);
  const { length } = vector;
  const uniforms = drawUniforms('ternGrad', randomness, length);
  const norms = vectorLike(vector, length === 0 ? 0 : 1);
  const levels = new Int16Array(length);
  const bucket = Math.max(1, length);
  if (length > 0) {
    const deviation = euclideanNorm(vector, 0, length) / Math.sqrt(length);
    norms[0] = Math.min(largestMagnitude(vector), deviation === 0 ? 0 : clip * deviation);
    if (norms[0]! > 0) roundToLevels(vector, 0, length, 1, norms[0]!, uniforms, levels);
  }
  return { kind: 'levels', length, s: 1, bucket, norms, levels };
}

/**
 * TernGrad. Unbiased only without cutting; no contraction.
 * @throws {OptionError} for options that cannot be
 */
export function ternGradCompressor(options: TernGradOptions = {}): Compressor {
  const { clip } = checkOptions('ternGradCompressor', options, ['clip']);
  if (clip !== undefined) requireClip('ternGradCompressor', clip);
  return {
    name: clip === undefined ? 'ternary' : `ternary/clip=${clip}`,
    unbiased: clip === Number.POSITIVE_INFINITY,
    contraction: () => undefined,
    compress: (vector, rng) => ternGrad(vector, rng, options),
  };
}
