// Products without panels: a matrix times a vector by dot products, and tiny matrices.
import { matrixAt } from './batch';
import { fma, sumLanes } from './simd';

/** c[4 columns] = (c +) sum over s of x[s] b[s, ...]. */
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

/** The same for one column. */
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

/** The lanes of four vectors added up: lane i of the result is the sum over vector i. */
// @ts-ignore: decorator
@inline
function sums4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

/** c[4 columns] = (c +) dot products of x with four rows of b, all contiguous, of a multiple of four values. */
// @ts-ignore: decorator
@inline
function rows4(x: usize, b: usize, row: usize, depth: i32, c: usize, add: bool): void {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  const b2 = b + 2 * row;
  let at: usize = 0;
  for (let s = depth >> 2; s > 0; s--) {
    const v = v128.load(x + at);
    s0 = fma(v, v128.load(b + at), s0);
    s1 = fma(v, v128.load(b + row + at), s1);
    s2 = fma(v, v128.load(b2 + at), s2);
    s3 = fma(v, v128.load(b2 + row + at), s3);
    at += 16;
  }
  const sum = sums4(s0, s1, s2, s3);
  v128.store(c, add ? f32x4.add(v128.load(c), sum) : sum);
}

/** Dot product of `count` values: blocks of 1,024 in float32 lanes, their sums in float64. */
export function dot(x: usize, y: usize, count: i32): f64 {
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
  const bStep: usize = bTransposed ? 4 : <usize>n << 2;
  const bColumn: usize = bTransposed ? <usize>k << 2 : 4;
  const add = accumulate != 0;
  for (let item = start; item < end; item++) {
    let x = a + (<usize>matrixAt(item, rank, batch, 1) * <usize>(m * k) << 2);
    const y = b + (<usize>matrixAt(item, rank, batch, 2) * <usize>(k * n) << 2);
    let to = c + (<usize>item * <usize>(m * n) << 2);
    for (let i = 0; i < m; i++) {
      let j = 0;
      if (!bTransposed) {
        for (; j + 4 <= n; j += 4) columns4(x, aStep, y + (<usize>j << 2), bStep, k, to + (<usize>j << 2), add);
      } else if (!aTransposed && (k & 3) == 0) {
        for (; j + 4 <= n; j += 4) rows4(x, y + <usize>j * bColumn, bColumn, k, to + (<usize>j << 2), add);
      }
      for (; j < n; j++) column(x, aStep, y + <usize>j * bColumn, bStep, k, to + (<usize>j << 2), add);
      x += aRow;
      to += <usize>n << 2;
    }
  }
}
