/** A row of scores for masks that sum to k, taken relative to the score around which the choice is made: thresholds keep their digits at any offset. */

/** One row. */
export interface RelativeRow {
  /** The scores in float64, less the k-th largest of them (not counted from Infinity on, if k is above that). Infinities stay. */
  readonly x: Float64Array;
  /** Those that are finite, the largest first. */
  readonly sorted: Float64Array;
  /** What the finite ones are to sum to: k without what is infinite. */
  readonly target: number;
  /** The mask where the score is Infinity: 1, or where they are more than k equal shares of it. */
  readonly share: number;
}

/** Row r of scores [rows, n] for real k in (0, n]. */
export function relativeRow(scores: ArrayLike<number>, r: number, n: number, k: number): RelativeRow {
  const row = Float64Array.from({ length: n }, (_, i) => scores[r * n + i]!);
  const sure = row.reduce((count, value) => count + Number(value === Infinity), 0);
  const finite = sorted(row);
  const reference = finite[Math.ceil(k - sure) - 1] ?? 0;
  const x = row.map((value) => value - reference);
  // What lies so far off that the difference overflows is as good as infinite.
  const target = k - x.reduce((count, value) => count + Number(value === Infinity), 0);
  return { x, sorted: sorted(x), target, share: Math.min(1, k / sure) };
}

function sorted(row: Float64Array): Float64Array {
  return row.filter(Number.isFinite).sort().reverse();
}
