/** Gradient clipping by norm. */
import type { Vector } from '../compress/message.js';
import { euclideanNorm, sumOfSquares } from '../compress/norm.js';

/** The Euclidean norm of vectors, taken together; not finite where an entry is not. */
function jointNorm(vectors: readonly Vector[]): number {
  const squares = vectors.reduce((sum, vector) => sum + sumOfSquares(vector), 0);
  if (squares > 1e-280 && squares < 1e300) return Math.sqrt(squares);
  // The squares left the range of float64; the norms need not have.
  const norms = Float64Array.from(vectors, (vector) => euclideanNorm(vector, 0, vector.length));
  return euclideanNorm(norms, 0, norms.length);
}

/**
 * The factor, at most 1, that brings the Euclidean norm of vectors, taken together, down to `limit`. It is 1 where that norm is not finite: a
 * factor of 0 would make NaN of an infinite entry, and lose the others.
 */
export function clipScale(vectors: readonly Vector[], limit: number): number {
  const norm = jointNorm(vectors);
  return Number.isFinite(norm) && norm > limit ? limit / norm : 1;
}
