/** The few largest entries of a vector: one pass with a short list. */
import { requireFinite } from './check-vector.js';
import type { Vector } from './message.js';

/**
 * The positions of the k entries of largest magnitude, ascending; of equal ones those with the lowest positions.
 * At most k steps an entry; for entries in random order about k log(length / k) of them in all, besides the pass.
 * @param k from 1, at most the length
 * @throws {OptionError} if an entry is NaN or infinite
 */
export function largestFew(op: string, vector: Vector, k: number): Int32Array {
  if (k === 1) return Int32Array.of(largest(op, vector));
  const indices = new Int32Array(k);
  // Descending; -1 for places that are free yet.
  const magnitudes = new Float64Array(k).fill(-1);
  let least = -1;
  let sum = 0;
  for (let i = 0; i < vector.length; i++) {
    const magnitude = Math.abs(vector[i]!);
    sum += magnitude - magnitude;
    if (magnitude > least) {
      let place = k - 1;
      for (; place > 0 && magnitudes[place - 1]! < magnitude; place--) {
        magnitudes[place] = magnitudes[place - 1]!;
        indices[place] = indices[place - 1]!;
      }
      magnitudes[place] = magnitude;
      indices[place] = i;
      least = magnitudes[k - 1]!;
    }
  }
  // NaN, unless all are finite.
  if (sum !== 0) requireFinite(op, vector);
  return indices.sort();
}

/** The first position of the largest magnitude. @throws {OptionError} if an entry is NaN or infinite */
function largest(op: string, vector: Vector): number {
  let index = 0;
  let most = -1;
  let sum = 0;
  for (let i = 0; i < vector.length; i++) {
    const magnitude = Math.abs(vector[i]!);
    sum += magnitude - magnitude;
    if (magnitude > most) {
      most = magnitude;
      index = i;
    }
  }
  if (sum !== 0) requireFinite(op, vector);
  return index;
}
