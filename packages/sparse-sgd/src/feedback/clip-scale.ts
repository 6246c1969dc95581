/** Gradient clipping by norm. */
import type { Vector } from '../compress/message.js';
import { sumOfSquares } from '../compress/norm.js';

/** The factor, at most 1, that brings the Euclidean norm of vectors, taken together, down to `limit`. */
export function clipScale(vectors: Iterable<Vector>, limit: number): number {
  let squares = 0;
  for (const vector of vectors) squares += sumOfSquares(vector);
  const norm = Math.sqrt(squares);
  return norm > limit ? limit / norm : 1;
}
