// The batched matrix product: the right operand in panels of 8 columns, the left one as it lies.
import { matrixAt } from './batch';
import { packLeft, packRight } from './pack';
import { DEPTH, MR, multiply, NR, partLength, SPARE } from './tile';
export * from './matmul-flat';
export { tileRows } from './tile';

/** Rows of the left operand that share a panel of the right one while it is in the first cache. */
const ROWS: i32 = 48;

/** Packs panels [start, end) of all right operands; a matrix has `n` columns, and one follows the other in `to`. */
export function packRights(
  b: usize, bRow: i32, bTransposed: i32, bMatrix: i32, n: i32, k: i32, to: usize, start: i32, end: i32, scratch: usize,
): void {
  const panels = (n + NR - 1) / NR;
  const row = <usize>bRow << 2;
  for (let item = start; item < end; ) {
    const matrix = item / panels;
    const first = item - matrix * panels;
    const count = min(panels - first, end - item);
    const column = <usize>(first * NR);
    const from = b + (<usize>matrix * <usize>bMatrix << 2) + column * (bTransposed ? row : 4);
    packRight(from, row, bTransposed != 0, min(count * NR, n - first * NR), k, to + <usize>item * (<usize>k << 5));
    item += count;
  }
}

/** c[rows, columns] = (c +) a b with b in panels. */
export function product(
  a: usize, aRow: usize, aTransposed: bool, b: usize, c: usize, row: usize, rows: i32, columns: i32, k: i32,
  accumulate: bool, scratch: usize,
): void {
  const packed = scratch + SPARE;
  const part = partLength(k);
  for (let k0 = 0; k0 < k; k0 += part) {
    const depth = min(part, k - k0);
    const right = b + (<usize>k0 << 5);
    const add = accumulate || k0 > 0;
    for (let i = 0; i < rows; i += ROWS) {
      const block = min(ROWS, rows - i);
      const from = aTransposed ? a + <usize>k0 * aRow + (<usize>i << 2) : a + <usize>i * aRow + (<usize>k0 << 2);
      const to = c + <usize>i * row;
      // Rows are read where they lie. Packed are columns, and rows of a tile over the edge: below them may be no memory.
      const whole = aTransposed ? 0 : block - block % MR;
      if (whole > 0) {
        multiply(
          whole, columns, depth, from, aRow * MR, aRow, 4, right, <usize>k << 5, 32, to, row, add, scratch,
        );
      }
      if (whole == block) continue;
      packLeft(from + <usize>whole * aRow, aRow, aTransposed, block - whole, depth, packed);
      multiply(
        block - whole, columns, depth, packed, <usize>depth * (MR << 2), 4, MR << 2, right, <usize>k << 5, 32,
        to + <usize>whole * row, row, add, scratch,
      );
    }
  }
}

/**
 * The products of a batch, shared by panels of MR rows: item i is panel i % panels of matrix i / panels. `aRow`, `bRow`
 * and `cRow` are the elements between rows as stored, `aMatrix` to `cMatrix` between matrices; `batch` holds the batch's
 * axes, strides of a, strides of b. The right operands are packed at `packed`; if that is 0, they are packed into
 * scratch as they come, behind the block of the left operand.
 */
export function gemm(
  a: usize, aRow: i32, aTransposed: i32, aMatrix: i32, b: usize, bRow: i32, bTransposed: i32, bMatrix: i32,
  c: usize, cRow: i32, cMatrix: i32, m: i32, n: i32, k: i32, accumulate: i32, rank: i32, batch: usize, packed: usize,
  start: i32, end: i32, scratch: usize,
): void {
  const panels = (m + MR - 1) / MR;
  const panelBytes = <usize>k << 5;
  const own = scratch + SPARE + <usize>(ROWS * DEPTH * 4);
  let inOwn = -1;
  for (let item = start; item < end; ) {
    const matrix = item / panels;
    const first = item - matrix * panels;
    const count = min(panels - first, end - item);
    const right = matrixAt(matrix, rank, batch, 2);
    let panel = own;
    if (packed) panel = packed + <usize>right * (<usize>((n + NR - 1) / NR) * panelBytes);
    else if (inOwn != right) {
      packRight(b + (<usize>right * <usize>bMatrix << 2), <usize>bRow << 2, bTransposed != 0, n, k, own);
      inOwn = right;
    }
    const row = first * MR;
    const left = a + (<usize>matrixAt(matrix, rank, batch, 1) * <usize>aMatrix << 2);
    product(
      left + (aTransposed ? <usize>row << 2 : <usize>row * (<usize>aRow << 2)), <usize>aRow << 2, aTransposed != 0,
      panel, c + ((<usize>matrix * <usize>cMatrix + <usize>row * <usize>cRow) << 2), <usize>cRow << 2,
      min(count * MR, m - row), n, k, accumulate != 0, scratch,
    );
    item += count;
  }
}

/** out[i] = (out[i] +) the sum over p of partials[p, i], in float64 and in the order of p. */
export function sumPartials(
  partials: usize, count: i32, size: i32, out: usize, accumulate: i32, start: i32, end: i32, scratch: usize,
): void {
  for (let i = start; i < end; i++) {
    const at = out + (<usize>i << 2);
    let sum: f64 = accumulate ? load<f32>(at) : 0;
    let from = partials + (<usize>i << 2);
    for (let p = count; p > 0; p--) {
      sum += load<f32>(from);
      from += <usize>size << 2;
    }
    store<f32>(at, <f32>sum);
  }
}
