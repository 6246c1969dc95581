/** Which entries are the k largest in magnitude: exact, by whatever is fastest in plain JavaScript for the sizes at hand. */
import { requireFinite } from './check-vector.js';
import { largestFew } from './largest-few.js';
import { largestByHistogram } from './magnitude-histogram.js';
import type { Vector } from './message.js';

/**
 * The positions of the k entries of largest magnitude, ascending; of equal ones those with the lowest positions.
 * @param k from 1, below the length
 * @throws {OptionError} if an entry is NaN or infinite
 */
export function topKPlain(vector: Vector, k: number): Int32Array {
  if (k <= 16) return largestFew('topK', vector, k);
  return vector.length < 512 ? largestBySorting(vector, k) : largestByHistogram('topK', vector, k);
}

function largestBySorting(vector: Vector, k: number): Int32Array {
  requireFinite('topK', vector);
  const sorted = vector.map(Math.abs).sort();
  const threshold = sorted[vector.length - k]!;
  // Of those equal to the threshold, as many as there is room for.
  let ties = 0;
  for (let i = vector.length - k; i < vector.length && sorted[i] === threshold; i++) ties++;
  const indices = new Int32Array(k);
  let count = 0;
  for (let i = 0; count < k; i++) {
    const magnitude = Math.abs(vector[i]!);
    if (magnitude > threshold || (magnitude === threshold && ties-- > 0)) indices[count++] = i;
  }
  return indices;
}
