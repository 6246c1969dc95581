// Products in float64 without panels: few rows times a matrix that is read once, as it lies.
import { fma } from './tile-double';

/** Columns whose sums stay in the first cache while rows pass by. */
const COLUMNS: i32 = 256;

/** Dot product of `count` values. */
function dot(x: usize, y: usize, count: i32): f64 {
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0), s2 = f64x2.splat(0), s3 = f64x2.splat(0);
  for (; count >= 8; count -= 8) {
    s0 = fma(v128.load(x), v128.load(y), s0);
    s1 = fma(v128.load(x, 16), v128.load(y, 16), s1);
    s2 = fma(v128.load(x, 32), v128.load(y, 32), s2);
    s3 = fma(v128.load(x, 48), v128.load(y, 48), s3);
    x += 64;
    y += 64;
  }
  const lanes = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let sum = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
  for (; count > 0; count--) {
    sum += load<f64>(x) * load<f64>(y);
    x += 8;
    y += 8;
  }
  return sum;
}

/** c[m, n] = (c +) a[m, k] times b[n, k] transposed. Items are rows of b. */
export function dotRowsDouble(
  a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: i32, start: i32, end: i32, scratch: usize,
): void {
  const row = <usize>k << 3;
  for (let j = start; j < end; j++) {
    let at = c + (<usize>j << 3);
    for (let i = 0; i < m; i++) {
      const sum = dot(a + <usize>i * row, b + <usize>j * row, k);
      store<f64>(at, accumulate ? load<f64>(at) + sum : sum);
      at += <usize>n << 3;
    }
  }
}

/** c = (c +) sum over s of x[s] b[s], `xStep` and `bStep` bytes apart. */
function element(x: usize, xStep: usize, b: usize, bStep: usize, depth: i32, c: usize, add: bool): void {
  let sum: f64 = 0;
  for (let s = depth; s > 0; s--) {
    sum += load<f64>(x) * load<f64>(b);
    x += xStep;
    b += bStep;
  }
  store<f64>(c, add ? load<f64>(c) + sum : sum);
}

/** c[columns] += x[0..3] b[0..3, columns]; `step` bytes from one x to the next. */
function addRows(x: usize, step: usize, b: usize, row: usize, columns: i32, c: usize): void {
  const x0 = v128.load_splat<f64>(x), x1 = v128.load_splat<f64>(x + step);
  const x2 = v128.load_splat<f64>(x + 2 * step), x3 = v128.load_splat<f64>(x + 3 * step);
  const whole = <usize>(columns & ~1) << 3;
  for (let j: usize = 0; j < whole; j += 16) {
    let sum = fma(x0, v128.load(b + j), v128.load(c + j));
    sum = fma(x1, v128.load(b + row + j), sum);
    sum = fma(x2, v128.load(b + 2 * row + j), sum);
    v128.store(c + j, fma(x3, v128.load(b + 3 * row + j), sum));
  }
  if (columns & 1) element(x, step, b + whole, row, 4, c + whole, true);
}

/**
 * c[m, n] = (c +) a b[k, n], b swept row by row as it lies. Items are 32 columns. `aRow` and `aStep` are the elements
 * between rows and between steps of a.
 */
export function combineRowsDouble(
  a: usize, aRow: i32, aStep: i32, b: usize, c: usize, m: i32, n: i32, k: i32, accumulate: i32,
  start: i32, end: i32, scratch: usize,
): void {
  const row = <usize>n << 3;
  const left = <usize>aRow << 3;
  const step = <usize>aStep << 3;
  const last = min(end * 32, n);
  for (let j = start * 32; j < last; j += COLUMNS) {
    const columns = min(COLUMNS, last - j);
    const to = c + (<usize>j << 3);
    if (!accumulate) for (let i = 0; i < m; i++) memory.fill(to + <usize>i * row, 0, <usize>columns << 3);
    let x = a;
    let from = b + (<usize>j << 3);
    let s = k;
    for (; s >= 4; s -= 4) {
      for (let i = 0; i < m; i++) addRows(x + <usize>i * left, step, from, row, columns, to + <usize>i * row);
      x += 4 * step;
      from += 4 * row;
    }
    for (let i: usize = 0; i < <usize>m && s > 0; i++) {
      for (let at: usize = 0; at < <usize>columns << 3; at += 8) {
        element(x + i * left, step, from + at, row, s, to + i * row + at, true);
      }
    }
  }
}
