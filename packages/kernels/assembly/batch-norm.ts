// Batch norm over columns. Sums go down columns of fixed blocks of rows, four side by side while there are four, all in
// registers. Two halves of the rows run at once, so that no sum waits for itself. Means are taken twice, as in ./norm.
import { fma } from './simd';

/** Values of each operand that are gone through column by column. Few: caches fetch ahead best what is read in order. */
// @ts-ignore: decorator
@inline
const LINE_VALUES: i32 = 256;

/** Four columns or, if not `wide`, one in all lanes. */
// @ts-ignore: decorator
@inline
function loadColumns(wide: bool, at: usize): v128 {
  return wide ? v128.load(at) : v128.load32_splat(at);
}

// @ts-ignore: decorator
@inline
function storeColumns(wide: bool, at: usize, v: v128): void {
  if (wide) v128.store(at, v);
  else v128.store32_lane(at, v, 0);
}

/** to[0..2, columns] = sums of a = x - mean, d and d a, with d = dy or, if that is 0, a. */
// @ts-ignore: decorator
@inline
function sums(wide: bool, x: usize, mean: usize, dy: usize, bytes: usize, rows: i32, to: usize): void {
  const means = loadColumns(wide, mean), zero = f32x4.splat(0), delta = dy - x;
  const half = <usize>(rows >> 1) * bytes;
  let sum = zero, slopes = zero, products = zero;
  if (rows & 1) {
    sum = f32x4.sub(loadColumns(wide, x), means);
    slopes = dy ? loadColumns(wide, dy) : sum;
    products = f32x4.mul(sum, slopes);
    x += bytes;
  }
  let sum1 = zero, slopes1 = zero, products1 = zero;
  for (const stop = x + half; x < stop; x += bytes) {
    const a = f32x4.sub(loadColumns(wide, x), means), a1 = f32x4.sub(loadColumns(wide, x + half), means);
    let d = a, d1 = a1;
    if (dy) {
      d = loadColumns(wide, x + delta);
      d1 = loadColumns(wide, x + delta + half);
    }
    sum = f32x4.add(sum, a);
    if (dy) slopes = f32x4.add(slopes, d);
    products = fma(d, a, products);
    sum1 = f32x4.add(sum1, a1);
    if (dy) slopes1 = f32x4.add(slopes1, d1);
    products1 = fma(d1, a1, products1);
  }
  storeColumns(wide, to, f32x4.add(sum, sum1));
  storeColumns(wide, to + bytes, f32x4.add(slopes, slopes1));
  storeColumns(wide, to + 2 * bytes, f32x4.add(products, products1));
}

function columnSums(wide: bool, x: usize, mean: usize, dy: usize, bytes: usize, rows: i32, to: usize): void {
  if (!wide) sums(false, x, mean, dy, bytes, rows, to);
  else if (dy) sums(true, x, mean, dy, bytes, rows, to);
  else sums(true, x, mean, 0, bytes, rows, to);
}

/** The same around a mean of the rows' own, which takes the place of the second sum. */
function columnMoments(wide: bool, x: usize, bytes: usize, rows: i32, to: usize, scratch: usize): void {
  columnSums(wide, x, x, 0, bytes, rows, to);
  const left = f32x4.div(loadColumns(wide, to), f32x4.splat(<f32>rows));
  const mean = f32x4.add(loadColumns(wide, x), left);
  v128.store(scratch, mean);
  columnSums(wide, x, scratch, 0, bytes, rows, to);
  storeColumns(wide, to + bytes, mean);
}

/**
 * partials [blocks, 3, channels] = sums of x - mean, dy and dy (x - mean) down blocks of rows. If dy is 0: of x
 * minus the block's own mean, that mean, and of the square.
 */
export function batchSums(
  x: usize, mean: usize, dy: usize, partials: usize, rows: i32, channels: i32, blockRows: i32,
  start: i32, end: i32, scratch: usize,
): void {
  const bytes = <usize>channels << 2;
  for (let block = start; block < end; block++) {
    const from = <usize>(block * blockRows) * bytes;
    const to = partials + <usize>block * 3 * bytes;
    const count = min(blockRows, rows - block * blockRows);
    for (let c: usize = 0; c < bytes; ) {
      const wide = c + 16 <= bytes;
      const at = from + c;
      if (dy) columnSums(wide, x + at, mean + c, dy + at, bytes, count, to + c);
      else columnMoments(wide, x + at, bytes, count, to + c, scratch);
      c += wide ? 16 : 4;
    }
  }
}

/** Per channel, from the blocks' moments: mean, variance, rstd, and the line of `batchLine` at `p`. */
export function batchStatistics(
  partials: usize, gamma: usize, beta: usize, mean: usize, variance: usize, rstd: usize, p: usize, rows: i32,
  channels: i32, blockRows: i32, epsilon: f64,
): void {
  const bytes = <usize>channels << 2;
  for (let c: usize = 0; c < bytes; c += 4) {
    // Around the first block's mean, so that a large mean costs no digits.
    const shift = <f64>load<f32>(partials + bytes + c);
    let sum: f64 = 0, squares: f64 = 0;
    let at = partials + c;
    for (let n = rows; n > 0; n -= blockRows) {
      const apart = <f64>load<f32>(at + bytes) - shift;
      const left = <f64>load<f32>(at);
      const all = apart * <f64>min(n, blockRows);
      sum += all + left;
      squares += <f64>load<f32>(at + 2 * bytes) + apart * (all + 2 * left);
      at += 3 * bytes;
    }
    sum /= <f64>rows;
    const v = max(squares / <f64>rows - sum * sum, 0);
    const r = 1.0 / sqrt(v + epsilon);
    const f = gamma ? r * <f64>load<f32>(gamma + c) : r;
    const m = <f32>(shift + sum);
    store<f32>(mean + c, m);
    store<f32>(variance + c, <f32>v);
    store<f32>(rstd + c, <f32>r);
    store<f32>(p + c, <f32>f);
    store<f32>(p + bytes + c, <f32>((beta ? <f64>load<f32>(beta + c) : 0) - (shift + sum - <f64>m) * f));
  }
}

/** A line of `batchLine` down columns; `p` points to the columns' mean, factor, offset and slope, `bytes` apart. */
// @ts-ignore: decorator
@inline
function columnLine(wide: bool, x: usize, dy: usize, out: usize, mean: usize, p: usize, bytes: usize, rows: i32): void {
  const means = loadColumns(wide, mean);
  const factor = loadColumns(wide, p), offset = loadColumns(wide, p + bytes);
  const slope = dy ? loadColumns(wide, p + 2 * bytes) : offset;
  for (let r = rows; r > 0; r--) {
    let y = fma(f32x4.sub(loadColumns(wide, x), means), factor, offset);
    if (dy) {
      y = fma(loadColumns(wide, dy), slope, y);
      dy += bytes;
    }
    storeColumns(wide, out, y);
    x += bytes;
    out += bytes;
  }
}

/**
 * out = (x - mean) factor + offset (+ dy slope, if dy is given), all per channel; factor, offset and slope lie one after
 * the other at `p`. Items are rows.
 */
export function batchLine(
  x: usize, mean: usize, p: usize, dy: usize, out: usize, channels: i32, start: i32, end: i32, scratch: usize,
): void {
  const bytes = <usize>channels << 2;
  const block = max(4, LINE_VALUES / (channels + 1)); // there may be none
  for (let row = start; row < end; row += block) {
    const at = <usize>row * bytes;
    const rows = min(block, end - row);
    for (let c: usize = 0; c < bytes; ) {
      const wide = c + 16 <= bytes;
      const from = x + at + c, slopes = dy ? dy + at + c : 0, to = out + at + c;
      if (wide) columnLine(true, from, slopes, to, mean + c, p + c, bytes, rows);
      else columnLine(false, from, slopes, to, mean + c, p + c, bytes, rows);
      c += wide ? 16 : 4;
    }
  }
}

/** Per channel, from the blocks' sums: dgamma and dbeta (0: not wanted), and dx's line for `batchLine`. */
export function batchGradLine(
  partials: usize, gamma: usize, rstd: usize, dgamma: usize, dbeta: usize, p: usize, rows: i32, channels: i32,
  blockRows: i32,
): void {
  const bytes = <usize>channels << 2;
  for (let c: usize = 0; c < bytes; c += 4) {
    let left: f64 = 0, sumDy: f64 = 0, product: f64 = 0;
    let at = partials + c;
    for (let n = rows; n > 0; n -= blockRows) {
      left += <f64>load<f32>(at);
      sumDy += <f64>load<f32>(at + bytes);
      product += <f64>load<f32>(at + 2 * bytes);
      at += 3 * bytes;
    }
    left /= <f64>rows;
    const r = <f64>load<f32>(rstd + c);
    const byGamma = (product - left * sumDy) * r;
    if (dgamma) store<f32>(dgamma + c, <f32>byGamma);
    if (dbeta) store<f32>(dbeta + c, <f32>sumDy);
    const s = gamma ? r * <f64>load<f32>(gamma + c) : r;
    const f = (-s * r * byGamma) / <f64>rows;
    store<f32>(p + c, <f32>f);
    store<f32>(p + bytes + c, <f32>((-s * sumDy) / <f64>rows - f * left));
    store<f32>(p + 2 * bytes + c, <f32>s);
  }
}
