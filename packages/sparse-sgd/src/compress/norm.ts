/** Norms of parts of vectors. */
import type { Vector } from './message.js';

/** The largest magnitude of entries begin <= i < end; 0 if there are none. */
export function largestMagnitude(vector: Vector, begin = 0, end: number = vector.length): number {
  let largest = 0;
  for (let i = begin; i < end; i++) {
    const magnitude = Math.abs(vector[i]!);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** The largest finite number in the precision of `vector`. */
export function largestNumber(vector: Vector): number {
  return vector instanceof Float64Array ? Number.MAX_VALUE : (2 - 2 ** -23) * 2 ** 127;
}

/** The sum of squares of entries begin <= i < end. */
export function sumOfSquares(vector: Vector, begin = 0, end: number = vector.length): number {
  let sum = 0;
  for (let i = begin; i < end; i++) sum += vector[i]! ** 2;
  return sum;
}

/** The Euclidean norm of entries begin <= i < end; infinite where float64 does not hold it, NaN where an entry is NaN or infinite. */
export function euclideanNorm(vector: Vector, begin: number, end: number): number {
  const sum = sumOfSquares(vector, begin, end);
  // Squares of float64 may leave its range, where the norm does not.
  if (sum > 1e-280 && sum < 1e300) return Math.sqrt(sum);
  const largest = largestMagnitude(vector, begin, end);
  // No magnitude is above 0: the sum is 0, or NaN.
  if (largest === 0) return sum;
  let scaled = 0;
  for (let i = begin; i < end; i++) scaled += (vector[i]! / largest) ** 2;
  return largest * Math.sqrt(scaled);
}
