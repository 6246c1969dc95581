/** Linear equations A X = B for any square A, by elimination with row exchanges. */
import { LinalgError } from './linalg-error.js';
import { checkFinite, checkRightSide, checkSquare, type Matrix } from './matrix.js';

function swapRows(data: Float64Array, width: number, i: number, j: number): void {
  const row = data.slice(i * width, (i + 1) * width);
  data.copyWithin(i * width, j * width, (j + 1) * width);
  data.set(row, j * width);
}

/** data[row] -= factor * data[from], from column `begin` on. */
function subtractRow(
  data: Float64Array,
  width: number,
  row: number,
  from: number,
  factor: number,
  begin: number,
): void {
  for (let c = begin; c < width; c++) data[row * width + c]! -= factor * data[from * width + c]!;
}

/**
 * X with A X = B.
 *
 * @param a `[n, n]`; not changed
 * @param b `[n, k]`; not changed
 * @returns X `[n, k]`
 * @throws {ShapeError} if A is not square or B has other rows
 * @throws {OptionError} if A or B is not finite
 * @throws {LinalgError} if A is singular
 */
export function solveMatrix(a: Matrix, b: Matrix): Matrix {
  const op = 'solve';
  checkSquare(op, a);
  checkRightSide(op, a, b);
  checkFinite(op, a);
  checkFinite(op, b);
  const n = a.rows;
  const k = b.columns;
  const lu = a.data.slice();
  const x = b.data.slice();
  for (let p = 0; p < n; p++) {
    let best = p;
    for (let i = p + 1; i < n; i++) {
      if (Math.abs(lu[i * n + p]!) > Math.abs(lu[best * n + p]!)) best = i;
    }
    const pivot = lu[best * n + p]!;
    if (pivot === 0) throw new LinalgError(`${op}: the matrix [${n}, ${n}] is singular (no pivot in column ${p})`);
    if (best !== p) {
      swapRows(lu, n, p, best);
      swapRows(x, k, p, best);
    }
    for (let i = p + 1; i < n; i++) {
      const factor = lu[i * n + p]! / pivot;
      if (factor === 0) continue;
      subtractRow(lu, n, i, p, factor, p);
      subtractRow(x, k, i, p, factor, 0);
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) subtractRow(x, k, i, j, lu[i * n + j]!, 0);
    for (let c = 0; c < k; c++) x[i * k + c]! /= lu[i * n + i]!;
  }
  return { rows: n, columns: k, data: x };
}
