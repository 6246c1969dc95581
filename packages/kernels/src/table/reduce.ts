/** Kernels that fold one axis: sums, extremes, norms, arg-extremes, cumulative sums. */

/** View of a contiguous buffer as [outer, size, inner]; the middle axis is folded. The result is [outer, inner]. */
export interface AxisSizes {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/**
 * `sum` and `mean` stay within 1e-5 relative (of the sum of magnitudes) of float64 for a million terms.
 * `prod`, `sum` of nothing are 1 and 0, `mean` NaN, `max` -Infinity, `min` Infinity, `logSumExp` -Infinity.
 * `max` and `min` give NaN if any element is NaN. `norm1` sums magnitudes, `norm2` is the square root of the sum of
 * squares (no overflow guard), `sumSquares` the sum itself. `any`/`all` take bool and give bool. int32: sum, prod, max, min (wraps).
 */
export const reduceOps = [
  'sum',
  'mean',
  'prod',
  'max',
  'min',
  'logSumExp',
  'norm1',
  'norm2',
  'sumSquares',
  'any',
  'all',
] as const;
export type ReduceOp = (typeof reduceOps)[number];

export interface ReduceKernels<B> {
  /** out[o, i] = op over s of x[o, s, i]. The order of summation does not depend on the number of threads. */
  reduce(op: ReduceOp, x: B, out: B, axis: AxisSizes): void;
  /** out (int32) [o, i] = position of the extreme; the first one on ties; the first NaN if there is one. Size must not be 0. */
  argReduce(op: 'argmax' | 'argmin', x: B, out: B, axis: AxisSizes): void;
  /** Running sums along the axis; `exclusive` starts at 0; `reverse` runs from the end. Shape of x. float or int32. */
  cumsum(x: B, out: B, axis: AxisSizes, exclusive: boolean, reverse: boolean): void;
}
