/** Real Schur form by Hessenberg reduction and Francis's implicit double-shift QR iteration. */
import { columnBelow, productOf, type Reflection, reflectColumns, reflectionOf, reflectRows } from './householder.js';
import { LinalgError } from './linalg-error.js';
import { type Matrix, maxAbs, transposeMatrix } from './matrix.js';
import { type Rotation, rotateRows } from './rotation.js';

/** A = Q T Q^T. */
export interface SchurMatrices {
  /** Orthogonal. */
  readonly q: Matrix;
  /** Upper triangular but for 2x2 blocks on the diagonal, one for each pair of complex eigenvalues. */
  readonly t: Matrix;
}

/** Steps allowed per eigenvalue; every tenth uses an exceptional shift. */
const maxSteps = 90;

/** The work in progress: T, and the transpose of Q, whose rows take the reflections. */
interface Work {
  readonly n: number;
  readonly t: Matrix;
  readonly qt: Matrix;
}

/** Overwrites A by its Hessenberg form. */
function hessenberg(a: Matrix): Work {
  const n = a.rows;
  const reflections: Reflection[] = [];
  for (let k = 0; k + 2 < n; k++) {
    const reflection = reflectionOf(columnBelow(a, k + 1, k));
    reflections.push(reflection);
    reflectRows(a, reflection, k + 1, k);
    reflectColumns(a, reflection, 0, k + 1);
    for (let i = k + 2; i < n; i++) a.data[i * n + k] = 0;
  }
  return { n, t: a, qt: transposeMatrix(productOf(reflections, n, n, 1)) };
}

/** data = (I - beta v v^T) data on 2 or 3 neighbouring rows, from column `begin`. */
function reflectFewRows(data: Float64Array, n: number, { v, beta }: Reflection, row: number, begin: number): void {
  const [v0, v1, v2] = [v[0]!, v[1]!, v[2] ?? 0];
  const [r0, r1] = [row * n, (row + 1) * n];
  const r2 = v.length === 3 ? (row + 2) * n : r1;
  for (let j = begin; j < n; j++) {
    const dot = beta * (v0 * data[r0 + j]! + v1 * data[r1 + j]! + v2 * data[r2 + j]!);
    data[r0 + j]! -= dot * v0;
    data[r1 + j]! -= dot * v1;
    data[r2 + j]! -= dot * v2;
  }
}

/** data = data (I - beta v v^T) on 2 or 3 neighbouring columns, down to row `end`. */
function reflectFewColumns(data: Float64Array, n: number, { v, beta }: Reflection, column: number, end: number): void {
  const [v0, v1, v2] = [v[0]!, v[1]!, v[2] ?? 0];
  const third = v.length === 3 ? 2 : 1;
  for (let at = column; at <= end * n + column; at += n) {
    const dot = beta * (v0 * data[at]! + v1 * data[at + 1]! + v2 * data[at + third]!);
    data[at]! -= dot * v0;
    data[at + 1]! -= dot * v1;
    data[at + third]! -= dot * v2;
  }
}

/** A reflection of 2 or 3 neighbours as similarity of T, rows from column `begin`, columns down to row `end`. */
function reflectBoth({ n, t, qt }: Work, reflection: Reflection, row: number, begin: number, end: number): void {
  if (reflection.beta === 0) return;
  reflectFewRows(t.data, n, reflection, row, begin);
  reflectFewColumns(t.data, n, reflection, row, end);
  reflectFewRows(qt.data, n, reflection, row, 0);
}

/** Trace and determinant of the two shifts: of the last 2x2 block, or made up where that has led nowhere. */
function shifts({ n, t: { data } }: Work, hi: number, step: number): readonly [number, number] {
  const at = (i: number, j: number) => data[i * n + j]!;
  if (step % 10 === 0) {
    const size = Math.abs(at(hi, hi - 1)) + Math.abs(at(hi - 1, hi - 2));
    return [2 * at(hi, hi) + 1.5 * size, at(hi, hi) ** 2 + 1.5 * size * at(hi, hi) + size * size];
  }
  const trace = at(hi - 1, hi - 1) + at(hi, hi);
  return [trace, at(hi - 1, hi - 1) * at(hi, hi) - at(hi - 1, hi) * at(hi, hi - 1)];
}

/** One double step on the rows `lo` to `hi`, at least three of them. */
function francisStep(work: Work, lo: number, hi: number, step: number): void {
  const { n, t } = work;
  const at = (i: number, j: number) => t.data[i * n + j]!;
  const [trace, determinant] = shifts(work, hi, step);
  // First column of T^2 - trace T + determinant I, divided by its common factor t[lo + 1, lo].
  let column: Float64Array = Float64Array.of(
    (at(lo, lo) * (at(lo, lo) - trace) + determinant) / at(lo + 1, lo) + at(lo, lo + 1),
    at(lo, lo) + at(lo + 1, lo + 1) - trace,
    at(lo + 2, lo + 1),
  );
  for (let k = lo; k < hi; k++) {
    if (k > lo) column = columnBelow({ rows: Math.min(k + 3, hi + 1), columns: n, data: t.data }, k, k - 1);
    const reflection = reflectionOf(column);
    reflectBoth(work, reflection, k, Math.max(lo, k - 1), Math.min(k + 3, hi));
    if (k > lo) for (let i = k + 1; i < Math.min(k + 3, hi + 1); i++) t.data[i * n + k - 1] = 0;
  }
}

/** Makes the 2x2 block at `k` upper triangular if its eigenvalues are real, else leaves it. */
function splitBlock({ n, t, qt }: Work, k: number): void {
  const { data } = t;
  const [a, b, c, d] = [data[k * n + k]!, data[k * n + k + 1]!, data[(k + 1) * n + k]!, data[(k + 1) * n + k + 1]!];
  if (c === 0) return;
  const half = (a - d) / 2;
  const discriminant = half * half + b * c;
  if (discriminant < 0) return;
  // (z, c) is an eigenvector of the block: it becomes the first basis vector.
  const z = half + (half < 0 ? -1 : 1) * Math.sqrt(discriminant);
  const r = Math.hypot(z, c);
  const rotation: Rotation = { c: z / r, s: c / r, r };
  rotateRows(data, n, k, k + 1, rotation);
  for (let i = 0; i <= k + 1; i++) {
    const [x, y] = [data[i * n + k]!, data[i * n + k + 1]!];
    data[i * n + k] = rotation.c * x + rotation.s * y;
    data[i * n + k + 1] = rotation.c * y - rotation.s * x;
  }
  rotateRows(qt.data, n, k, k + 1, rotation);
  data[(k + 1) * n + k] = 0;
}

/**
 * The real Schur form of a square matrix; overwrites it.
 *
 * @throws {LinalgError} if the iteration does not converge
 */
export function schur(a: Matrix): SchurMatrices {
  const work = hessenberg(a);
  const { n, t } = work;
  const { data } = t;
  const floor = Number.EPSILON * maxAbs(t) * 2 ** -8;
  const small = (i: number) => {
    const beside = Math.abs(data[(i - 1) * n + i - 1]!) + Math.abs(data[i * n + i]!);
    return Math.abs(data[i * n + i - 1]!) <= Math.max(floor, Number.EPSILON * beside);
  };
  let hi = n - 1;
  let step = 0;
  while (hi > 0) {
    let lo = hi;
    while (lo > 0 && !small(lo)) lo--;
    if (lo > 0) data[lo * n + lo - 1] = 0;
    if (hi - lo < 2) {
      if (lo < hi) splitBlock(work, lo);
      hi = lo - 1;
      step = 0;
      continue;
    }
    if (++step > maxSteps) throw new LinalgError(`eig: no convergence in ${maxSteps} steps`);
    francisStep(work, lo, hi, step);
  }
  return { q: transposeMatrix(work.qt), t };
}
