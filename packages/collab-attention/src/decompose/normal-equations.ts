/** Least squares of one factor: X with X G = Y, for the Gram matrix G of the two others. */
import {
  choleskyMatrix,
  choleskySolveMatrix,
  eigSymmetricMatrix,
  LinalgError,
  type Matrix,
  matrix,
  matrixProduct,
  transposeMatrix,
} from '@saccade/tensor';
import { scaledColumns } from './factors.js';

/** Up to here triangular solves are fast enough; beyond, products with the inverse are much faster. */
const SMALL = 64;

/**
 * X [n, rank] with X (G + ridge trace(G) / rank I) = Y, by Cholesky; by the pseudo-inverse where that matrix is singular all the same.
 * @param y [n, rank] @param g [rank, rank], symmetric, positive semidefinite
 */
export function solveNormal(y: Matrix, g: Matrix, ridge: number): Matrix {
  const n = g.rows;
  const damped = matrix(n, n, g.data.slice());
  let trace = 0;
  for (let i = 0; i < n; i++) trace += g.data[i * (n + 1)]!;
  for (let i = 0; i < n; i++) damped.data[i * (n + 1)]! += (ridge * trace) / n;
  try {
    if (n <= SMALL) return transposeMatrix(choleskySolveMatrix(damped, transposeMatrix(y)));
    const lower = lowerInverse(choleskyMatrix(damped));
    return matrixProduct(y, matrixProduct(lower, lower, { transposeA: true }));
  } catch (error) {
    if (!(error instanceof LinalgError)) throw error;
    return pseudoSolve(y, damped);
  }
}

/** The inverse of a lower triangular matrix. */
function lowerInverse({ rows: n, data: l }: Matrix): Matrix {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = inverse.subarray(i * n, (i + 1) * n);
    for (let k = 0; k < i; k++) {
      const factor = l[i * n + k]!;
      if (factor !== 0) for (let j = 0; j <= k; j++) row[j]! -= factor * inverse[k * n + j]!;
    }
    row[i] = 1;
    const pivot = l[i * (n + 1)]!;
    for (let j = 0; j <= i; j++) row[j]! /= pivot;
  }
  return matrix(n, n, inverse);
}

/** Eigenvalues below this part of the largest are taken for 0. */
const NEGLIGIBLE = 1e-12;

function pseudoSolve(y: Matrix, g: Matrix): Matrix {
  const { values, vectors } = eigSymmetricMatrix(g);
  const largest = values.at(-1) ?? 0;
  const inverse = values.map((value) => (value > NEGLIGIBLE * largest ? 1 / value : 0));
  return matrixProduct(scaledColumns(matrixProduct(y, vectors), inverse), vectors, { transposeB: true });
}
