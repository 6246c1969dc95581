/** Singular value decomposition: Householder bidiagonal form, then implicit QR steps (Golub and Kahan). */
import { columnBelow, productOf, type Reflection, reflectColumns, reflectionOf, reflectRows } from './householder.js';
import { LinalgError } from './linalg-error.js';
import { checkFinite, type Matrix, safeScale, scaled, transposeMatrix } from './matrix.js';
import { rotateRows, rotationOf } from './rotation.js';

/** A = U diag(values) V^T. */
export interface SvdMatrices {
  /** `[m, k]`, orthonormal columns, k = min(m, n). */
  readonly u: Matrix;
  /** The k singular values, descending, none negative. */
  readonly values: Float64Array;
  /** `[n, k]`, orthonormal columns. */
  readonly v: Matrix;
}

/** Steps allowed per singular value; two or three are usual. */
const maxSteps = 60;

/** U^T A V = B, upper bidiagonal; the transposes of U and V collect the rotations in their rows. */
interface Bidiagonal {
  readonly diagonal: Float64Array;
  /** `above[i]` stands at (i, i + 1). */
  readonly above: Float64Array;
  readonly ut: Matrix;
  readonly vt: Matrix;
}

/** Bidiagonal form of a matrix with at least as many rows as columns; overwrites it. */
function bidiagonalise(a: Matrix): Bidiagonal {
  const { rows: m, columns: n, data } = a;
  const left: Reflection[] = [];
  const right: Reflection[] = [];
  const diagonal = new Float64Array(n);
  const above = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const fromLeft = reflectionOf(columnBelow(a, k, k));
    left.push(fromLeft);
    reflectRows(a, fromLeft, k, k);
    diagonal[k] = fromLeft.alpha;
    if (k + 1 === n) break;
    const fromRight = reflectionOf(data.slice(k * n + k + 1, (k + 1) * n));
    right.push(fromRight);
    reflectColumns(a, fromRight, k, k + 1);
    above[k] = fromRight.alpha;
  }
  const ut = transposeMatrix(productOf(left, m, n, 0));
  const vt = transposeMatrix(productOf(right, n, n, 1));
  return { diagonal, above, ut, vt };
}

/** Row `i` of B has a zero on the diagonal: rotates its entry above the diagonal away to the right. */
function clearRow({ diagonal: d, above: f, ut }: Bidiagonal, i: number, hi: number): void {
  let bulge = f[i]!;
  f[i] = 0;
  for (let j = i + 1; j <= hi && bulge !== 0; j++) {
    const rotation = rotationOf(d[j]!, bulge);
    d[j] = rotation.r;
    bulge = -rotation.s * f[j]!;
    f[j] = rotation.c * f[j]!;
    rotateRows(ut.data, ut.columns, j, i, rotation);
  }
}

/** The last diagonal entry is zero: rotates the entry above it away upwards. */
function clearColumn({ diagonal: d, above: f, vt }: Bidiagonal, lo: number, hi: number): void {
  let bulge = f[hi - 1]!;
  f[hi - 1] = 0;
  for (let j = hi - 1; j >= lo && bulge !== 0; j--) {
    const rotation = rotationOf(d[j]!, bulge);
    d[j] = rotation.r;
    if (j > lo) {
      bulge = -rotation.s * f[j - 1]!;
      f[j - 1] = rotation.c * f[j - 1]!;
    }
    rotateRows(vt.data, vt.columns, j, hi, rotation);
  }
}

/** One implicit QR step on B^T B with Wilkinson's shift, on the rows `lo` to `hi` of B. */
function golubKahanStep({ diagonal: d, above: f, ut, vt }: Bidiagonal, lo: number, hi: number): void {
  const [a, b, c] = [d[hi - 1]!, f[hi - 1]!, d[hi]!];
  const over = hi - 1 > lo ? f[hi - 2]! : 0;
  const half = (a * a + over * over - c * c - b * b) / 2;
  const off = a * b;
  const root = half + (half < 0 ? -1 : 1) * Math.hypot(half, off);
  const shift = c * c + b * b - (root === 0 ? 0 : (off * off) / root);
  let x = d[lo]! * d[lo]! - shift;
  let z = d[lo]! * f[lo]!;
  for (let k = lo; k < hi; k++) {
    const right = rotationOf(x, z);
    if (k > lo) f[k - 1] = right.r;
    x = right.c * d[k]! + right.s * f[k]!;
    f[k] = right.c * f[k]! - right.s * d[k]!;
    z = right.s * d[k + 1]!;
    d[k + 1] = right.c * d[k + 1]!;
    rotateRows(vt.data, vt.columns, k, k + 1, right);
    const left = rotationOf(x, z);
    d[k] = left.r;
    x = left.c * f[k]! + left.s * d[k + 1]!;
    d[k + 1] = left.c * d[k + 1]! - left.s * f[k]!;
    f[k] = x;
    if (k + 1 < hi) {
      z = left.s * f[k + 1]!;
      f[k + 1] = left.c * f[k + 1]!;
    }
    rotateRows(ut.data, ut.columns, k, k + 1, left);
  }
}

function diagonalise(form: Bidiagonal): void {
  const { diagonal: d, above: f } = form;
  const n = d.length;
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]!), Math.abs(f[i]!));
  const floor = Number.EPSILON * norm * 2 ** -8;
  const small = (i: number) =>
    Math.abs(f[i]!) <= Math.max(floor, Number.EPSILON * (Math.abs(d[i]!) + Math.abs(d[i + 1]!)));
  let steps = 0;
  let hi = n - 1;
  while (hi > 0) {
    let lo = hi;
    while (lo > 0 && !small(lo - 1)) lo--;
    if (lo > 0) f[lo - 1] = 0;
    if (lo === hi) {
      hi--;
      steps = 0;
      continue;
    }
    if (++steps > maxSteps) throw new LinalgError(`svd: no convergence in ${maxSteps} steps`);
    const zero = d.subarray(lo, hi + 1).findIndex((value) => Math.abs(value) <= floor) + lo;
    if (zero < lo) {
      golubKahanStep(form, lo, hi);
    } else {
      d[zero] = 0;
      if (zero < hi) clearRow(form, zero, hi);
      else clearColumn(form, lo, hi);
    }
  }
}

/**
 * The reduced singular value decomposition.
 *
 * @param a `[m, n]`, any shape and rank; not changed
 * @throws {OptionError} if A is not finite
 * @throws {LinalgError} if the iteration does not converge
 */
export function svdMatrix(a: Matrix): SvdMatrices {
  if (a.rows < a.columns) {
    const { u, values, v } = svdMatrix(transposeMatrix(a));
    return { u: v, values, v: u };
  }
  checkFinite('svd', a);
  const n = a.columns;
  const scale = safeScale(a);
  const form = bidiagonalise(scaled(a, scale));
  diagonalise(form);
  const { diagonal, ut, vt } = form;
  const order = Array.from(diagonal.keys()).sort((i, j) => Math.abs(diagonal[j]!) - Math.abs(diagonal[i]!));
  const inOrder = ({ columns, data }: Matrix, signed: boolean): Matrix => {
    const rows = new Float64Array(n * columns);
    order.forEach((from, to) => {
      const flip = signed && diagonal[from]! < 0 ? -1 : 1;
      for (let j = 0; j < columns; j++) rows[to * columns + j] = flip * data[from * columns + j]!;
    });
    return transposeMatrix({ rows: n, columns, data: rows });
  };
  const values = Float64Array.from(order, (i) => Math.abs(diagonal[i]!) / scale);
  return { u: inOrder(ut, false), values, v: inOrder(vt, true) };
}
