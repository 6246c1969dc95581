/** QR decomposition by Householder reflections. */
import { columnBelow, productOf, type Reflection, reflectionOf, reflectRows } from './householder.js';
import { checkFinite, type Matrix, safeScale, scaled } from './matrix.js';

/** A = Q R. */
export interface QrMatrices {
  /** `[m, k]`, orthonormal columns, k = min(m, n). */
  readonly q: Matrix;
  /** `[k, n]`, upper triangular with a diagonal that is not negative. */
  readonly r: Matrix;
}

/**
 * The reduced QR decomposition. With full column rank it is unique, as the diagonal of R is positive.
 *
 * @param a `[m, n]`, any shape and rank; not changed
 * @throws {OptionError} if A is not finite
 */
export function qrMatrix(a: Matrix): QrMatrices {
  checkFinite('qr', a);
  const { rows: m, columns: n } = a;
  const k = Math.min(m, n);
  const scale = safeScale(a);
  const work = scaled(a, scale);
  const reflections: Reflection[] = [];
  for (let j = 0; j < k; j++) {
    const reflection = reflectionOf(columnBelow(work, j, j));
    reflections.push(reflection);
    reflectRows(work, reflection, j, j);
  }
  const q = productOf(reflections, m, k, 0);
  const r: Matrix = { rows: k, columns: n, data: new Float64Array(k * n) };
  for (let i = 0; i < k; i++) {
    const flip = work.data[i * n + i]! < 0 ? -1 : 1;
    for (let j = i; j < n; j++) r.data[i * n + j] = (flip * work.data[i * n + j]!) / scale;
    if (flip < 0) for (let row = 0; row < m; row++) q.data[row * k + i]! *= -1;
  }
  return { q, r };
}
