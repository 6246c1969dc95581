/** The decompositions for tensors: values are fetched, computed on in float64, and put back. No gradients flow through. */
import { type DType, ShapeError } from '@saccade/kernels';
import { tensor } from '../create.js';
import type { Tensor } from '../tensor.js';
import { choleskyMatrix, choleskySolveMatrix } from './cholesky.js';
import { eigMatrix } from './eig.js';
import { eigSymmetricMatrix } from './eig-symmetric.js';
import { type LeastSquaresOptions, leastSquaresMatrix } from './least-squares.js';
import type { Matrix } from './matrix.js';
import { qrMatrix } from './qr.js';
import { solveMatrix } from './solve.js';
import { svdMatrix } from './svd.js';

async function toMatrix(op: string, t: Tensor): Promise<Matrix> {
  const [rows, columns, ...rest] = t.shape;
  if (rows === undefined || columns === undefined || rest.length > 0) {
    throw new ShapeError(`${op}: expected a matrix (rank 2), got shape [${t.shape.join(', ')}]`);
  }
  return { rows, columns, data: Float64Array.from(await t.data()) };
}

/** A right-hand side: a vector counts as a matrix of one column. */
async function toColumns(op: string, t: Tensor): Promise<Matrix> {
  const [rows, columns = 1, ...rest] = t.shape;
  if (rows === undefined || rest.length > 0) {
    throw new ShapeError(`${op}: expected a right-hand side of rank 1 or 2, got shape [${t.shape.join(', ')}]`);
  }
  return { rows, columns, data: Float64Array.from(await t.data()) };
}

function resultType(t: Tensor): DType {
  return t.dtype === 'float64' ? 'float64' : 'float32';
}

function fromValues(values: Float64Array, shape: readonly number[], dtype: DType): Tensor {
  return tensor(dtype === 'float64' ? values : Float32Array.from(values), { shape, dtype });
}

function fromMatrix({ rows, columns, data }: Matrix, dtype: DType): Tensor {
  return fromValues(data, [rows, columns], dtype);
}

/** The solution in the form of the right-hand side: a vector for a vector. */
function fromColumns(x: Matrix, like: Tensor, dtype: DType): Tensor {
  return like.shape.length === 1 ? fromValues(x.data, [x.rows], dtype) : fromMatrix(x, dtype);
}

/**
 * The lower triangular L with A = L L^T.
 *
 * @param a `[n, n]`, symmetric positive definite
 * @returns `[n, n]`, float64 for a float64 input, else float32
 * @throws ShapeError if A is no square matrix
 * @throws OptionError if A is not symmetric or not finite
 * @throws LinalgError if A is not positive definite
 */
export async function cholesky(a: Tensor): Promise<Tensor> {
  return fromMatrix(choleskyMatrix(await toMatrix('cholesky', a)), resultType(a));
}

/**
 * X with A X = B for symmetric positive definite A, by Cholesky factorisation.
 *
 * @param a `[n, n]`
 * @param b `[n]` or `[n, k]`
 * @returns of the shape of B, float64 if A is, else float32
 * @throws ShapeError if A is no square matrix or B has other rows
 * @throws OptionError if A is not symmetric, or A or B is not finite
 * @throws LinalgError if A is not positive definite
 */
export async function choleskySolve(a: Tensor, b: Tensor): Promise<Tensor> {
  const x = choleskySolveMatrix(await toMatrix('choleskySolve', a), await toColumns('choleskySolve', b));
  return fromColumns(x, b, resultType(a));
}

/**
 * X with A X = B for any regular A, by elimination with row exchanges.
 *
 * @param a `[n, n]`
 * @param b `[n]` or `[n, k]`
 * @returns of the shape of B, float64 if A is, else float32
 * @throws ShapeError if A is no square matrix or B has other rows
 * @throws OptionError if A or B is not finite
 * @throws LinalgError if A is singular
 */
export async function solve(a: Tensor, b: Tensor): Promise<Tensor> {
  return fromColumns(solveMatrix(await toMatrix('solve', a), await toColumns('solve', b)), b, resultType(a));
}

/**
 * The X of least norm that minimises |A X - B|, by singular values; A may have any shape and rank.
 *
 * @param a `[m, n]`
 * @param b `[m]` or `[m, k]`
 * @returns `x` `[n]` or `[n, k]`, the numerical `rank` of A, and its singular values `[min(m, n)]`, descending
 * @throws ShapeError if A is no matrix or B has other rows
 * @throws OptionError if A or B is not finite, or the tolerance is not in [0, 1)
 */
export async function leastSquares(
  a: Tensor,
  b: Tensor,
  options: LeastSquaresOptions = {},
): Promise<{ x: Tensor; rank: number; singularValues: Tensor }> {
  const [left, right] = [await toMatrix('leastSquares', a), await toColumns('leastSquares', b)];
  const { x, rank, singularValues } = leastSquaresMatrix(left, right, options);
  const dtype = resultType(a);
  return {
    x: fromColumns(x, b, dtype),
    rank,
    singularValues: fromValues(singularValues, [singularValues.length], dtype),
  };
}

/**
 * The reduced QR decomposition A = Q R, k = min(m, n).
 *
 * @param a `[m, n]`
 * @returns `q` `[m, k]` with orthonormal columns; `r` `[k, n]`, upper triangular, its diagonal not negative
 * @throws ShapeError if A is no matrix
 * @throws OptionError if A is not finite
 */
export async function qr(a: Tensor): Promise<{ q: Tensor; r: Tensor }> {
  const { q, r } = qrMatrix(await toMatrix('qr', a));
  return { q: fromMatrix(q, resultType(a)), r: fromMatrix(r, resultType(a)) };
}

/**
 * The reduced singular value decomposition A = U diag(values) V^T, k = min(m, n).
 *
 * @param a `[m, n]`
 * @returns `u` `[m, k]`, `values` `[k]` descending, `v` `[n, k]` (not transposed)
 * @throws ShapeError if A is no matrix
 * @throws OptionError if A is not finite
 * @throws LinalgError if the iteration does not converge
 */
export async function svd(a: Tensor): Promise<{ u: Tensor; values: Tensor; v: Tensor }> {
  const { u, values, v } = svdMatrix(await toMatrix('svd', a));
  const dtype = resultType(a);
  return { u: fromMatrix(u, dtype), values: fromValues(values, [values.length], dtype), v: fromMatrix(v, dtype) };
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, A = V diag(values) V^T.
 *
 * @param a `[n, n]`, symmetric up to 1e-5 of its largest value
 * @returns `values` `[n]` ascending, `vectors` `[n, n]`, orthonormal, column j for value j
 * @throws ShapeError if A is no square matrix
 * @throws OptionError if A is not symmetric or not finite
 * @throws LinalgError if the iteration does not converge
 */
export async function eigSymmetric(a: Tensor): Promise<{ values: Tensor; vectors: Tensor }> {
  const { values, vectors } = eigSymmetricMatrix(await toMatrix('eigSymmetric', a));
  const dtype = resultType(a);
  return { values: fromValues(values, [values.length], dtype), vectors: fromMatrix(vectors, dtype) };
}

/** Eigenvalues and right eigenvectors, complex numbers as real and imaginary parts. */
export interface Eig {
  /** `[n]`, ascending. */
  readonly real: Tensor;
  /** `[n]`; conjugate pairs stand side by side, the negative one first. */
  readonly imaginary: Tensor;
  /** `[n, n]`; column j belongs to eigenvalue j, has norm 1, and its largest element is real. */
  readonly vectorsReal: Tensor;
  /** `[n, n]` */
  readonly vectorsImaginary: Tensor;
}

/**
 * Eigenvalues and right eigenvectors of any square matrix, A V = V diag(values).
 *
 * @param a `[n, n]`
 * @throws ShapeError if A is no square matrix
 * @throws OptionError if A is not finite
 * @throws LinalgError if the iteration does not converge
 */
export async function eig(a: Tensor): Promise<Eig> {
  const { real, imaginary, vectorsReal, vectorsImaginary } = eigMatrix(await toMatrix('eig', a));
  const dtype = resultType(a);
  return {
    real: fromValues(real, [real.length], dtype),
    imaginary: fromValues(imaginary, [imaginary.length], dtype),
    vectorsReal: fromMatrix(vectorsReal, dtype),
    vectorsImaginary: fromMatrix(vectorsImaginary, dtype),
  };
}
