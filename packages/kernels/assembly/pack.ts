// Copies matrices into panels: 4 rows of the left operand, or 8 columns of the right one, interleaved step by step.
import { MR, NR } from './tile';

/**
 * Interleaves four rows of `count` values: to[s] = (p0[s], p1[s], p2[s], p3[s]), each group of four `step` bytes after
 * the last one. Rows that do not exist may be any others.
 */
export function interleave4(p0: usize, p1: usize, p2: usize, p3: usize, count: i32, to: usize, step: usize): void {
  let s = count;
  for (; s >= 4; s -= 4) {
    const r0 = v128.load(p0), r1 = v128.load(p1), r2 = v128.load(p2), r3 = v128.load(p3);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2)); to += step;
    v128.store(to, v128.shuffle<f64>(low01, low23, 1, 3)); to += step;
    v128.store(to, v128.shuffle<f64>(high01, high23, 0, 2)); to += step;
    v128.store(to, v128.shuffle<f64>(high01, high23, 1, 3)); to += step;
    p0 += 16; p1 += 16; p2 += 16; p3 += 16;
  }
  for (; s > 0; s--) {
    store<f32>(to, load<f32>(p0));
    store<f32>(to, load<f32>(p1), 4);
    store<f32>(to, load<f32>(p2), 8);
    store<f32>(to, load<f32>(p3), 12);
    p0 += 4; p1 += 4; p2 += 4; p3 += 4;
    to += step;
  }
}

/** Interleaves `width` (4 or 8) of the `rows` rows at `x`, which lie `row` bytes apart; the last one stands in for missing ones. */
// @ts-ignore: decorator
@inline
function interleaveRows(x: usize, row: usize, rows: i32, width: i32, count: i32, to: usize): void {
  const last = <usize>(rows - 1);
  for (let r: i32 = 0; r < width; r += 4) {
    const p0 = x + min<usize>(r, last) * row, p1 = x + min<usize>(r + 1, last) * row;
    const p2 = x + min<usize>(r + 2, last) * row, p3 = x + min<usize>(r + 3, last) * row;
    interleave4(p0, p1, p2, p3, count, to + (<usize>r << 2), <usize>width << 2);
  }
}

/** Copies `count` short rows of `columns` of `width` (4 or 8) values, zeros behind them, `row` bytes apart at `x`. */
// @ts-ignore: decorator
@inline
function copyRows(x: usize, row: usize, columns: i32, width: i32, count: i32, to: usize): void {
  if (columns >= width) {
    for (let s = count; s > 0; s--) {
      v128.store(to, v128.load(x));
      if (width == 8) v128.store(to, v128.load(x, 16), 16);
      x += row;
      to += <usize>width << 2;
    }
    return;
  }
  for (let s = count; s > 0; s--) {
    for (let j: i32 = 0; j < width; j++) {
      store<f32>(to + (<usize>j << 2), j < columns ? load<f32>(x + (<usize>j << 2)) : 0);
    }
    x += row;
    to += <usize>width << 2;
  }
}

/** Panels of 4 rows from a[rows, depth], or from a[depth, rows] if `transposed`; `row` is the bytes between its rows. */
export function packLeft(a: usize, row: usize, transposed: bool, rows: i32, depth: i32, to: usize): void {
  for (let i = 0; i < rows; i += MR) {
    if (transposed) copyRows(a + (<usize>i << 2), row, rows - i, MR, depth, to);
    else interleaveRows(a + <usize>i * row, row, rows - i, MR, depth, to);
    to += <usize>depth << 4;
  }
}

/** Panels of 8 columns from b[depth, columns], or from b[columns, depth] if `transposed`. */
export function packRight(b: usize, row: usize, transposed: bool, columns: i32, depth: i32, to: usize): void {
  for (let j = 0; j < columns; j += NR) {
    if (transposed) interleaveRows(b + <usize>j * row, row, columns - j, NR, depth, to);
    else copyRows(b + (<usize>j << 2), row, columns - j, NR, depth, to);
    to += <usize>depth << 5;
  }
}
