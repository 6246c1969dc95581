// Layer norm over rows; batch norm, over columns, is in ./batch-norm. Means are taken twice: what rounding left of the first,
// in x - mean, is taken out again, so that a large mean costs no digits.
import { loadPart, storePart } from './partial';
import { sumRow } from './reduce';
import { fma, sumLanes } from './simd';

export * from './batch-norm';

/** Elements summed in float32 before they go into a float64 total. */
// @ts-ignore: decorator
@inline
const BLOCK: i32 = 1024;

// @ts-ignore: decorator
@inline
function loadUpTo(at: usize, n: i32): v128 {
  return n >= 4 ? v128.load(at) : loadPart(at, n);
}

// @ts-ignore: decorator
@inline
function storeUpTo(at: usize, v: v128, n: i32): void {
  if (n >= 4) v128.store(at, v);
  else storePart(at, v, n);
}

/** Lane sums, in scratch as float64 pairs: adds the lanes of v to total `i`. */
// @ts-ignore: decorator
@inline
function addTo(scratch: usize, i: usize, v: v128): void {
  store<f64>(scratch + (i << 3), load<f64>(scratch + (i << 3)) + <f64>sumLanes(v));
}

/** The last vector of a row of n, cut to the n & 3 lanes that exist. */
// @ts-ignore: decorator
@inline
function cut(v: v128, n: i32): v128 {
  if (n >= 4) return v;
  return v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n)));
}

/** Sums of x - mean and of its square over a row, to scratch[0] and [1]. */
function centredSums(x: usize, mean: f32, n: i32, scratch: usize): void {
  const means = f32x4.splat(mean);
  store<f64>(scratch, 0);
  store<f64>(scratch, 0, 8);
  while (n > 0) {
    let length = min(n, BLOCK);
    n -= length;
    let sum = f32x4.splat(0);
    let squares = sum;
    for (; length >= 4; length -= 4) {
      const c = f32x4.sub(v128.load(x), means);
      sum = f32x4.add(sum, c);
      squares = fma(c, c, squares);
      x += 16;
    }
    if (length > 0) {
      const c = cut(f32x4.sub(loadPart(x, length), means), length);
      sum = f32x4.add(sum, c);
      squares = fma(c, c, squares);
    }
    addTo(scratch, 0, sum);
    addTo(scratch, 1, squares);
  }
}

/** A vector of ones and one of zeros in scratch, read with a step of 0 where gamma or beta is left out. */
// @ts-ignore: decorator
@inline
function writeDefaults(scratch: usize): void {
  v128.store(scratch, f32x4.splat(1));
  v128.store(scratch, f32x4.splat(0), 16);
}

/** out = (x - mean) rstd gamma + beta for rows; scratch: 64 bytes. */
export function layerNorm(
  x: usize, gamma: usize, beta: usize, out: usize, mean: usize, rstd: usize, size: i32, epsilon: f64,
  start: i32, end: i32, scratch: usize,
): void {
  writeDefaults(scratch);
  const gammaStep: usize = gamma ? 16 : 0;
  const betaStep: usize = beta ? 16 : 0;
  for (let row = start; row < end; row++) {
    let from = x + ((<usize>row * size) << 2);
    let to = out + ((<usize>row * size) << 2);
    const m = <f32>(sumRow(0, from, size) / <f64>size);
    centredSums(from, m, size, scratch + 32);
    const left = load<f64>(scratch, 32) / <f64>size;
    const variance = max(load<f64>(scratch, 40) / <f64>size - left * left, 0);
    const factor = <f32>(1.0 / sqrt(variance + epsilon));
    store<f32>(mean + (<usize>row << 2), <f32>(<f64>m + left));
    store<f32>(rstd + (<usize>row << 2), factor);
    const means = f32x4.splat(m);
    const lefts = f32x4.splat(<f32>left);
    const factors = f32x4.splat(factor);
    let g = gamma ? gamma : scratch;
    let b = beta ? beta : scratch + 16;
    for (let n = size; n > 0; n -= 4) {
      const xhat = f32x4.mul(f32x4.sub(f32x4.sub(loadUpTo(from, n), means), lefts), factors);
      storeUpTo(to, fma(xhat, loadUpTo(g, n), loadUpTo(b, n)), n);
      from += 16;
      to += 16;
      g += gammaStep;
      b += betaStep;
    }
  }
}

/** Sums of x - mean, g = dy gamma and g (x - mean) over a row, to scratch[0], [1] and [2]. */
function gradSums(x: usize, dy: usize, g: usize, gStep: usize, mean: f32, size: i32, scratch: usize): void {
  const means = f32x4.splat(mean);
  memory.fill(scratch, 0, 24);
  for (let n = size; n > 0;) {
    const stop = max(n - BLOCK, 0);
    let sum = f32x4.splat(0);
    let slopes = sum;
    let products = sum;
    for (; n > stop; n -= 4) {
      const c = cut(f32x4.sub(loadUpTo(x, n), means), n);
      const slope = f32x4.mul(loadUpTo(dy, n), loadUpTo(g, n));
      sum = f32x4.add(sum, c);
      slopes = f32x4.add(slopes, slope);
      products = fma(slope, c, products);
      x += 16;
      dy += 16;
      g += gStep;
    }
    addTo(scratch, 0, sum);
    addTo(scratch, 1, slopes);
    addTo(scratch, 2, products);
  }
}

/** dx of blocks of rows, and each block's share of dgamma and dbeta to `partials` (0: not wanted), [2, blocks, size]. */
export function layerNormGrad(
  x: usize, gamma: usize, mean: usize, rstd: usize, dy: usize, dx: usize, partials: usize, rows: i32, size: i32,
  blockRows: i32, start: i32, end: i32, scratch: usize,
): void {
  writeDefaults(scratch);
  const gStep: usize = gamma ? 16 : 0;
  const bytes = <usize>size << 2;
  const blocks: usize = (rows + blockRows - 1) / blockRows;
  for (let block = start; block < end; block++) {
    const byGamma = partials + <usize>block * bytes;
    const byBeta = byGamma + blocks * bytes;
    if (partials) {
      memory.fill(byGamma, 0, bytes);
      memory.fill(byBeta, 0, bytes);
    }
    const stop = min(rows, (block + 1) * blockRows);
    for (let row = block * blockRows; row < stop; row++) {
      const at = <usize>row * bytes;
      const m = load<f32>(mean + (<usize>row << 2));
      const r = <f64>load<f32>(rstd + (<usize>row << 2));
      let g = gamma ? gamma : scratch;
      gradSums(x + at, dy + at, g, gStep, m, size, scratch + 32);
      const left = load<f64>(scratch, 32) / <f64>size;
      const slope = load<f64>(scratch, 40) / <f64>size;
      const product = (load<f64>(scratch, 48) / <f64>size - left * slope) * r;
      const means = f32x4.splat(m);
      const lefts = f32x4.splat(<f32>left);
      const factors = f32x4.splat(<f32>r);
      const slopes = f32x4.splat(<f32>slope);
      const products = f32x4.splat(<f32>product);
      let n = size;
      for (let c: usize = 0; c < bytes; c += 16) {
        const xhat = f32x4.mul(f32x4.sub(f32x4.sub(loadUpTo(x + at + c, n), means), lefts), factors);
        const d = loadUpTo(dy + at + c, n);
        const y = f32x4.sub(f32x4.sub(f32x4.mul(d, loadUpTo(g, n)), slopes), f32x4.mul(xhat, products));
        storeUpTo(dx + at + c, f32x4.mul(y, factors), n);
        if (partials) {
          storeUpTo(byGamma + c, fma(d, xhat, loadUpTo(byGamma + c, n)), n);
          storeUpTo(byBeta + c, f32x4.add(loadUpTo(byBeta + c, n), d), n);
        }
        g += gStep;
        n -= 4;
      }
    }
  }
}
