/** Compares two results: a fast wrong answer is worth nothing. */

/** Largest difference that counts as the same result, relative to the largest value. */
export const tolerance = 1e-3;

/** Largest difference relative to the largest magnitude of `expected`; infinite where they cannot be compared. */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [difference, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!Number.isFinite(gap)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, gap);
    scale = Math.max(scale, Math.abs(expected[i] as number));
  }
  return difference === 0 ? 0 : difference / scale;
}
