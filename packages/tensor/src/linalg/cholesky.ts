/** Cholesky factorisation A = L L^T and the solution of A X = B with it. */
import { LinalgError } from './linalg-error.js';
import { checkFinite, checkRightSide, checkSquare, type Matrix, symmetrised } from './matrix.js';

/**
 * The lower triangular L with A = L L^T.
 *
 * @param a `[n, n]`, symmetric positive definite; not changed
 * @returns L `[n, n]`, zero above the diagonal
 * @throws {ShapeError} if A is not square
 * @throws {OptionError} if A is not symmetric or not finite
 * @throws {LinalgError} if A is not positive definite
 */
export function choleskyMatrix(a: Matrix, op = 'cholesky'): Matrix {
  checkSquare(op, a);
  checkFinite(op, a);
  const n = a.rows;
  const l = symmetrised(op, a).data;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = l[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      if (i !== j) {
        l[i * n + j] = sum / l[j * n + j]!;
      } else if (sum > 0) {
        l[i * n + i] = Math.sqrt(sum);
      } else {
        throw new LinalgError(
          `${op}: expected a positive definite matrix, pivot ${i} of ${n} is ${sum}; add a small multiple of the identity`,
        );
      }
    }
    l.fill(0, i * n + i + 1, (i + 1) * n);
  }
  return { rows: n, columns: n, data: l };
}

/**
 * X with A X = B, for symmetric positive definite A.
 *
 * @param a `[n, n]`; not changed
 * @param b `[n, k]`; not changed
 * @returns X `[n, k]`
 * @throws {ShapeError} if A is not square or B has other rows
 * @throws {OptionError} if A is not symmetric, or A or B is not finite
 * @throws {LinalgError} if A is not positive definite
 */
export function choleskySolveMatrix(a: Matrix, b: Matrix): Matrix {
  const op = 'choleskySolve';
  checkRightSide(op, a, b);
  checkFinite(op, b);
  const l = choleskyMatrix(a, op).data;
  const n = a.rows;
  const k = b.columns;
  const x = b.data.slice();
  const eliminate = (row: number, from: number, factor: number) => {
    for (let c = 0; c < k; c++) x[row * k + c]! -= factor * x[from * k + c]!;
  };
  const divide = (row: number) => {
    for (let c = 0; c < k; c++) x[row * k + c]! /= l[row * n + row]!;
  };
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) eliminate(i, j, l[i * n + j]!);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) eliminate(i, j, l[j * n + i]!);
    divide(i);
  }
  return { rows: n, columns: k, data: x };
}
