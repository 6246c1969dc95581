// Products that packing would only slow down: a vector times a matrix, and tiny matrices.
import { matrixAt } from './batch';
import { fma, sumLanes } from './simd';

/** Rows that are summed in registers before the result is touched. */
const BLOCK: i32 = 512;

/** c[32 columns] (+)= sum over s of x[s] b[s, ...], eight accumulators of four columns. */
function columns32(x: usize, xStep: usize, b: usize, row: usize, depth: i32, c: usize, add: bool): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  let c4 = f32x4.splat(0), c5 = f32x4.splat(0), c6 = f32x4.splat(0), c7 = f32x4.splat(0);
  for (let s = depth; s > 0; s--) {
    const v = v128.load_splat<f32>(x);
    c0 = fma(v, v128.load(b), c0); c1 = fma(v, v128.load(b, 16), c1);
    c2 = fma(v, v128.load(b, 32), c2); c3 = fma(v, v128.load(b, 48), c3);
    c4 = fma(v, v128.load(b, 64), c4); c5 = fma(v, v128.load(b, 80), c5);
    c6 = fma(v, v128.load(b, 96), c6); c7 = fma(v, v128.load(b, 112), c7);
    x += xStep;
    b += row;
  }
  if (add) {
    c0 = f32x4.add(v128.load(c), c0); c1 = f32x4.add(v128.load(c, 16), c1);
    c2 = f32x4.add(v128.load(c, 32), c2); c3 = f32x4.add(v128.load(c, 48), c3);
    c4 = f32x4.add(v128.load(c, 64), c4); c5 = f32x4.add(v128.load(c, 80), c5);
    c6 = f32x4.add(v128.load(c, 96), c6); c7 = f32x4.add(v128.load(c, 112), c7);
  }
  v128.store(c, c0); v128.store(c, c1, 16); v128.store(c, c2, 32); v128.store(c, c3, 48);
  v128.store(c, c4, 64); v128.store(c, c5, 80); v128.store(c, c6, 96); v128.store(c, c7, 112);
}

/** The same for four columns, and for one. */
// @ts-ignore: decorator
@inline
function columns4(x: usize, xStep: usize, b: usize, row: usize, depth: i32, c: usize, add: bool): void {
  let sum = f32x4.splat(0);
  for (let s = depth; s > 0; s--) {
    sum = fma(v128.load_splat<f32>(x), v128.load(b), sum);
    x += xStep;
    b += row;
  }
  v128.store(c, add ? f32x4.add(v128.load(c), sum) : sum);
}

// @ts-ignore: decorator
@inline
function column(x: usize, xStep: usize, b: usize, row: usize, depth: i32, c: usize, add: bool): void {
  let sum: f32 = 0;
  for (let s = depth; s > 0; s--) {
    sum += load<f32>(x) * load<f32>(b);
    x += xStep;
    b += row;
  }
  store<f32>(c, add ? load<f32>(c) + sum : sum);
}

/** One row of a product: c[columns] = (c +) x[k] b[k, columns]. */
function rowTimes(x: usize, xStep: usize, b: usize, row: usize, k: i32, columns: i32, c: usize, accumulate: bool): void {
  for (let s = 0; s < k; s += BLOCK) {
    const depth = min(BLOCK, k - s);
    const add = accumulate || s > 0;
    let j = 0;
    for (; j + 32 <= columns; j += 32) columns32(x, xStep, b + (<usize>j << 2), row, depth, c + (<usize>j << 2), add);
    for (; j + 4 <= columns; j += 4) columns4(x, xStep, b + (<usize>j << 2), row, depth, c + (<usize>j << 2), add);
    for (; j < columns; j++) column(x, xStep, b + (<usize>j << 2), row, depth, c + (<usize>j << 2), add);
    x += <usize>depth * xStep;
    b += <usize>depth * row;
  }
}

/** c[n] = (c +) x[k] b[k, n]. Items are blocks of 32 columns. */
export function vectorTimes(
  x: usize, b: usize, c: usize, n: i32, k: i32, accumulate: i32, start: i32, end: i32, scratch: usize,
): void {
  const first = start * 32;
  const at = <usize>first << 2;
  rowTimes(x, 4, b + at, <usize>n << 2, k, min(end * 32, n) - first, c + at, accumulate != 0);
}

/** Dot product of `count` values: blocks of 1,024 in float32 lanes, their sums in float64. */
function dot(x: usize, y: usize, count: i32): f64 {
  let total: f64 = 0;
  while (count >= 16) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    const steps = min(count, 1024) >> 4;
    for (let s = steps; s > 0; s--) {
      s0 = fma(v128.load(x), v128.load(y), s0);
      s1 = fma(v128.load(x, 16), v128.load(y, 16), s1);
      s2 = fma(v128.load(x, 32), v128.load(y, 32), s2);
      s3 = fma(v128.load(x, 48), v128.load(y, 48), s3);
      x += 64;
      y += 64;
    }
    total += sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    count -= steps << 4;
  }
  for (; count > 0; count--) {
    total += load<f32>(x) * load<f32>(y);
    x += 4;
    y += 4;
  }
  return total;
}

/** c[n] = (c +) b[n, k] x[k]. Items are rows of b. */
export function timesVector(
  b: usize, x: usize, c: usize, k: i32, accumulate: i32, start: i32, end: i32, scratch: usize,
): void {
  for (let i = start; i < end; i++) {
    const at = c + (<usize>i << 2);
    const sum = dot(b + (<usize>i * <usize>k << 2), x, k);
    store<f32>(at, accumulate ? <f32>(load<f32>(at) + sum) : <f32>sum);
  }
}

/** Products of tiny matrices, a row at a time. Items are matrices; `batch` as in gemm. */
export function gemmSmall(
  a: usize, aTransposed: i32, b: usize, bTransposed: i32, c: usize, m: i32, n: i32, k: i32, accumulate: i32,
  rank: i32, batch: usize, start: i32, end: i32, scratch: usize,
): void {
  const aRow: usize = aTransposed ? 4 : <usize>k << 2;
  const aStep: usize = aTransposed ? <usize>m << 2 : 4;
  for (let item = start; item < end; item++) {
    let x = a + (<usize>matrixAt(item, rank, batch, 1) * <usize>(m * k) << 2);
    const y = b + (<usize>matrixAt(item, rank, batch, 2) * <usize>(k * n) << 2);
    let to = c + (<usize>item * <usize>(m * n) << 2);
    for (let i = 0; i < m; i++) {
      if (!bTransposed) rowTimes(x, aStep, y, <usize>n << 2, k, n, to, accumulate != 0);
      else for (let j = 0; j < n; j++) {
        column(x, aStep, y + (<usize>(j * k) << 2), 4, k, to + (<usize>j << 2), accumulate != 0);
      }
      x += aRow;
      to += <usize>n << 2;
    }
  }
}
