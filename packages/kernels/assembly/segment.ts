// Segments and sparse matrices. Both are lists of row numbers: item s folds the rows index[first[s] .. first[s + 1]) of x.
// Ids, columns and row starts have been checked. Items of a fold are (list, block of BLOCK columns).
import { fma, sumLanes } from './simd';
export * from './segment-softmax';

/** Columns in an item: enough to make up for reading the list once more, few enough to share one long list. */
const BLOCK = 64;
/** So many terms are summed in float32 before the sum goes to float64. */
const CHUNK = 128;

const SUM = 0;
const WEIGHTED = 1;
const MAX = 2;

/** Position of the first row start that breaks the rules of a sparse matrix, or -1. */
export function rowStartFault(rowStart: usize, rows: i32, nonzeros: i32): i32 {
  if (load<i32>(rowStart) != 0) return 0;
  let before = 0;
  for (let r = 1; r <= rows; r++) {
    const at = load<i32>(rowStart + (<usize>r << 2));
    if (at < before || at > nonzeros) return r;
    before = at;
  }
  return before == nonzeros ? -1 : rows;
}

/** Counting sort of ids [rows]: index lists the rows segment by segment, first [segments + 2] where each begins. */
export function listRows(ids: usize, rows: i32, segments: i32, first: usize, index: usize): void {
  countIds(ids, rows, segments, first);
  for (let r = 0; r < rows; r++) store<i32>(index + (<usize>nextPlace(ids, r, first) << 2), r);
}

/** The transposed sparse matrix: rows and values listed column by column; first has columns + 2 words. */
export function listColumns(
  rowStart: usize, column: usize, value: usize, rows: i32, nonzeros: i32, columns: i32,
  first: usize, index: usize, weight: usize,
): void {
  countIds(column, nonzeros, columns, first);
  for (let r = 0; r < rows; r++) {
    const end = load<i32>(rowStart + (<usize>r << 2), 4);
    for (let e = load<i32>(rowStart + (<usize>r << 2)); e < end; e++) {
      const place = <usize>nextPlace(column, e, first) << 2;
      store<i32>(index + place, r);
      store<f32>(weight + place, load<f32>(value + (<usize>e << 2)));
    }
  }
}

/** first[s + 1] becomes the number of ids below s; as places are given away it moves on to where s + 1 begins. */
function countIds(ids: usize, count: i32, segments: i32, first: usize): void {
  memory.fill(first, 0, <usize>(segments + 2) << 2);
  for (let j = 0; j < count; j++) {
    const at = first + (load<usize>(ids + (<usize>j << 2)) << 2);
    store<i32>(at, load<i32>(at, 8) + 1, 8);
  }
  let total = 0;
  for (let s = 2; s < segments + 2; s++) {
    const at = first + (<usize>s << 2);
    total += load<i32>(at);
    store<i32>(at, total);
  }
}

// @ts-ignore: decorator
@inline
function nextPlace(ids: usize, j: i32, first: usize): i32 {
  const at = first + (load<usize>(ids + (<usize>j << 2)) << 2);
  const place = load<i32>(at, 4);
  store<i32>(at, place + 1, 4);
  return place;
}

// @ts-ignore: decorator
@inline
function fold(op: i32, total: v128, x: v128, weight: v128): v128 {
  // Three instructions, where f32x4.max takes eight: once a lane is NaN, no comparison moves it again.
  if (op == MAX) return v128.or(f32x4.pmax(total, x), f32x4.ne(x, x));
  if (op == WEIGHTED) return fma(x, weight, total);
  return f32x4.add(total, x);
}

/** Folds `width` columns at x of the rows listed at [at, end) into `out`; weights lie `weights` bytes after their rows. */
// @ts-ignore: decorator
@inline
function foldList(
  op: i32, at: usize, end: usize, weights: usize, x: usize, rowBytes: usize, out: usize, width: i32,
): void {
  const first: f32 = op == MAX ? -<f32>Infinity : 0;
  let column: usize = 0;
  const bytes = <usize>width << 2;
  for (; column + 64 <= bytes; column += 64) {
    let a = f32x4.splat(first);
    let b = a;
    let c = a;
    let d = a;
    for (let entry = at; entry < end; entry += 4) {
      const row = x + column + load<usize>(entry) * rowBytes;
      const weight = op == WEIGHTED ? v128.load32_splat(entry + weights) : a;
      a = fold(op, a, v128.load(row), weight);
      b = fold(op, b, v128.load(row, 16), weight);
      c = fold(op, c, v128.load(row, 32), weight);
      d = fold(op, d, v128.load(row, 48), weight);
    }
    v128.store(out + column, a);
    v128.store(out + column, b, 16);
    v128.store(out + column, c, 32);
    v128.store(out + column, d, 48);
  }
  for (; column + 16 <= bytes; column += 16) {
    let a = f32x4.splat(first);
    for (let entry = at; entry < end; entry += 4) {
      const row = x + column + load<usize>(entry) * rowBytes;
      a = fold(op, a, v128.load(row), op == WEIGHTED ? v128.load32_splat(entry + weights) : a);
    }
    v128.store(out + column, a);
  }
  for (; column < bytes; column += 4) {
    let a = first;
    for (let entry = at; entry < end; entry += 4) {
      const value = load<f32>(x + column + load<usize>(entry) * rowBytes);
      if (op == MAX) a = max(a, value);
      else a += op == WEIGHTED ? value * load<f32>(entry + weights) : value;
    }
    store<f32>(out + column, a);
  }
}

/** Sums a long list chunk by chunk into float64 totals; scratch holds 12 BLOCK bytes. */
// @ts-ignore: decorator
@inline
function sumLong(
  op: i32, at: usize, end: usize, weights: usize, x: usize, rowBytes: usize, out: usize, width: i32, scratch: usize,
): void {
  const part = scratch + (BLOCK << 3);
  memory.fill(scratch, 0, BLOCK << 3);
  for (; at < end; at += CHUNK << 2) {
    foldList(op, at, min(end, at + (CHUNK << 2)), weights, x, rowBytes, part, width);
    for (let i = 0; i < width; i++) {
      const total = scratch + (<usize>i << 3);
      store<f64>(total, load<f64>(total) + <f64>load<f32>(part + (<usize>i << 2)));
    }
  }
  for (let i = 0; i < width; i++) store<f32>(out + (<usize>i << 2), <f32>load<f64>(scratch + (<usize>i << 3)));
}

/** Items [start, end) of out [lists, inner]. */
// @ts-ignore: decorator
@inline
function foldLists(
  op: i32, first: usize, index: usize, weight: usize, x: usize, out: usize, inner: i32,
  start: i32, end: i32, scratch: usize,
): void {
  const rowBytes = <usize>inner << 2;
  const blocks = (inner + BLOCK - 1) / BLOCK;
  for (let item = start; item < end; item++) {
    const list = item / blocks;
    const column = (item - list * blocks) * BLOCK;
    const width = min(BLOCK, inner - column);
    const at = index + (load<usize>(first + (<usize>list << 2)) << 2);
    const stop = index + (load<usize>(first + (<usize>list << 2), 4) << 2);
    const from = x + (<usize>column << 2);
    const to = out + <usize>list * rowBytes + (<usize>column << 2);
    const weights = weight - index;
    const long = stop - at > <usize>CHUNK << 2;
    if (op != MAX && long) sumLong(op, at, stop, weights, from, rowBytes, to, width, scratch);
    else foldList(op, at, stop, weights, from, rowBytes, to, width);
  }
}

/** out[s] = sum of the rows of x in list s. */
export function sumLists(
  first: usize, index: usize, x: usize, out: usize, inner: i32, start: i32, end: i32, scratch: usize,
): void {
  foldLists(SUM, first, index, index, x, out, inner, start, end, scratch);
}

/** out[s] = the largest of the rows of x in list s, column by column; NaN wins. */
export function maxLists(
  first: usize, index: usize, x: usize, out: usize, inner: i32, start: i32, end: i32, scratch: usize,
): void {
  foldLists(MAX, first, index, index, x, out, inner, start, end, scratch);
}

/** out[s] = sum of weight times row of x over list s. */
export function weightedLists(
  first: usize, index: usize, weight: usize, x: usize, out: usize, inner: i32, start: i32, end: i32, scratch: usize,
): void {
  foldLists(WEIGHTED, first, index, weight, x, out, inner, start, end, scratch);
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, n: i32): f32 {
  let even = f32x4.splat(0);
  let odd = even;
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const at = <usize>i << 2;
    even = fma(v128.load(a + at), v128.load(b + at), even);
    odd = fma(v128.load(a + at, 16), v128.load(b + at, 16), odd);
  }
  let total = sumLanes(f32x4.add(even, odd));
  for (; i < n; i++) total += load<f32>(a + (<usize>i << 2)) * load<f32>(b + (<usize>i << 2));
  return total;
}

/** dvalue[e] = dot(a[row of e], b[column of e]) for the elements of rows [start, end). */
export function dotElements(
  rowStart: usize, column: usize, a: usize, b: usize, dvalue: usize, inner: i32, start: i32, end: i32, scratch: usize,
): void {
  const rowBytes = <usize>inner << 2;
  for (let r = start; r < end; r++) {
    const stop = load<i32>(rowStart + (<usize>r << 2), 4);
    for (let e = load<i32>(rowStart + (<usize>r << 2)); e < stop; e++) {
      const at = <usize>e << 2;
      store<f32>(dvalue + at, dot(a + <usize>r * rowBytes, b + load<usize>(column + at) * rowBytes, inner));
    }
  }
}
