// Products with few rows, where packing the right operand would cost more than it saves: it is swept row by row instead,
// in the order in which it lies in memory.
import { fma } from './simd';

/** Rows of b that are summed on their own before they meet the result. Fixed: it sets the order of summation. */
const DEPTH: i32 = 256;
/** Columns swept at a time: four rows of b and the sums stay in the first cache. */
const COLUMNS: i32 = 1024;

/** sums[columns] += x[0..3] b[0..3, columns], for one row of x or, if `two`, for a second one `xRow` bytes on. */
// @ts-ignore: decorator
@inline
function sweep4(
  x: usize, xRow: usize, xStep: usize, b: usize, row: usize, columns: i32, sums: usize, two: bool,
): void {
  const x0 = v128.load_splat<f32>(x), x1 = v128.load_splat<f32>(x + xStep);
  const x2 = v128.load_splat<f32>(x + 2 * xStep), x3 = v128.load_splat<f32>(x + 3 * xStep);
  const y = two ? x + xRow : x;
  const y0 = v128.load_splat<f32>(y), y1 = v128.load_splat<f32>(y + xStep);
  const y2 = v128.load_splat<f32>(y + 2 * xStep), y3 = v128.load_splat<f32>(y + 3 * xStep);
  const b1 = b + row, b2 = b1 + row, b3 = b2 + row;
  const next = sums + (COLUMNS << 2);
  const whole = <usize>(columns & ~3) << 2;
  for (let j: usize = 0; j < whole; j += 16) {
    let r = v128.load(b + j);
    let s = fma(x0, r, v128.load(sums + j));
    let t = two ? fma(y0, r, v128.load(next + j)) : s;
    r = v128.load(b1 + j);
    s = fma(x1, r, s);
    if (two) t = fma(y1, r, t);
    r = v128.load(b2 + j);
    s = fma(x2, r, s);
    if (two) t = fma(y2, r, t);
    r = v128.load(b3 + j);
    v128.store(sums + j, fma(x3, r, s));
    if (two) v128.store(next + j, fma(y3, r, t));
  }
}

/** sums[j] += x b[j] for columns [from, columns): what sweep4 leaves over. */
function sweep1(x: f32, b: usize, from: i32, columns: i32, sums: usize): void {
  for (let j = from; j < columns; j++) {
    const at = <usize>j << 2;
    store<f32>(sums + at, load<f32>(sums + at) + x * load<f32>(b + at));
  }
}

/** sums[m, columns] = a[m, depth] b[depth, columns]. */
function sweepBlock(
  a: usize, aRow: usize, aStep: usize, b: usize, row: usize, m: i32, columns: i32, depth: i32, sums: usize,
): void {
  memory.fill(sums, 0, <usize>(m * COLUMNS) << 2);
  let s = 0;
  for (; s + 4 <= depth; s += 4) {
    let i = 0;
    let x = a + <usize>s * aStep;
    for (; i + 2 <= m; i += 2) {
      sweep4(x, aRow, aStep, b, row, columns, sums + (<usize>(i * COLUMNS) << 2), true);
      x += 2 * aRow;
    }
    if (i < m) sweep4(x, aRow, aStep, b, row, columns, sums + (<usize>(i * COLUMNS) << 2), false);
    for (let i = 0; i < m && (columns & 3) != 0; i++) {
      for (let r: usize = 0; r < 4; r++) {
        const value = load<f32>(a + <usize>i * aRow + (<usize>s + r) * aStep);
        sweep1(value, b + r * row, columns & ~3, columns, sums + (<usize>(i * COLUMNS) << 2));
      }
    }
    b += 4 * row;
  }
  for (; s < depth; s++) {
    for (let i = 0; i < m; i++) {
      const value = load<f32>(a + <usize>i * aRow + <usize>s * aStep);
      sweep1(value, b, 0, columns, sums + (<usize>(i * COLUMNS) << 2));
    }
    b += row;
  }
}

/** c[i, j] = (c[i, j] +) sums[i, j]. */
function addSums(sums: usize, m: i32, columns: i32, c: usize, row: usize, add: bool): void {
  for (let i = 0; i < m; i++) {
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const v = v128.load(sums + (<usize>j << 2));
      const at = c + (<usize>j << 2);
      v128.store(at, add ? f32x4.add(v128.load(at), v) : v);
    }
    for (; j < columns; j++) {
      const at = c + (<usize>j << 2);
      const v = load<f32>(sums + (<usize>j << 2));
      store<f32>(at, add ? load<f32>(at) + v : v);
    }
    sums += COLUMNS << 2;
    c += row;
  }
}

/**
 * c[m, n] = (c +) a b with b[k, n] as it lies. Items are blocks of 32 columns; scratch holds m times 1,024 sums.
 * `aRow` and `aStep` are the elements between rows and between steps of a.
 */
export function gemmFlat(
  a: usize, aRow: i32, aStep: i32, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: i32,
  start: i32, end: i32, scratch: usize,
): void {
  const row = <usize>n << 2;
  const last = min(end * 32, n);
  for (let j = start * 32; j < last; j += COLUMNS) {
    const columns = min(COLUMNS, last - j);
    for (let k0 = 0; k0 < k; k0 += DEPTH) {
      const from = a + (<usize>k0 * <usize>aStep << 2);
      const right = b + <usize>k0 * row + (<usize>j << 2);
      sweepBlock(from, <usize>aRow << 2, <usize>aStep << 2, right, row, m, columns, min(DEPTH, k - k0), scratch);
      addSums(scratch, m, columns, c + (<usize>j << 2), row, accumulate != 0 || k0 > 0);
    }
  }
}
