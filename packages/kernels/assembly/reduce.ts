// Folding one axis. Sums run in float32 lanes over short fixed blocks whose results are added in float64, in order, so
// they neither drift nor depend on how the work is shared.
import * as math from './math';
import { loadPart } from './partial';
import { sumLanes } from './simd';
export { foldColumns, argColumns, cumsumColumns } from './reduce-columns';

/** Positions in `reduceOps` of src/table/reduce.ts. */
export const enum Fold { SUM, MEAN, PROD, MAX, MIN, LOG_SUM_EXP, NORM1, NORM2, SUM_SQUARES }

/** Elements summed in float32 before they go into the float64 total. */
// @ts-ignore: decorator
@inline
const BLOCK: i32 = 1024;

/** What a sum adds for each element. */
// @ts-ignore: decorator
@inline
export function term(op: i32, x: v128): v128 {
  if (op == Fold.NORM1) return f32x4.abs(x);
  if (op == Fold.SUM_SQUARES) return f32x4.mul(x, x);
  return x;
}

// @ts-ignore: decorator
@inline
function sumBlocks(op: i32, x: usize, n: i32): f64 {
  let total: f64 = 0;
  while (n > 0) {
    let length = min(n, BLOCK);
    n -= length;
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (; length >= 16; length -= 16) {
      a = f32x4.add(a, term(op, v128.load(x)));
      b = f32x4.add(b, term(op, v128.load(x, 16)));
      c = f32x4.add(c, term(op, v128.load(x, 32)));
      d = f32x4.add(d, term(op, v128.load(x, 48)));
      x += 64;
    }
    for (; length > 0; length -= 4) {
      a = f32x4.add(a, term(op, length >= 4 ? v128.load(x) : loadPart(x, length)));
      x += 16;
    }
    total += <f64>sumLanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  }
  return total;
}

/** Sum of n elements, of their magnitudes or of their squares. */
export function sumRow(op: i32, x: usize, n: i32): f64 {
  if (op == Fold.NORM1) return sumBlocks(Fold.NORM1, x, n);
  if (op == Fold.SUM_SQUARES) return sumBlocks(Fold.SUM_SQUARES, x, n);
  return sumBlocks(Fold.SUM, x, n);
}

/** Maximum of n elements with `flip` (0 or the sign bit) applied: with the sign flipped, minus the minimum. NaN wins. */
export function maxRow(x: usize, n: i32, flip: v128): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let bad = i32x4.splat(0);
  for (; n >= 8; n -= 8) {
    const u = v128.xor(v128.load(x), flip);
    const v = v128.xor(v128.load(x, 16), flip);
    a = f32x4.pmax(a, u);
    b = f32x4.pmax(b, v);
    bad = v128.or(bad, v128.or(f32x4.ne(u, u), f32x4.ne(v, v)));
    x += 32;
  }
  a = f32x4.pmax(a, b);
  for (; n > 0; n--) {
    const v = v128.xor(v128.load32_splat(x), flip);
    a = f32x4.pmax(a, v);
    bad = v128.or(bad, f32x4.ne(v, v));
    x += 4;
  }
  if (v128.any_true(bad)) return NaN;
  a = f32x4.pmax(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  return max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1));
}

/** Sum of e^(x - shift), with blocks as in `sumRow`. */
export function sumExpRow(x: usize, n: i32, shift: f32): f64 {
  const shifts = f32x4.splat(shift);
  let total: f64 = 0;
  while (n > 0) {
    let length = min(n, BLOCK);
    n -= length;
    let a = f32x4.splat(0);
    for (; length >= 4; length -= 4) {
      a = f32x4.add(a, math.expNegative(f32x4.sub(v128.load(x), shifts)));
      x += 16;
    }
    if (length > 0) {
      let part = math.expNegative(f32x4.sub(loadPart(x, length), shifts));
      part = f32x4.replace_lane(part, 3, 0);
      if (length < 3) part = f32x4.replace_lane(part, 2, 0);
      if (length < 2) part = f32x4.replace_lane(part, 1, 0);
      a = f32x4.add(a, part);
    }
    total += <f64>sumLanes(a);
  }
  return total;
}

/** log(x) of a positive sum. */
// @ts-ignore: decorator
@inline
export function logOf(x: f64): f32 {
  return f32x4.extract_lane(math.log(f32x4.splat(<f32>x)), 0);
}

function prodRow(x: usize, n: i32): f64 {
  let product: f64 = 1;
  for (const stop = x + (<usize>n << 2); x < stop; x += 4) product *= <f64>load<f32>(x);
  return product;
}

/** What is left to do with a sum. */
// @ts-ignore: decorator
@inline
export function finish(op: i32, total: f64, size: i32): f32 {
  if (op == Fold.MEAN) return <f32>(total / <f64>size);
  return <f32>(op == Fold.NORM2 ? sqrt(total) : total);
}

/** What a sum op adds up. */
// @ts-ignore: decorator
@inline
export function addend(op: i32): i32 {
  return op == Fold.NORM2 ? Fold.SUM_SQUARES : op;
}

function foldRow(op: i32, x: usize, n: i32): f32 {
  switch (op) {
    case Fold.PROD: return <f32>prodRow(x, n);
    case Fold.MAX: return maxRow(x, n, i32x4.splat(0));
    case Fold.MIN: return -maxRow(x, n, f32x4.splat(-0.0));
    case Fold.LOG_SUM_EXP: {
      const top = maxRow(x, n, i32x4.splat(0));
      return abs(top) < Infinity ? top + logOf(sumExpRow(x, n, top)) : top;
    }
  }
  return finish(op, sumRow(addend(op), x, n), n);
}

/** out[r] = op over row r of x [rows, size]. */
export function foldRows(op: i32, x: usize, out: usize, size: i32, start: i32, end: i32, scratch: usize): void {
  for (let row = start; row < end; row++) {
    store<f32>(out + (<usize>row << 2), foldRow(op, x + ((<usize>row * size) << 2), size));
  }
}

/** Sum of block after block of BLOCK elements of one long row: partial[i], float64. */
export function foldBlocks(op: i32, x: usize, partial: usize, n: i32, start: i32, end: i32, scratch: usize): void {
  for (let block = start; block < end; block++) {
    const first = block * BLOCK;
    const total = sumRow(addend(op), x + (<usize>first << 2), min(BLOCK, n - first));
    store<f64>(partial + (<usize>block << 3), total);
  }
}

/** The same sum as `foldRows` from the blocks' sums. */
export function foldPartials(op: i32, partial: usize, blocks: i32, out: usize, n: i32): void {
  let total: f64 = 0;
  for (let block = 0; block < blocks; block++) total += load<f64>(partial + (<usize>block << 3));
  store<f32>(out, finish(op, total, n));
}

/** Position of the first element equal to `value`, or the first NaN if it is NaN; `flip` as in `maxRow`. */
function find(x: usize, n: i32, value: f32, flip: v128): i32 {
  const wanted = f32x4.splat(value);
  const isNaNWanted = value != value;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const v = v128.xor(v128.load(x + (<usize>i << 2)), flip);
    const hit = isNaNWanted ? f32x4.ne(v, v) : f32x4.eq(v, wanted);
    if (v128.any_true(hit)) return i + ctz(i32x4.bitmask(hit));
  }
  for (; i < n - 1; i++) {
    const v = v128.xor(v128.load32_splat(x + (<usize>i << 2)), flip);
    if (v128.any_true(isNaNWanted ? f32x4.ne(v, v) : f32x4.eq(v, wanted))) return i;
  }
  return i;
}

/** out[r] = position of the maximum (or minimum) of row r. */
export function argRows(isMin: i32, x: usize, out: usize, size: i32, start: i32, end: i32, scratch: usize): void {
  const flip = isMin ? f32x4.splat(-0.0) : i32x4.splat(0);
  for (let row = start; row < end; row++) {
    const at = x + ((<usize>row * size) << 2);
    store<i32>(out + (<usize>row << 2), find(at, size, maxRow(at, size, flip), flip));
  }
}
