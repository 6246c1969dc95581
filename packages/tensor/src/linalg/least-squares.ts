/** Least squares by singular values: the shortest X that minimises |A X - B|. */
import { OptionError } from '@saccade/kernels';
import { checkFinite, checkRightSide, type Matrix } from './matrix.js';
import { svdMatrix } from './svd.js';

/** Options of least squares. */
export interface LeastSquaresOptions {
  /** Singular values below this part of the largest count as zero. Default: max(m, n) * 2^-52. */
  readonly tolerance?: number;
}

/** The solution and what was found on the way. */
export interface LeastSquaresMatrices {
  /** `[n, k]`; of all minimisers the one with the least norm. */
  readonly x: Matrix;
  /** Singular values that did not count as zero. */
  readonly rank: number;
  /** All singular values, descending. */
  readonly singularValues: Float64Array;
}

/**
 * The X of least norm that minimises |A X - B|; equals pinv(A) B.
 *
 * @param a `[m, n]`, any shape and rank; not changed
 * @param b `[m, k]`; not changed
 * @throws {ShapeError} if B has other rows
 * @throws {OptionError} if A or B is not finite, or the tolerance is not in [0, 1)
 */
export function leastSquaresMatrix(a: Matrix, b: Matrix, options: LeastSquaresOptions = {}): LeastSquaresMatrices {
  const op = 'leastSquares';
  const { tolerance = Math.max(a.rows, a.columns) * Number.EPSILON } = options;
  if (!(tolerance >= 0 && tolerance < 1)) {
    throw new OptionError(`${op}: tolerance must be in [0, 1), got ${tolerance}`);
  }
  checkRightSide(op, a, b);
  checkFinite(op, a);
  checkFinite(op, b);
  const { u, values, v } = svdMatrix(a);
  const limit = tolerance * (values[0] ?? 0);
  const rank = values.filter((value) => value > limit).length;
  const k = b.columns;
  const x = new Float64Array(a.columns * k);
  for (let s = 0; s < rank; s++) {
    const weights = new Float64Array(k);
    for (let i = 0; i < a.rows; i++) {
      const factor = u.data[i * u.columns + s]! / values[s]!;
      for (let c = 0; c < k; c++) weights[c]! += factor * b.data[i * k + c]!;
    }
    for (let j = 0; j < a.columns; j++) {
      const factor = v.data[j * v.columns + s]!;
      for (let c = 0; c < k; c++) x[j * k + c]! += factor * weights[c]!;
    }
  }
  return { x: { rows: a.columns, columns: k, data: x }, rank, singularValues: values };
}
