// Copies matrices into panels: MR rows of the left operand, or 8 columns of the right one, interleaved step by step.
import { MR, NR } from './tile';

/** Interleaves two rows: to[s] = (p0[s], p1[s]), one pair every `step` bytes. */
function interleave2(p0: usize, p1: usize, count: i32, to: usize, step: usize): void {
  let s = count;
  for (; s >= 4; s -= 4) {
    const r0 = v128.load(p0), r1 = v128.load(p1);
    const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    v128.store64_lane(to, low, 0); to += step;
    v128.store64_lane(to, low, 1); to += step;
    v128.store64_lane(to, high, 0); to += step;
    v128.store64_lane(to, high, 1); to += step;
    p0 += 16; p1 += 16;
  }
  for (; s > 0; s--) {
    store<f32>(to, load<f32>(p0));
    store<f32>(to, load<f32>(p1), 4);
    p0 += 4; p1 += 4;
    to += step;
  }
}

/** Interleaves four rows of `count` values: to[s] = (p0[s], p1[s], p2[s], p3[s]), one such group every `step` bytes. */
// @ts-ignore: decorator
@inline
function interleave4(p0: usize, p1: usize, p2: usize, p3: usize, count: i32, to: usize, step: usize): void {
  let s = count;
  for (; s >= 4; s -= 4) {
    const r0 = v128.load(p0), r1 = v128.load(p1), r2 = v128.load(p2), r3 = v128.load(p3);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
    v128.store(to + step, v128.shuffle<f64>(low01, low23, 1, 3));
    v128.store(to + 2 * step, v128.shuffle<f64>(high01, high23, 0, 2));
    v128.store(to + 3 * step, v128.shuffle<f64>(high01, high23, 1, 3));
    p0 += 16; p1 += 16; p2 += 16; p3 += 16;
    to += 4 * step;
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

// The step as a constant, so that stores carry it as an offset.
function interleaveLeft(p0: usize, p1: usize, p2: usize, p3: usize, count: i32, to: usize): void {
  interleave4(p0, p1, p2, p3, count, to, MR << 2);
}

function interleaveRight(p0: usize, p1: usize, p2: usize, p3: usize, count: i32, to: usize): void {
  interleave4(p0, p1, p2, p3, count, to, NR << 2);
}

/** Interleaves MR rows into a panel of the left operand. With MR = 4 the last two are not used. */
// @ts-ignore: decorator
@inline
export function interleavePanel(
  p0: usize, p1: usize, p2: usize, p3: usize, p4: usize, p5: usize, count: i32, to: usize,
): void {
  interleaveLeft(p0, p1, p2, p3, count, to);
  if (MR == 6) interleave2(p4, p5, count, to + 16, MR << 2);
}

/** A panel of the left operand from four (MR = 6: six) values that lie together in each of `count` rows. */
// @ts-ignore: decorator
@inline
function copyPanel(x: usize, row: usize, count: i32, to: usize): void {
  for (let s = count; s > 0; s--) {
    v128.store(to, v128.load(x));
    if (MR == 6) store<u64>(to, load<u64>(x, 16), 16);
    x += row;
    to += MR << 2;
  }
}

/** Copies `columns` values from each of `count` rows, `row` bytes apart, each followed by zeros up to `width`. */
export function copyPadded(x: usize, row: usize, columns: i32, width: i32, count: i32, to: usize): void {
  for (let s = count; s > 0; s--) {
    for (let j: i32 = 0; j < width; j++) {
      store<f32>(to + (<usize>j << 2), j < columns ? load<f32>(x + (<usize>j << 2)) : 0);
    }
    x += row;
    to += <usize>width << 2;
  }
}

/** Panels of MR rows from a[rows, depth], or from a[depth, rows] if `transposed`; `row` is the bytes between its rows. */
export function packLeft(a: usize, row: usize, transposed: bool, rows: i32, depth: i32, to: usize): void {
  for (let i = 0; i < rows; i += MR) {
    if (transposed) {
      const from = a + (<usize>i << 2);
      if (rows - i >= MR) copyPanel(from, row, depth, to);
      else copyPadded(from, row, rows - i, MR, depth, to);
    } else {
      // Beyond the edge the last row stands in: what comes of it is not used.
      const from = a + <usize>i * row;
      const last = <usize>(rows - 1 - i);
      interleavePanel(
        from, from + min<usize>(1, last) * row, from + min<usize>(2, last) * row, from + min<usize>(3, last) * row,
        from + min<usize>(4, last) * row, from + min<usize>(5, last) * row, depth, to,
      );
    }
    to += <usize>depth * (MR << 2);
  }
}

/** Four panels of 8 columns at once: rows are read in whole cache lines. */
function pack32(b: usize, row: usize, depth: i32, to: usize): void {
  const panel = <usize>depth << 5;
  for (let s = depth; s > 0; s--) {
    v128.store(to, v128.load(b)); v128.store(to, v128.load(b, 16), 16);
    let at = to + panel;
    v128.store(at, v128.load(b, 32)); v128.store(at, v128.load(b, 48), 16);
    at += panel;
    v128.store(at, v128.load(b, 64)); v128.store(at, v128.load(b, 80), 16);
    at += panel;
    v128.store(at, v128.load(b, 96)); v128.store(at, v128.load(b, 112), 16);
    b += row;
    to += 32;
  }
}

/** One panel of 8 columns. */
function pack8(b: usize, row: usize, depth: i32, to: usize): void {
  for (let s = depth; s > 0; s--) {
    v128.store(to, v128.load(b));
    v128.store(to, v128.load(b, 16), 16);
    b += row;
    to += 32;
  }
}

/** Panels of 8 columns from b[depth, columns], or from b[columns, depth] if `transposed`. */
export function packRight(b: usize, row: usize, transposed: bool, columns: i32, depth: i32, to: usize): void {
  const panel = <usize>depth << 5;
  let j = 0;
  if (transposed) {
    for (; j < columns; j += NR) {
      for (let r: i32 = 0; r < NR; r += 4) {
        const from = b + <usize>min(j + r, columns - 1) * row;
        const last = <usize>max(0, columns - 1 - j - r);
        interleaveRight(
          from, from + min<usize>(1, last) * row, from + min<usize>(2, last) * row, from + min<usize>(3, last) * row,
          depth, to + (<usize>r << 2),
        );
      }
      to += panel;
    }
    return;
  }
  for (; j + 4 * NR <= columns; j += 4 * NR) {
    pack32(b + (<usize>j << 2), row, depth, to);
    to += 4 * panel;
  }
  for (; j + NR <= columns; j += NR) {
    pack8(b + (<usize>j << 2), row, depth, to);
    to += panel;
  }
  if (j < columns) copyPadded(b + (<usize>j << 2), row, columns - j, NR, depth, to);
}
