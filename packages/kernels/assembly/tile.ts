// The register tile under every matrix product, convolution and attention: 4 (fused: 6) rows by 8 columns.
import { fma } from './simd';

/**
 * Rows of the tile: a panel of the left operand holds so many values for every step of the inner axis. V8 has 15 vector
 * registers to give: 6 rows need them all if multiply and add are one instruction, and spill if they are two.
 */
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
/** Columns of the tile: a panel of the right operand holds 8 values for every step. */
export const NR: i32 = 8;
/** Bytes that `multiply` needs for tiles that stand over the edge. */
export const SPARE: usize = 192;

/** Most steps of the inner axis that a tile sums before it touches the result. */
export const DEPTH: i32 = 512;

/** Steps to sum at a time: parts of one length, since short ones cost more. It sets the order of summation, by k alone. */
export function partLength(k: i32): i32 {
  const parts = (k + DEPTH - 1) / DEPTH;
  return (k + parts - 1) / parts;
}

/** Rows of the tile, for those who count the panels. */
export function tileRows(): i32 {
  return MR;
}

// @ts-ignore: decorator
@inline
function put(c: usize, left: v128, right: v128, add: bool): void {
  v128.store(c, add ? f32x4.add(v128.load(c), left) : left);
  v128.store(c, add ? f32x4.add(v128.load(c, 16), right) : right, 16);
}

/**
 * c[rows, 8] = (c +) sum over s of a[s, 0..3] b[s, 0..7], rows at most 4. `aStep` and `bStep` are the bytes from one step
 * to the next, `aRow` and `row` those from one row of a, or of c, to the next. Not unrolled: that costs registers. No
 * counter beside the addresses, and multiples of `aRow` instead of sums: decoding is as tight as multiply and add.
 */
function tile4(
  depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, c: usize, row: usize, add: bool,
  rows: i32,
): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  const a1 = aRow, a2 = <usize>2 * aRow, a3 = <usize>3 * aRow;
  const end = a + <usize>depth * aStep;
  while (a != end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01);
    x = v128.load_splat<f32>(a + a1);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11);
    x = v128.load_splat<f32>(a + a2);
    c20 = fma(x, b0, c20); c21 = fma(x, b1, c21);
    x = v128.load_splat<f32>(a + a3);
    c30 = fma(x, b0, c30); c31 = fma(x, b1, c31);
    a += aStep;
    b += bStep;
  }
  put(c, c00, c01, add);
  if (rows > 1) put(c + row, c10, c11, add);
  if (rows > 2) put(c + 2 * row, c20, c21, add);
  if (rows > 3) put(c + 3 * row, c30, c31, add);
}

/** The same for up to 6 rows. */
function tile6(
  depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, c: usize, row: usize, add: bool,
  rows: i32,
): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0), c41 = f32x4.splat(0), c50 = f32x4.splat(0), c51 = f32x4.splat(0);
  const a1 = aRow, a2 = <usize>2 * aRow, a3 = <usize>3 * aRow, a4 = <usize>4 * aRow, a5 = <usize>5 * aRow;
  const end = a + <usize>depth * aStep;
  while (a != end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01);
    x = v128.load_splat<f32>(a + a1);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11);
    x = v128.load_splat<f32>(a + a2);
    c20 = fma(x, b0, c20); c21 = fma(x, b1, c21);
    x = v128.load_splat<f32>(a + a3);
    c30 = fma(x, b0, c30); c31 = fma(x, b1, c31);
    x = v128.load_splat<f32>(a + a4);
    c40 = fma(x, b0, c40); c41 = fma(x, b1, c41);
    x = v128.load_splat<f32>(a + a5);
    c50 = fma(x, b0, c50); c51 = fma(x, b1, c51);
    a += aStep;
    b += bStep;
  }
  put(c, c00, c01, add); c += row;
  put(c, c10, c11, add); c += row;
  put(c, c20, c21, add); c += row;
  put(c, c30, c31, add); c += row;
  put(c, c40, c41, add);
  if (rows > 5) put(c + row, c50, c51, add);
}

// @ts-ignore: decorator
@inline
function tile(
  depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, c: usize, row: usize, add: bool,
  rows: i32,
): void {
  if (MR == 6 && rows > 4) tile6(depth, a, aRow, aStep, b, bStep, c, row, add, rows);
  else tile4(depth, a, aRow, aStep, b, bStep, c, row, add, rows);
}

/** The tile where only `columns` of c exist. */
function tileAtEdge(
  depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, c: usize, row: usize, add: bool,
  rows: i32, columns: i32, spare: usize,
): void {
  tile(depth, a, aRow, aStep, b, bStep, spare, 32, false, rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = c + (<usize>j << 2);
      const value = load<f32>(spare + (<usize>j << 2));
      store<f32>(at, add ? load<f32>(at) + value : value);
    }
    c += row;
    spare += 32;
  }
}

/**
 * c[rows, columns] = (c +) a b over `depth` steps, from panels: MR rows every `aPanel` bytes, 8 columns every `bPanel`
 * bytes. Within a panel of a, rows may be interleaved (`aRow` 4) or lie as they are (`aStep` 4). What panels hold beyond
 * the edge is read, and not used.
 */
export function multiply(
  rows: i32, columns: i32, depth: i32, a: usize, aPanel: usize, aRow: usize, aStep: usize, b: usize, bPanel: usize,
  bStep: usize, c: usize, row: usize, add: bool, spare: usize,
): void {
  for (let j = 0; j < columns; j += NR) {
    let left = a;
    let to = c + (<usize>j << 2);
    for (let i = 0; i < rows; i += MR) {
      const height = min(MR, rows - i);
      if (columns - j >= NR) tile(depth, left, aRow, aStep, b, bStep, to, row, add, height);
      else tileAtEdge(depth, left, aRow, aStep, b, bStep, to, row, add, height, columns - j, spare);
      left += aPanel;
      to += row * MR;
    }
    b += bPanel;
  }
}
