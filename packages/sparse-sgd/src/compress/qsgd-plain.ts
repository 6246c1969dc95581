/** Stochastic rounding to levels of the norm, in plain JavaScript. */
import type { Vector } from './message.js';
import { euclideanNorm, largestNumber } from './norm.js';
import { vectorLike } from './vector-like.js';

/** What QSGD makes of a vector. */
export interface Quantized {
  /** Norm of each bucket, in the precision of the vector, and at most its largest number. */
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
  const largest = largestNumber(vector);
  for (let b = 0; b < norms.length; b++) {
    const begin = b * bucket;
    const end = Math.min(length, begin + bucket);
    // As it travels, so that neither rounding nor a limit of the norm does harm to the mean: levels need only be at most s.
    norms[b] = Math.min(euclideanNorm(vector, begin, end), largest);
    if (norms[b]! > 0) roundToLevels(vector, begin, end, s, norms[b]!, uniforms, levels);
  }
  return { norms, levels };
}

/** Writes the levels of entries begin <= i < end; those of a larger magnitude than `norm` get s. Of float32 in the arithmetic of that. */
export function roundToLevels(
  vector: Vector,
  begin: number,
  end: number,
  s: number,
  norm: number,
  uniforms: Vector,
  levels: Int16Array,
): void {
  const round = vector instanceof Float32Array ? Math.fround : (value: number) => value;
  for (let i = begin; i < end; i++) {
    const value = vector[i]!;
    // In this order, as s times a large entry might be infinite.
    const scaled = Math.min(s, round(s * round(Math.abs(value) / norm)));
    const floor = Math.floor(scaled);
    const level = floor + (uniforms[i]! < scaled - floor ? 1 : 0);
    levels[i] = value < 0 ? -level : level;
  }
}
