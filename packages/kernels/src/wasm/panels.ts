/** Matrix products by packed panels: what large products, and convolutions without overlap, come down to. */
import { countMatrices } from '../batch.js';
import type { WasmRuntime } from './runtime.js';

/** Bytes of the tile's spare room and of a packed block of the left operand: see assembly/tile.ts and matmul.ts. */
const LEFT_BYTES = 192 + 48 * 512 * 4;
/** A packed right operand of more bytes than this is made and used in slices of columns. */
const SLICE_BYTES = 32 * 2 ** 20;
/** With fewer rows than this a slice must stay in the second cache from packing to use; with more, it does not matter. */
const MANY_ROWS = 256;
const CACHED_SLICE_BYTES = 2 ** 19;

/** c = a b for each index of a batch: addresses in bytes, rows and distances of matrices in elements, flags as 0 or 1. */
export interface Product {
  readonly a: number;
  readonly aRow: number;
  /** a is stored as [k, m]. */
  readonly aTransposed: number;
  readonly aMatrix: number;
  readonly b: number;
  readonly bRow: number;
  /** b is stored as [n, k]. */
  readonly bTransposed: number;
  readonly bMatrix: number;
  readonly c: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly accumulate: number;
  readonly batch: readonly number[];
  readonly aStrides: readonly number[];
  readonly bStrides: readonly number[];
}

/** Packs the right operands' columns [from, from + columns) into `to`, on all threads. */
function packRights(runtime: WasmRuntime, p: Product, from: number, columns: number, to: number): void {
  const b = p.b + 4 * from * (p.bTransposed ? p.bRow : 1);
  const panels = Math.ceil(columns / 8) * countMatrices(p.batch, p.bStrides);
  runtime.parallel('packRights', [b, p.bRow, p.bTransposed, p.bMatrix, columns, p.k, to], panels, p.k * 8);
}

/** Multiplies columns [from, from + columns); `packed` is 0 if threads pack what they need. */
function multiplySlice(
  runtime: WasmRuntime,
  p: Product,
  count: number,
  from: number,
  columns: number,
  packed: number,
): void {
  const [lists = 0] = runtime.parameters([...p.batch, ...p.aStrides, ...p.bStrides]);
  const b = p.b + 4 * from * (p.bTransposed ? p.bRow : 1);
  // biome-ignore format: a table
  const args = [
    p.a, p.aRow, p.aTransposed, p.aMatrix,
    b, p.bRow, p.bTransposed, p.bMatrix,
    p.c + 4 * from, p.n, p.m * p.n, p.m, columns, p.k, p.accumulate,
    p.batch.length, lists, packed,
  ];
  const scratch = LEFT_BYTES + (packed === 0 ? Math.ceil(columns / 8) * 32 * p.k : 0);
  runtime.parallel('gemm', args, count * Math.ceil(p.m / runtime.call('tileRows')), 4 * columns * p.k, scratch);
}

/** Multiplies by packed panels, whatever the shape; k must not be 0. */
export function multiplyByPanels(runtime: WasmRuntime, p: Product): void {
  let count = 1;
  for (const size of p.batch) count *= size;
  const rights = countMatrices(p.batch, p.bStrides);
  // With many matrices, each used once, a thread packs its own: they stay in its cache.
  const own = runtime.threads === 1 || (rights === count && count >= 8 * runtime.threads);
  const sliceBytes = p.m >= MANY_ROWS ? SLICE_BYTES : CACHED_SLICE_BYTES * runtime.threads * runtime.threads;
  const slice = Math.max(8, Math.floor(sliceBytes / (32 * p.k * (own ? 1 : rights))) * 8);
  for (let from = 0; from < p.n; from += slice) {
    const columns = Math.min(slice, p.n - from);
    if (own) multiplySlice(runtime, p, count, from, columns, 0);
    else {
      runtime.withBlock(rights * Math.ceil(columns / 8) * 32 * p.k, (packed) => {
        packRights(runtime, p, from, columns, packed);
        multiplySlice(runtime, p, count, from, columns, packed);
      });
    }
  }
}
