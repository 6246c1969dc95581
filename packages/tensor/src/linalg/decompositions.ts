/** The decompositions for tensors: values are fetched, computed on in float64, and put back. No gradients flow through. */
import { type Device, type DType, OptionError, ShapeError } from '@saccade/kernels';
import { tensor } from '../create.js';
import { deviceOf } from '../engine.js';
import { show } from '../shape.js';
import { isTensor, type Tensor } from '../tensor.js';
import { choleskyMatrix, choleskySolveMatrix } from './cholesky.js';
import { eigMatrix } from './eig.js';
import { eigSymmetricMatrix } from './eig-symmetric.js';
import { type LeastSquaresOptions, leastSquaresMatrix } from './least-squares.js';
import type { Matrix } from './matrix.js';
import { qrMatrix } from './qr.js';
import { solveMatrix } from './solve.js';
import { svdMatrix } from './svd.js';

/** What an operation was given, fetched, and where its results go. */
interface Input {
  readonly matrix: Matrix;
  /** The device of the matrix; float64 if it is, else float32. */
  readonly place: { readonly device: Device; readonly dtype: DType };
}

function checkTensor(op: string, t: Tensor): void {
  if (!isTensor(t)) throw new OptionError(`${op}: expected a tensor, got ${typeof t}`);
}

async function fetchMatrix(op: string, a: Tensor): Promise<Input> {
  checkTensor(op, a);
  const place = { device: deviceOf(op, a), dtype: a.dtype === 'float64' ? 'float64' : 'float32' } as const;
  const [rows, columns, ...rest] = a.shape;
  if (rows === undefined || columns === undefined || rest.length > 0) {
    throw new ShapeError(`${op}: expected a matrix (rank 2), got shape ${show(a.shape)}`);
  }
  return { matrix: { rows, columns, data: Float64Array.from(await a.data()) }, place };
}

/** A matrix and a right-hand side; of the latter, a vector counts as a matrix of one column. */
async function fetchEquation(op: string, a: Tensor, b: Tensor): Promise<Input & { readonly right: Matrix }> {
  checkTensor(op, a);
  checkTensor(op, b);
  deviceOf(op, a, b);
  const [rows, columns = 1, ...rest] = b.shape;
  if (rows === undefined || rest.length > 0) {
    throw new ShapeError(`${op}: expected a right-hand side of rank 1 or 2, got shape ${show(b.shape)}`);
  }
  const [input, data] = await Promise.all([fetchMatrix(op, a), b.data()]);
  return { ...input, right: { rows, columns, data: Float64Array.from(data) } };
}

function fromValues(values: Float64Array, shape: readonly number[], place: Input['place']): Tensor {
  return tensor(values, { shape, ...place });
}

function fromMatrix({ rows, columns, data }: Matrix, place: Input['place']): Tensor {
  return fromValues(data, [rows, columns], place);
}

/** The solution in the form of the right-hand side: a vector for a vector. */
function fromColumns(x: Matrix, like: Tensor, place: Input['place']): Tensor {
  return like.shape.length === 1 ? fromValues(x.data, [x.rows], place) : fromMatrix(x, place);
}

/**
 * The lower triangular L with A = L L^T.
 *
 * @param a `[n, n]`, symmetric positive definite
 * @returns `[n, n]`, on the device of A, float64 if A is, else float32
 * @throws {ShapeError} if A is no square matrix
 * @throws {OptionError} if A is not symmetric or not finite
 * @throws {LinalgError} if A is not positive definite
 */
export async function cholesky(a: Tensor): Promise<Tensor> {
  const { matrix, place } = await fetchMatrix('cholesky', a);
  return fromMatrix(choleskyMatrix(matrix), place);
}

/**
 * X with A X = B for symmetric positive definite A, by Cholesky factorisation.
 *
 * @param a `[n, n]`
 * @param b `[n]` or `[n, k]`
 * @returns of the shape of B, float64 if A is, else float32
 * @throws {ShapeError} if A is no square matrix or B has other rows
 * @throws {OptionError} if A is not symmetric, or A or B is not finite
 * @throws {LinalgError} if A is not positive definite
 */
export async function choleskySolve(a: Tensor, b: Tensor): Promise<Tensor> {
  const { matrix, right, place } = await fetchEquation('choleskySolve', a, b);
  return fromColumns(choleskySolveMatrix(matrix, right), b, place);
}

/**
 * X with A X = B for any regular A, by elimination with row exchanges.
 *
 * @param a `[n, n]`
 * @param b `[n]` or `[n, k]`
 * @returns of the shape of B, float64 if A is, else float32
 * @throws {ShapeError} if A is no square matrix or B has other rows
 * @throws {OptionError} if A or B is not finite
 * @throws {LinalgError} if A is singular
 */
export async function solve(a: Tensor, b: Tensor): Promise<Tensor> {
  const { matrix, right, place } = await fetchEquation('solve', a, b);
  return fromColumns(solveMatrix(matrix, right), b, place);
}

/**
 * The X of least norm that minimises |A X - B|, by singular values; A may have any shape and rank.
 *
 * @param a `[m, n]`
 * @param b `[m]` or `[m, k]`
 * @returns `x` `[n]` or `[n, k]`, the numerical `rank` of A, and its singular values `[min(m, n)]`, descending
 * @throws {ShapeError} if A is no matrix or B has other rows
 * @throws {OptionError} if A or B is not finite, or the tolerance is not in [0, 1)
 */
export async function leastSquares(
  a: Tensor,
  b: Tensor,
  options: LeastSquaresOptions = {},
): Promise<{ x: Tensor; rank: number; singularValues: Tensor }> {
  const { matrix, right, place } = await fetchEquation('leastSquares', a, b);
  const { x, rank, singularValues } = leastSquaresMatrix(matrix, right, options);
  return {
    x: fromColumns(x, b, place),
    rank,
    singularValues: fromValues(singularValues, [singularValues.length], place),
  };
}

/**
 * The reduced QR decomposition A = Q R, k = min(m, n).
 *
 * @param a `[m, n]`
 * @returns `q` `[m, k]` with orthonormal columns; `r` `[k, n]`, upper triangular, its diagonal not negative
 * @throws {ShapeError} if A is no matrix
 * @throws {OptionError} if A is not finite
 */
export async function qr(a: Tensor): Promise<{ q: Tensor; r: Tensor }> {
  const { matrix, place } = await fetchMatrix('qr', a);
  const { q, r } = qrMatrix(matrix);
  return { q: fromMatrix(q, place), r: fromMatrix(r, place) };
}

/**
 * The reduced singular value decomposition A = U diag(values) V^T, k = min(m, n).
 *
 * @param a `[m, n]`
 * @returns `u` `[m, k]`, `values` `[k]` descending, `v` `[n, k]` (not transposeMatrix)
 * @throws {ShapeError} if A is no matrix
 * @throws {OptionError} if A is not finite
 * @throws {LinalgError} if the iteration does not converge
 */
export async function svd(a: Tensor): Promise<{ u: Tensor; values: Tensor; v: Tensor }> {
  const { matrix, place } = await fetchMatrix('svd', a);
  const { u, values, v } = svdMatrix(matrix);
  return { u: fromMatrix(u, place), values: fromValues(values, [values.length], place), v: fromMatrix(v, place) };
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, A = V diag(values) V^T.
 *
 * @param a `[n, n]`, symmetric up to 1e-5 of its largest value
 * @returns `values` `[n]` ascending, `vectors` `[n, n]`, orthonormal, column j for value j
 * @throws {ShapeError} if A is no square matrix
 * @throws {OptionError} if A is not symmetric or not finite
 * @throws {LinalgError} if the iteration does not converge
 */
export async function eigSymmetric(a: Tensor): Promise<{ values: Tensor; vectors: Tensor }> {
  const { matrix, place } = await fetchMatrix('eigSymmetric', a);
  const { values, vectors } = eigSymmetricMatrix(matrix);
  return { values: fromValues(values, [values.length], place), vectors: fromMatrix(vectors, place) };
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
 * @throws {ShapeError} if A is no square matrix
 * @throws {OptionError} if A is not finite
 * @throws {LinalgError} if the iteration does not converge
 */
export async function eig(a: Tensor): Promise<Eig> {
  const { matrix, place } = await fetchMatrix('eig', a);
  const { real, imaginary, vectorsReal, vectorsImaginary } = eigMatrix(matrix);
  return {
    real: fromValues(real, [real.length], place),
    imaginary: fromValues(imaginary, [imaginary.length], place),
    vectorsReal: fromMatrix(vectorsReal, place),
    vectorsImaginary: fromMatrix(vectorsImaginary, place),
  };
}
