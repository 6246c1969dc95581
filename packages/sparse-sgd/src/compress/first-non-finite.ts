/** Looks for entries that are NaN or infinite. */
import type { Vector } from './message.js';

/** Whether there is no NaN and no infinity. */
export function isFiniteVector(vector: Vector): boolean {
  const { length } = vector;
  // 0 times anything else is NaN; no branch, and two sums that need not wait for each other.
  let even = 0;
  let odd = 0;
  for (let i = 1; i < length; i += 2) {
    even += 0 * vector[i - 1]!;
    odd += 0 * vector[i]!;
  }
  if (length % 2 === 1) even += 0 * vector[length - 1]!;
  return even + odd === 0;
}

/** The first position of an entry that is NaN or infinite; -1 if there is none. */
export function firstNonFinite(vector: Vector): number {
  return isFiniteVector(vector) ? -1 : vector.findIndex((value) => !Number.isFinite(value));
}
