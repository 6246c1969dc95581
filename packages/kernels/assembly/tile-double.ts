// The register tile under products in float64: 4 rows by 4 columns, as that of ./tile is for float32.

/** Rows of the tile. */
export const MR: i32 = 4;
/** Columns of the tile: a panel of the right operand holds 4 values for every step. */
export const NR: i32 = 4;
/** Bytes that `multiply` needs for tiles that stand over the edge. */
export const SPARE: usize = 192;

/** a * b + acc, two roundings. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, acc: v128): v128 {
  return f64x2.add(acc, f64x2.mul(a, b));
}

// @ts-ignore: decorator
@inline
function put(c: usize, left: v128, right: v128, add: bool): void {
  v128.store(c, add ? f64x2.add(v128.load(c), left) : left);
  v128.store(c, add ? f64x2.add(v128.load(c, 16), right) : right, 16);
}

/**
 * c[rows, 4] = (c +) sum over s of a[s, 0..3] b[s, 0..3], rows at most 4, those of a at a, a + a1, a + a2, a + a3. `aStep`
 * and `bStep` are the bytes from one step to the next, `row` those from one row of c to the next.
 */
// @ts-ignore: decorator
@inline
function sum4(
  depth: i32, a: usize, a1: usize, a2: usize, a3: usize, aStep: usize, b: usize, bStep: usize, c: usize, row: usize,
  add: bool, rows: i32,
): void {
  let c00 = f64x2.splat(0), c01 = f64x2.splat(0), c10 = f64x2.splat(0), c11 = f64x2.splat(0);
  let c20 = f64x2.splat(0), c21 = f64x2.splat(0), c30 = f64x2.splat(0), c31 = f64x2.splat(0);
  const end = a + <usize>depth * aStep;
  while (a != end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<f64>(a);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01);
    x = v128.load_splat<f64>(a + a1);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11);
    x = v128.load_splat<f64>(a + a2);
    c20 = fma(x, b0, c20); c21 = fma(x, b1, c21);
    x = v128.load_splat<f64>(a + a3);
    c30 = fma(x, b0, c30); c31 = fma(x, b1, c31);
    a += aStep;
    b += bStep;
  }
  put(c, c00, c01, add);
  if (rows > 1) put(c + row, c10, c11, add);
  if (rows > 2) put(c + 2 * row, c20, c21, add);
  if (rows > 3) put(c + 3 * row, c30, c31, add);
}

/** The tile of 4 rows, `aRow` bytes apart. */
function tile4(
  depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, c: usize, row: usize, add: bool,
): void {
  sum4(depth, a, aRow, 2 * aRow, 3 * aRow, aStep, b, bStep, c, row, add, 4);
}

/** The tile of 1 to 3 rows: the last one stands in for those that are not there. Choosing costs registers. */
function tile3(
  depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, c: usize, row: usize, add: bool, rows: i32,
): void {
  const a1 = rows > 1 ? aRow : 0, a2 = rows > 2 ? <usize>2 * aRow : a1;
  sum4(depth, a, a1, a2, a2, aStep, b, bStep, c, row, add, rows);
}

/** The tile for up to MR rows. */
// @ts-ignore: decorator
@inline
export function tile(
  depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, c: usize, row: usize, add: bool, rows: i32,
): void {
  if (rows < 4) tile3(depth, a, aRow, aStep, b, bStep, c, row, add, rows);
  else tile4(depth, a, aRow, aStep, b, bStep, c, row, add);
}

/** The tile where only `columns` of c exist. */
function tileAtEdge(
  depth: i32, a: usize, aRow: usize, aStep: usize, b: usize, c: usize, row: usize, add: bool, rows: i32,
  columns: i32, spare: usize,
): void {
  tile(depth, a, aRow, aStep, b, NR << 3, spare, NR << 3, false, rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = c + (<usize>j << 3);
      const value = load<f64>(spare + (<usize>j << 3));
      store<f64>(at, add ? load<f64>(at) + value : value);
    }
    c += row;
    spare += NR << 3;
  }
}

/**
 * c[rows, columns] = (c +) a b over `depth` steps, with b in panels and MR rows of a every `aPanel` bytes. What panels
 * of b hold beyond the edge is read, and not used.
 */
export function multiply(
  rows: i32, columns: i32, depth: i32, a: usize, aPanel: usize, aRow: usize, aStep: usize, b: usize, c: usize,
  row: usize, add: bool, spare: usize,
): void {
  for (let j = 0; j < columns; j += NR) {
    let left = a;
    let to = c + (<usize>j << 3);
    for (let i = 0; i < rows; i += MR) {
      const height = min(MR, rows - i);
      if (columns - j >= NR) tile(depth, left, aRow, aStep, b, NR << 3, to, row, add, height);
      else tileAtEdge(depth, left, aRow, aStep, b, to, row, add, height, columns - j, spare);
      left += aPanel;
      to += row * MR;
    }
    b += <usize>depth * (NR << 3);
  }
}
