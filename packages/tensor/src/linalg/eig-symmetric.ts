/** Eigenvalues and eigenvectors of a symmetric matrix: Householder tridiagonal form, then implicit QR steps. */
import { productOf, type Reflection, reflectionOf } from './householder.js';
import { LinalgError } from './linalg-error.js';
import { checkFinite, checkSquare, type Matrix, safeScale, scaled, symmetrised, transposeMatrix } from './matrix.js';
import { rotateRows, rotationOf } from './rotation.js';

/** A = V diag(values) V^T. */
export interface EigSymmetricMatrices {
  /** The eigenvalues, ascending. */
  readonly values: Float64Array;
  /** `[n, n]`, orthonormal; column j belongs to `values[j]`. */
  readonly vectors: Matrix;
}

/** Steps allowed per eigenvalue; two or three are usual. */
const maxSteps = 60;

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `beside[i]` couples i and i + 1. */
  readonly beside: Float64Array;
  /** Q is their product. */
  readonly reflections: readonly Reflection[];
}

/** A = Q T Q^T with tridiagonal T; overwrites A. */
function tridiagonalise(a: Matrix): Tridiagonal {
  const { rows: n, data } = a;
  const reflections: Reflection[] = [];
  const beside = new Float64Array(n);
  for (let k = 0; k + 2 < n; k++) {
    const first = k + 1;
    const reflection = reflectionOf(data.slice(k * n + first, (k + 1) * n));
    const { v, beta, alpha } = reflection;
    reflections.push(reflection);
    beside[k] = alpha;
    if (beta === 0) continue;
    // The trailing block B becomes B - v w^T - w v^T with w = beta B v - (beta^2 v^T B v / 2) v.
    const w = new Float64Array(v.length);
    let product = 0;
    for (let i = 0; i < v.length; i++) {
      const row = (first + i) * n + first;
      let dot = 0;
      for (let j = 0; j < v.length; j++) dot += data[row + j]! * v[j]!;
      w[i] = beta * dot;
      product += w[i]! * v[i]!;
    }
    for (let i = 0; i < v.length; i++) w[i]! -= ((beta * product) / 2) * v[i]!;
    for (let i = 0; i < v.length; i++) {
      const row = (first + i) * n + first;
      const [vi, wi] = [v[i]!, w[i]!];
      for (let j = 0; j < v.length; j++) data[row + j]! -= vi * w[j]! + wi * v[j]!;
    }
  }
  if (n > 1) beside[n - 2] = data[(n - 2) * n + n - 1]!;
  const diagonal = Float64Array.from({ length: n }, (_, i) => data[i * n + i]!);
  return { diagonal, beside, reflections };
}

/** One implicit QR step with Wilkinson's shift on the rows `lo` to `hi`; the rotations go to the rows of `vt`, if there are any. */
function qrStep(d: Float64Array, e: Float64Array, lo: number, hi: number, vt: Float64Array | undefined): void {
  const n = d.length;
  const half = (d[hi - 1]! - d[hi]!) / 2;
  const last = e[hi - 1]!;
  const shift = d[hi]! - (last * last) / (half + (half < 0 ? -1 : 1) * Math.hypot(half, last));
  let x = d[lo]! - shift;
  let z = e[lo]!;
  for (let k = lo; k < hi; k++) {
    const rotation = rotationOf(x, z);
    const { c, s, r } = rotation;
    if (k > lo) e[k - 1] = r;
    const [a, b, g] = [d[k]!, e[k]!, d[k + 1]!];
    d[k] = c * (c * a + s * b) + s * (c * b + s * g);
    d[k + 1] = s * (s * a - c * b) + c * (c * g - s * b);
    e[k] = c * (c * b - s * a) + s * (c * g - s * b);
    if (k + 1 < hi) {
      x = e[k]!;
      z = s * e[k + 1]!;
      e[k + 1] = c * e[k + 1]!;
    }
    if (vt !== undefined) rotateRows(vt, n, k, k + 1, rotation);
  }
}

function diagonalise(d: Float64Array, e: Float64Array, vt: Float64Array | undefined): void {
  const small = (i: number) => Math.abs(e[i]!) <= Number.EPSILON * (Math.abs(d[i]!) + Math.abs(d[i + 1]!));
  const n = d.length;
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]!), Math.abs(e[i]!));
  const floor = Number.EPSILON * norm * 2 ** -8;
  let steps = 0;
  let hi = n - 1;
  while (hi > 0) {
    let lo = hi;
    while (lo > 0 && !small(lo - 1) && Math.abs(e[lo - 1]!) > floor) lo--;
    if (lo > 0) e[lo - 1] = 0;
    if (lo === hi) {
      hi--;
      steps = 0;
      continue;
    }
    if (++steps > maxSteps) throw new LinalgError(`eigSymmetric: no convergence in ${maxSteps} steps`);
    qrStep(d, e, lo, hi, vt);
  }
}

/**
 * All eigenvalues and eigenvectors of a symmetric matrix.
 *
 * @param a `[n, n]`, symmetric (1e-5 of the largest value is allowed for rounding and averaged away); not changed
 * @throws {ShapeError} if A is not square
 * @throws {OptionError} if A is not symmetric or not finite
 * @throws {LinalgError} if the iteration does not converge
 */
export function eigSymmetricMatrix(a: Matrix): EigSymmetricMatrices {
  const op = 'eigSymmetric';
  checkSquare(op, a);
  checkFinite(op, a);
  const n = a.rows;
  const scale = safeScale(a);
  const { diagonal, beside, reflections } = tridiagonalise(symmetrised(op, scaled(a, scale)));
  const vt = transposeMatrix(productOf(reflections, n, n, 1)).data;
  diagonalise(diagonal, beside, vt);
  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[i]! - diagonal[j]!);
  const sorted = new Float64Array(n * n);
  for (const [to, from] of order.entries()) sorted.set(vt.subarray(from * n, (from + 1) * n), to * n);
  return {
    values: Float64Array.from(order, (i) => diagonal[i]! / scale),
    vectors: transposeMatrix({ rows: n, columns: n, data: sorted }),
  };
}

/** The eigenvalues alone, ascending, in a third of the time. @throws as `eigSymmetricMatrix` */
export function eigSymmetricValuesMatrix(a: Matrix): Float64Array {
  const op = 'eigSymmetricValues';
  checkSquare(op, a);
  checkFinite(op, a);
  const scale = safeScale(a);
  const { diagonal, beside } = tridiagonalise(symmetrised(op, scaled(a, scale)));
  diagonalise(diagonal, beside, undefined);
  return diagonal.sort().map((value) => value / scale);
}
