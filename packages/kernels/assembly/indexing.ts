// Gather, scatter and one-hot. Indices have been checked by firstOutside before any other kernel here runs.
import { copyRow } from './copy-row';

/** Columns of one item of a scatter: a cache line, so that no two threads write to the same one. */
const COLUMNS = 16;

/** Position of the first of `count` indices outside [0, size), or -1. */
export function firstOutside(indices: usize, count: i32, size: i32): i32 {
  const limit = i32x4.splat(size - 1); // compared without sign: negative indices are large
  let j = 0;
  if (size > 0) {
    for (; j + 4 <= count; j += 4) {
      if (v128.any_true(i32x4.gt_u(v128.load(indices + (<usize>j << 2)), limit))) break;
    }
  }
  for (; j < count; j++) {
    if (load<u32>(indices + (<usize>j << 2)) >= <u32>size) return j;
  }
  return -1;
}

/** Rows [start, end) of out [outer * count] with rows of `bytes` bytes: row (o, j) is row (o, indices[j]) of x. */
export function gatherRows(
  x: usize, indices: usize, out: usize, size: i32, count: i32, bytes: usize,
  start: i32, end: i32, scratch: usize,
): void {
  let row = start;
  while (row < end) {
    const o = row / count;
    const block = x + <usize>o * <usize>size * bytes;
    const firstIndex = indices - (<usize>o * <usize>count << 2);
    const stop = min(end, (o + 1) * count);
    let to = out + <usize>row * bytes;
    if (bytes == 4) {
      for (; row < stop; row++) {
        store<u32>(to, load<u32>(block + (load<usize>(firstIndex + (<usize>row << 2)) << 2)));
        to += 4;
      }
    } else {
      for (; row < stop; row++) {
        copyRow(to, block + load<usize>(firstIndex + (<usize>row << 2)) * bytes, bytes);
        to += bytes;
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function takeAlong<T>(
  x: usize, indices: usize, out: usize, size: i32, count: i32, inner: i32, start: i32, end: i32,
): void {
  for (let row = start; row < end; row++) {
    const block = x + <usize>(row / count) * <usize>size * <usize>inner * sizeof<T>();
    const first = <usize>row * <usize>inner;
    for (let i: usize = 0; i < <usize>inner; i++) {
      const from = load<usize>(indices + (first + i << 2)) * <usize>inner + i;
      store<T>(out + (first + i) * sizeof<T>(), load<T>(block + from * sizeof<T>()));
    }
  }
}

/** Rows [start, end) of out [outer * count, inner]: element i is element i of row (o, indices[row, i]) of x. */
export function takeAlong4(
  x: usize, indices: usize, out: usize, size: i32, count: i32, inner: i32,
  start: i32, end: i32, scratch: usize,
): void {
  takeAlong<u32>(x, indices, out, size, count, inner, start, end);
}

export function takeAlong1(
  x: usize, indices: usize, out: usize, size: i32, count: i32, inner: i32,
  start: i32, end: i32, scratch: usize,
): void {
  takeAlong<u8>(x, indices, out, size, count, inner, start, end);
}

// @ts-ignore: decorator
@inline
function addRow<T>(out: usize, x: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    const a = v128.load(out + at);
    const b = v128.load(x + at);
    v128.store(out + at, isFloat<T>() ? f32x4.add(a, b) : i32x4.add(a, b));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    store<T>(out + at, <T>(load<T>(out + at) + load<T>(x + at)));
  }
}

/**
 * Items [start, end) are (o, block of columns); each adds its columns of all updates in the order of j. Neighbouring
 * blocks of one o are done together.
 */
// @ts-ignore: decorator
@inline
function scatterAdd<T>(
  out: usize, indices: usize, updates: usize, size: i32, inner: i32, count: i32, along: bool, start: i32, end: i32,
): void {
  const blocks = (inner + COLUMNS - 1) / COLUMNS;
  const rowBytes = <usize>inner << 2;
  let item = start;
  while (item < end) {
    const o = item / blocks;
    const stop = min(end, (o + 1) * blocks);
    const column = (item - o * blocks) * COLUMNS;
    const columns = min(inner, (stop - o * blocks) * COLUMNS) - column;
    const to = out + <usize>o * <usize>size * rowBytes + (<usize>column << 2);
    const skipped = <usize>o * <usize>count * rowBytes + (<usize>column << 2);
    let from = updates + skipped;
    if (along) {
      let at = indices + skipped;
      for (let j = 0; j < count; j++) {
        for (let i: usize = 0; i < <usize>columns << 2; i += 4) {
          const cell = to + load<usize>(at + i) * rowBytes + i;
          store<T>(cell, <T>(load<T>(cell) + load<T>(from + i)));
        }
        at += rowBytes;
        from += rowBytes;
      }
    } else if (inner == 1) {
      for (let j = 0; j < count; j++) {
        const cell = to + (load<usize>(indices + (<usize>j << 2)) << 2);
        store<T>(cell, <T>(load<T>(cell) + load<T>(from + (<usize>j << 2))));
      }
    } else {
      for (let j = 0; j < count; j++) {
        addRow<T>(to + load<usize>(indices + (<usize>j << 2)) * rowBytes, from, columns);
        from += rowBytes;
      }
    }
    item = stop;
  }
}

export function scatterAddF32(
  out: usize, indices: usize, updates: usize, size: i32, inner: i32, count: i32,
  start: i32, end: i32, scratch: usize,
): void {
  scatterAdd<f32>(out, indices, updates, size, inner, count, false, start, end);
}

export function scatterAddI32(
  out: usize, indices: usize, updates: usize, size: i32, inner: i32, count: i32,
  start: i32, end: i32, scratch: usize,
): void {
  scatterAdd<i32>(out, indices, updates, size, inner, count, false, start, end);
}

export function scatterAddAlongF32(
  out: usize, indices: usize, updates: usize, size: i32, inner: i32, count: i32,
  start: i32, end: i32, scratch: usize,
): void {
  scatterAdd<f32>(out, indices, updates, size, inner, count, true, start, end);
}

export function scatterAddAlongI32(
  out: usize, indices: usize, updates: usize, size: i32, inner: i32, count: i32,
  start: i32, end: i32, scratch: usize,
): void {
  scatterAdd<i32>(out, indices, updates, size, inner, count, true, start, end);
}

/** Rows [start, end) of 4-byte elements: `off`, and `on` where the index points. Both are bit patterns. */
export function oneHot4(
  indices: usize, out: usize, depth: i32, on: i32, off: i32, start: i32, end: i32, scratch: usize,
): void {
  const lanes = i32x4.splat(off);
  const last = out + (<usize>end * <usize>depth << 2);
  let at = out + (<usize>start * <usize>depth << 2);
  for (; at + 16 <= last; at += 16) v128.store(at, lanes);
  for (; at < last; at += 4) store<i32>(at, off);
  for (let j = start; j < end; j++) {
    store<i32>(out + (<usize>j * <usize>depth + load<usize>(indices + (<usize>j << 2)) << 2), on);
  }
}

/** The same for bytes. */
export function oneHot1(
  indices: usize, out: usize, depth: i32, on: i32, off: i32, start: i32, end: i32, scratch: usize,
): void {
  memory.fill(out + <usize>start * <usize>depth, <u8>off, <usize>(end - start) * <usize>depth);
  for (let j = start; j < end; j++) {
    store<u8>(out + <usize>j * <usize>depth + load<usize>(indices + (<usize>j << 2)), <u8>on);
  }
}
