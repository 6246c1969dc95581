/** Householder reflections, the building block of QR, SVD and eigenvalue decompositions. */
import type { Matrix } from './matrix.js';

/** A reflection I - beta v v^T that turns the vector it was made from into (alpha, 0, ..., 0). */
export interface Reflection {
  readonly v: Float64Array;
  readonly beta: number;
  readonly alpha: number;
}

/** The reflection that turns `x` into a multiple of the first unit vector; `beta` is 0 where nothing is to be done. */
export function reflectionOf(x: Float64Array): Reflection {
  const v = x.slice();
  const head = v[0] ?? 0;
  let tail = 0;
  for (let i = 1; i < v.length; i++) tail += v[i]! * v[i]!;
  if (tail === 0) return { v, beta: 0, alpha: head };
  const norm = Math.sqrt(head * head + tail);
  // The sign that does not cancel.
  const alpha = head > 0 ? -norm : norm;
  v[0] = head - alpha;
  return { v, beta: 2 / (v[0] * v[0] + tail), alpha };
}

/** m = (I - beta v v^T) m on the rows from `row` and the columns from `column`. */
export function reflectRows(m: Matrix, { v, beta }: Reflection, row: number, column: number): void {
  if (beta === 0) return;
  const { columns, data } = m;
  const w = new Float64Array(columns);
  for (let i = 0; i < v.length; i++) {
    const start = (row + i) * columns;
    for (let j = column; j < columns; j++) w[j]! += v[i]! * data[start + j]!;
  }
  for (let i = 0; i < v.length; i++) {
    const start = (row + i) * columns;
    const factor = beta * v[i]!;
    for (let j = column; j < columns; j++) data[start + j]! -= factor * w[j]!;
  }
}

/** m = m (I - beta v v^T) on the rows from `row` and the columns from `column`. */
export function reflectColumns(m: Matrix, { v, beta }: Reflection, row: number, column: number): void {
  if (beta === 0) return;
  const { rows, columns, data } = m;
  for (let i = row; i < rows; i++) {
    const start = i * columns + column;
    let dot = 0;
    for (let j = 0; j < v.length; j++) dot += data[start + j]! * v[j]!;
    dot *= beta;
    for (let j = 0; j < v.length; j++) data[start + j]! -= dot * v[j]!;
  }
}

/** Column `column` of a matrix from row `row` down, a copy. */
export function columnBelow({ rows, columns, data }: Matrix, row: number, column: number): Float64Array {
  return Float64Array.from({ length: rows - row }, (_, i) => data[(row + i) * columns + column]!);
}

/**
 * The first `columns` columns of the product of reflections, the k-th acting from row `k + offset` on.
 *
 * @returns `[rows, columns]` with orthonormal columns
 */
export function productOf(reflections: readonly Reflection[], rows: number, columns: number, offset: number): Matrix {
  const q: Matrix = { rows, columns, data: new Float64Array(rows * columns) };
  for (let i = 0; i < Math.min(rows, columns); i++) q.data[i * columns + i] = 1;
  for (let k = reflections.length - 1; k >= 0; k--) {
    const reflection = reflections[k]!;
    reflectRows(q, reflection, k + offset, Math.min(k + offset, columns));
  }
  return q;
}
