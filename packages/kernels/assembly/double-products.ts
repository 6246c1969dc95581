// The matrix product in float64: the right operand in panels of 4 columns, the left one as it lies, or packed if it is
// transposed. A block of the inner axis at a time: src/double-products.ts cuts it.
import { MR, multiply, NR, SPARE } from './tile-double';
export { combineRowsDouble, dotRowsDouble } from './matmul-small-double';

/** Rows of the left operand that share a panel of the right one while it is in the first cache. */
const ROWS: i32 = 48;
/** Rows in one item of gemmDouble: whole tiles. */
const ITEM: i32 = 12;
/** Panels packed side by side, so that rows are read in whole cache lines. */
const TOGETHER: i32 = 4;

/** `panels` panels from b[depth, n]; the last may be cut short after `columns` in all, and then holds zeros there. */
function packRows(b: usize, row: usize, panels: i32, columns: i32, depth: i32, to: usize): void {
  const panel = <usize>depth << 5;
  const whole = min(panels, columns / NR);
  for (let s = 0; s < depth; s++) {
    let at = to + (<usize>s << 5);
    let from = b;
    for (let p = 0; p < whole; p++) {
      v128.store(at, v128.load(from));
      v128.store(at, v128.load(from, 16), 16);
      from += 32;
      at += panel;
    }
    if (whole < panels) {
      for (let j = 0; j < NR; j++) {
        const exists = whole * NR + j < columns;
        store<f64>(at + (<usize>j << 3), exists ? load<f64>(from + (<usize>j << 3)) : 0);
      }
    }
    b += row;
  }
}

/** A panel from four rows of b[n, depth]; the last of `columns` rows stands in for those that are not there. */
function interleave(b: usize, row: usize, columns: i32, depth: i32, to: usize): void {
  const last = <usize>(columns - 1);
  let p0 = b, p1 = b + min<usize>(1, last) * row, p2 = b + min<usize>(2, last) * row, p3 = b + min<usize>(3, last) * row;
  let s = depth;
  for (; s >= 2; s -= 2) {
    const r0 = v128.load(p0), r1 = v128.load(p1), r2 = v128.load(p2), r3 = v128.load(p3);
    v128.store(to, v128.shuffle<f64>(r0, r1, 0, 2));
    v128.store(to, v128.shuffle<f64>(r2, r3, 0, 2), 16);
    v128.store(to, v128.shuffle<f64>(r0, r1, 1, 3), 32);
    v128.store(to, v128.shuffle<f64>(r2, r3, 1, 3), 48);
    p0 += 16; p1 += 16; p2 += 16; p3 += 16;
    to += 64;
  }
  if (s > 0) {
    store<f64>(to, load<f64>(p0));
    store<f64>(to, load<f64>(p1), 8);
    store<f64>(to, load<f64>(p2), 16);
    store<f64>(to, load<f64>(p3), 24);
  }
}

/** Packs panels [start, end) of b[depth, n], or of b[n, depth] if transposed; `bRow` is the elements between its rows. */
export function packRightDouble(
  b: usize, bRow: i32, bTransposed: i32, n: i32, depth: i32, to: usize, start: i32, end: i32, scratch: usize,
): void {
  const row = <usize>bRow << 3;
  const panel = <usize>depth << 5;
  if (bTransposed) {
    for (let p = start; p < end; p++) {
      interleave(b + <usize>(p * NR) * row, row, n - p * NR, depth, to + <usize>p * panel);
    }
    return;
  }
  for (let p = start; p < end; p += TOGETHER) {
    packRows(b + <usize>p * (NR << 3), row, min(TOGETHER, end - p), n - p * NR, depth, to + <usize>p * panel);
  }
}

/** Panels of MR values for every step from a[depth, rows]. In the last one, places without a row keep what they hold. */
function packLeft(a: usize, row: usize, rows: i32, depth: i32, to: usize): void {
  for (let i = 0; i < rows; i += MR) {
    let from = a + (<usize>i << 3);
    const height = min(MR, rows - i);
    for (let s = depth; s > 0; s--) {
      if (height == MR) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        if (MR == 6) v128.store(to, v128.load(from, 32), 32);
      } else for (let r: usize = 0; r < <usize>height << 3; r += 8) store<f64>(to + r, load<f64>(from + r));
      from += row;
      to += MR << 3;
    }
  }
}

/**
 * c[m, n] = (c +) a b over `depth` steps, with b in panels. Items are 12 rows. `aRow` and `cRow` are the elements between
 * rows as stored: a is [m, depth], or [depth, m] if transposed. Scratch: 192 bytes, and 48 rows of `depth` if so.
 */
export function gemmDouble(
  a: usize, aRow: i32, aTransposed: i32, b: usize, c: usize, cRow: i32, m: i32, n: i32, depth: i32, accumulate: i32,
  start: i32, end: i32, scratch: usize,
): void {
  const row = <usize>aRow << 3;
  const cBytes = <usize>cRow << 3;
  const packed = scratch + SPARE;
  const add = accumulate != 0;
  const last = min(end * ITEM, m);
  for (let i = start * ITEM; i < last; i += ROWS) {
    const rows = min(ROWS, last - i);
    const to = c + <usize>i * cBytes;
    if (aTransposed) {
      packLeft(a + (<usize>i << 3), row, rows, depth, packed);
      multiply(rows, n, depth, packed, <usize>depth * (MR << 3), 8, MR << 3, b, to, cBytes, add, scratch);
    } else {
      multiply(rows, n, depth, a + <usize>i * row, row * MR, row, 8, b, to, cBytes, add, scratch);
    }
  }
}
