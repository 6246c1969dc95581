/**
 * Matrix products in float64 with SIMD and threads: an extension, as few bundles need them. They go by packed panels, or as the
 * operands lie where there are few rows.
 */
import { matrixAt } from './batch.js';
import type { Buffer } from './device.js';
import type { KernelExtension } from './extension.js';
import { matmul } from './js/matmul.js';
import type { MatmulSizes } from './table/matmul.js';
import type { WasmBuffer } from './wasm/buffer.js';
import { binaries } from './wasm/doubles.gen.js';
import type { WasmRuntime } from './wasm/runtime.js';

/** A block of the right operand that is packed and used at a time: steps by columns, 2 MiB. `DEPTH` sets the order of summation. */
const DEPTH = 256;
const COLUMNS = 1024;
/** Rows in an item of `gemmDouble`, and those that it packs together: see assembly/double-products.ts. */
const ITEM = 12;
const ROWS = 48;
/** Bytes of the tile's spare room. */
const SPARE_BYTES = 192;
/** Up to this many rows, the right operand is read where it lies. */
const FLAT_ROWS = 16;
/** Columns in an item of `combineRowsDouble`. */
const COLUMNS_TOGETHER = 32;

type Flags = Pick<MatmulSizes, 'm' | 'n' | 'k' | 'transposeA' | 'transposeB'>;

/** A product with few rows, or with one column, without packing; false if it is none. */
function multiplyFlat(
  runtime: WasmRuntime,
  a: number,
  b: number,
  c: number,
  sizes: Flags,
  accumulate: number,
): boolean {
  const { m, n, k, transposeA, transposeB } = sizes;
  if (n === 1 && m > 1) {
    // The same numbers, read as b^T [1, k] times a^T [k, m].
    const turned = { m: 1, n: m, k, transposeA: false, transposeB: !transposeA };
    return multiplyFlat(runtime, b, a, c, turned, accumulate);
  }
  if (m > FLAT_ROWS || (transposeA && transposeB && m > 1)) return false;
  if (transposeB) runtime.parallel('doubleProducts.dotRowsDouble', [a, b, c, m, n, k, accumulate], n, 2 * m * k);
  else {
    const args = [a, transposeA ? 1 : k, transposeA ? m : 1, b, c, m, n, k, accumulate];
    runtime.parallel(
      'doubleProducts.combineRowsDouble',
      args,
      Math.ceil(n / COLUMNS_TOGETHER),
      2 * COLUMNS_TOGETHER * m * k,
    );
  }
  return true;
}

/** Any product, block by block of the right operand. */
function multiplyPanels(runtime: WasmRuntime, a: number, b: number, c: number, sizes: Flags, accumulate: number): void {
  const { m, n, k, transposeA, transposeB } = sizes;
  // Blocks of one length, since short ones cost more.
  const part = Math.ceil(k / Math.ceil(k / DEPTH));
  runtime.withBlock(32 * part * Math.ceil(Math.min(n, COLUMNS) / 4), (packed) => {
    for (let j = 0; j < n; j += COLUMNS) {
      const columns = Math.min(COLUMNS, n - j);
      for (let s = 0; s < k; s += part) {
        const depth = Math.min(part, k - s);
        const right = b + 8 * (transposeB ? j * k + s : s * n + j);
        const rightArgs = [right, transposeB ? k : n, Number(transposeB), columns, depth, packed];
        runtime.parallel('doubleProducts.packRightDouble', rightArgs, Math.ceil(columns / 4), 8 * depth);
        const left = [a + 8 * (transposeA ? s * m : s), transposeA ? m : k, Number(transposeA)];
        const args = [...left, packed, c + 8 * j, n, m, columns, depth, s > 0 ? 1 : accumulate];
        const scratch = SPARE_BYTES + (transposeA ? 8 * ROWS * depth : 0);
        runtime.parallel('doubleProducts.gemmDouble', args, Math.ceil(m / ITEM), 2 * ITEM * columns * depth, scratch);
      }
    }
  });
}

/** All products of a batch, one after another. */
function multiply(runtime: WasmRuntime, a: WasmBuffer, b: WasmBuffer, out: WasmBuffer, sizes: MatmulSizes): void {
  const { m, n, k, batch, aStrides, bStrides } = sizes;
  if (k === 0 && !sizes.accumulate) runtime.view(out).fill(0);
  if (out.length === 0 || k === 0) return;
  const accumulate = sizes.accumulate ? 1 : 0;
  for (let index = 0; index < out.length / (m * n); index++) {
    const left = a.address + 8 * m * k * matrixAt(index, batch, aStrides);
    const right = b.address + 8 * k * n * matrixAt(index, batch, bStrides);
    const to = out.address + 8 * index * m * n;
    if (!multiplyFlat(runtime, left, right, to, sizes, accumulate)) {
      multiplyPanels(runtime, left, right, to, sizes, accumulate);
    }
  }
}

/** What the extension adds. */
export interface DoubleProducts {
  /** As `matmul` of the kernel table, of float64 buffers. */
  matmul(a: Buffer, b: Buffer, out: Buffer, sizes: MatmulSizes): void;
}

/** `device.extend(doubleProducts)` gives the product, and from then on the device's own `matmul` of float64 is this one. */
export const doubleProducts: KernelExtension<DoubleProducts> = {
  name: 'doubleProducts',
  js: matmul,
  wasm: {
    binary: binaries,
    float64: ['matmul'],
    kernels(runtime) {
      const product = (a: WasmBuffer, b: WasmBuffer, out: WasmBuffer, sizes: MatmulSizes): void =>
        multiply(runtime, a, b, out, sizes);
      runtime.doubleProduct = product;
      return { matmul: product };
    },
  },
  written: { matmul: [2] },
};
