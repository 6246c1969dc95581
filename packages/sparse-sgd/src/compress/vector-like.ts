/** New vectors in the precision of given ones. */
import type { Vector } from './message.js';

/** Zeros in the precision of `vector`, and as many unless `length` says otherwise. */
export function vectorLike(vector: Vector, length: number = vector.length): Vector {
  return vector instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
