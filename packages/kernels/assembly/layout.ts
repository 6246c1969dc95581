// The strided copy. Strides come in bytes; they and addresses wrap at 2^32, so negative strides need no care.
import { copyRow } from './copy-row';

/** Bytes that one item of copyBytes covers. */
const BLOCK: usize = 16384;
/** Rows of out in one item of copyTiles: as many lines of a power-of-two stride as the first cache holds. */
const TILE = 8;

/** out[0 .. bytes) = x, in items of 16 KiB. */
export function copyBytes(x: usize, out: usize, bytes: usize, start: i32, end: i32, scratch: usize): void {
  const from = <usize>start * BLOCK;
  const to = min(bytes, <usize>end * BLOCK);
  memory.copy(out + from, x + from, to - from);
}

/** Address moved to the index that `item` stands for, over the first `axes` axes. */
// @ts-ignore: decorator
@inline
function locate(base: usize, item: i32, shape: usize, strides: usize, axes: i32): usize {
  let address = base;
  let rest = item;
  for (let axis = axes - 1; axis >= 0; axis--) {
    const size = load<i32>(shape + (<usize>axis << 2));
    const next = rest / size;
    address += <usize>(rest - next * size) * load<usize>(strides + (<usize>axis << 2));
    rest = next;
  }
  return address;
}

/** n elements that lie in reverse in x. */
// @ts-ignore: decorator
@inline
function reverse4(x: usize, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const v = v128.load(x - (<usize>i << 2) - 12);
    v128.store(out + (<usize>i << 2), v128.shuffle<i32>(v, v, 3, 2, 1, 0));
  }
  for (; i < n; i++) store<u32>(out + (<usize>i << 2), load<u32>(x - (<usize>i << 2)));
}

/** n times the element at x. */
// @ts-ignore: decorator
@inline
function repeat<T>(x: usize, out: usize, n: i32): void {
  const value = load<T>(x);
  const lanes = sizeof<T>() == 4 ? i32x4.splat(<i32>value) : i8x16.splat(<i8>value);
  const bytes = <usize>n * sizeof<T>();
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(out + at, lanes);
  for (; at < bytes; at += sizeof<T>()) store<T>(out + at, value);
}

// @ts-ignore: decorator
@inline
function strided<T>(x: usize, xStride: usize, out: usize, outStride: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const a = load<T>(x);
    const b = load<T>(x + xStride);
    const c = load<T>(x + 2 * xStride);
    const d = load<T>(x + 3 * xStride);
    store<T>(out, a);
    store<T>(out + outStride, b);
    store<T>(out + 2 * outStride, c);
    store<T>(out + 3 * outStride, d);
    x += xStride << 2;
    out += outStride << 2;
  }
  for (; i < n; i++) {
    store<T>(out, load<T>(x));
    x += xStride;
    out += outStride;
  }
}

/** Rows [start, end) of the walk over all axes but the last. */
// @ts-ignore: decorator
@inline
function copyRows<T>(
  x: usize, out: usize, rank: i32, shape: usize, outStrides: usize, xStrides: usize, start: i32, end: i32,
): void {
  const inner = <usize>(rank - 1) << 2;
  const n = load<i32>(shape + inner);
  const xStride = load<usize>(xStrides + inner);
  const outStride = load<usize>(outStrides + inner);
  const bytes = <usize>n * sizeof<T>();
  const contiguous = outStride == sizeof<T>();
  const runs = load<i32>(shape + inner - 4);
  const xStep = load<usize>(xStrides + inner - 4);
  const outStep = load<usize>(outStrides + inner - 4);
  let row = start;
  while (row < end) {
    const run = row / runs;
    const first = row - run * runs;
    let from = locate(x, run, shape, xStrides, rank - 2) + <usize>first * xStep;
    let to = locate(out, run, shape, outStrides, rank - 2) + <usize>first * outStep;
    const stop = min(end, row - first + runs);
    for (; row < stop; row++) {
      if (!contiguous) strided<T>(from, xStride, to, outStride, n);
      else if (xStride == sizeof<T>()) copyRow(to, from, bytes);
      else if (xStride == 0) repeat<T>(from, to, n);
      else if (sizeof<T>() == 4 && <i32>xStride == -4) reverse4(from, to, n);
      else strided<T>(from, xStride, to, sizeof<T>(), n);
      from += xStep;
      to += outStep;
    }
  }
}

/** Copies rows of 4-byte elements; rank is at least 2. */
export function copyRows4(
  x: usize, out: usize, rank: i32, shape: usize, outStrides: usize, xStrides: usize,
  start: i32, end: i32, scratch: usize,
): void {
  copyRows<u32>(x, out, rank, shape, outStrides, xStrides, start, end);
}

/** Copies rows of bytes. */
export function copyRows1(
  x: usize, out: usize, rank: i32, shape: usize, outStrides: usize, xStrides: usize,
  start: i32, end: i32, scratch: usize,
): void {
  copyRows<u8>(x, out, rank, shape, outStrides, xStrides, start, end);
}

/** Transposes a 4x4 tile: row i of x becomes column i of out. */
// @ts-ignore: decorator
@inline
function tile4(x: usize, xStep: usize, out: usize, outStep: usize): void {
  const a = v128.load(x);
  const b = v128.load(x + xStep);
  const c = v128.load(x + 2 * xStep);
  const d = v128.load(x + 3 * xStep);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(out + outStep, v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(out + 2 * outStep, v128.shuffle<i64>(ef, gh, 0, 2));
  v128.store(out + 3 * outStep, v128.shuffle<i64>(ef, gh, 1, 3));
}

/**
 * The last axis is contiguous in out, the one before it in x: tiles of that pair are transposed. An item is TILE rows
 * of out, for one index of the axes before.
 */
// @ts-ignore: decorator
@inline
function copyTiles<T>(
  x: usize, out: usize, rank: i32, shape: usize, outStrides: usize, xStrides: usize, start: i32, end: i32,
): void {
  const inner = <usize>(rank - 1) << 2;
  const columns = load<i32>(shape + inner);
  const rows = load<i32>(shape + inner - 4);
  const xStep = load<usize>(xStrides + inner);
  const outStep = load<usize>(outStrides + inner - 4);
  const blocks = (rows + TILE - 1) / TILE;
  for (let item = start; item < end; item++) {
    const matrix = item / blocks;
    const first = (item - matrix * blocks) * TILE;
    const last = min(rows, first + TILE);
    const from = locate(x, matrix, shape, xStrides, rank - 2);
    const to = locate(out, matrix, shape, outStrides, rank - 2);
    let column = 0;
    for (; column + 4 <= columns; column += 4) {
      const fromColumn = from + <usize>column * xStep;
      const toColumn = to + <usize>column * sizeof<T>();
      let row = first;
      if (sizeof<T>() == 4) {
        for (; row + 4 <= last; row += 4) {
          tile4(fromColumn + (<usize>row << 2), xStep, toColumn + <usize>row * outStep, outStep);
        }
      }
      for (; row < last; row++) {
        strided<T>(fromColumn + <usize>row * sizeof<T>(), xStep, toColumn + <usize>row * outStep, sizeof<T>(), 4);
      }
    }
    for (; column < columns; column++) {
      strided<T>(
        from + <usize>column * xStep + <usize>first * sizeof<T>(), sizeof<T>(),
        to + <usize>column * sizeof<T>() + <usize>first * outStep, outStep,
        last - first,
      );
    }
  }
}

/** Transposes 4-byte elements. */
export function copyTiles4(
  x: usize, out: usize, rank: i32, shape: usize, outStrides: usize, xStrides: usize,
  start: i32, end: i32, scratch: usize,
): void {
  copyTiles<u32>(x, out, rank, shape, outStrides, xStrides, start, end);
}

/** Transposes bytes. */
export function copyTiles1(
  x: usize, out: usize, rank: i32, shape: usize, outStrides: usize, xStrides: usize,
  start: i32, end: i32, scratch: usize,
): void {
  copyTiles<u8>(x, out, rank, shape, outStrides, xStrides, start, end);
}
