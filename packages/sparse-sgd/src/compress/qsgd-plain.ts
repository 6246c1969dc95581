/** Stochastic rounding to levels of the norm, in plain JavaScript. */
import type { Vector } from './message.js';
import { euclideanNorm } from './norm.js';
import { vectorLike } from './vector-like.js';

/** What QSGD makes of a vector. */
export interface Quantized {
  /** Norm of each bucket, in the precision of the vector. */
  readonly norms: Vector;
  /** [length], from -s to s. */
  readonly levels: Int16Array;
}

/**
 * Level of an entry v of a bucket: sign(v) (floor(l) + [u < l - floor(l)]), l = s |v| / norm.
 * @param bucket entries that share a norm, from 1
 * @param uniforms u of each entry
 */
export function qsgdPlain(vector: Vector, s: number, bucket: number, uniforms: Vector): Quantized {
  const { length } = vector;
  const norms = vectorLike(vector, Math.ceil(length / bucket));
  const levels = new Int16Array(length);
  for (let b = 0; b < norms.length; b++) {
    const begin = b * bucket;
    const end = Math.min(length, begin + bucket);
    // As it travels, so that rounding of the norm does no harm to the mean.
    norms[b] = euclideanNorm(vector, begin, end);
    if (norms[b]! > 0) roundToLevels(vector, begin, end, s, norms[b]!, uniforms, levels);
  }
  return { norms, levels };
}

/** Writes the levels of entries begin <= i < end; those of a larger magnitude than `norm` get s. */
export function roundToLevels(
  vector: Vector,
  begin: number,
  end: number,
  s: number,
  norm: number,
  uniforms: Vector,
  levels: Int16Array,
): void {
  for (let i = begin; i < end; i++) {
    const value = vector[i]!;
    const scaled = Math.min(s, (s * Math.abs(value)) / norm);
    const floor = Math.floor(scaled);
    const level = floor + (uniforms[i]! < scaled - floor ? 1 : 0);
    levels[i] = value < 0 ? -level : level;
  }
}
