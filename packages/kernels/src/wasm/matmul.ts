/** Matmul kernels of the `wasm` device: chooses the form of a product, packs, and shares the work. */
import { matrixAt } from '../batch.js';
import type { MatmulKernels, MatmulSizes } from '../table/matmul.js';
import type { WasmBuffer } from './buffer.js';
import { multiplyByPanels, type Product } from './panels.js';
import type { WasmRuntime } from './runtime.js';

/** Products of at most this many multiply-adds a matrix are done in place. */
const SMALL = 4096;
/** Longer inner axes are cut into parts of this length, summed in float64: for accuracy, and to share them. */
const PART = 16384;
/** Up to this many rows, the right operand is read where it lies. */
const FLAT_ROWS = 16;
/** Columns that such a product sums at a time: see assembly/matmul-flat.ts. */
const FLAT_COLUMNS = 1024;
const NO_AXES: readonly number[] = [];

/** All matrices of a batch, each so small that anything but multiplying costs more than the product. */
function multiplySmall(
  runtime: WasmRuntime,
  a: number,
  b: number,
  c: number,
  sizes: MatmulSizes,
  count: number,
  accumulate: number,
): void {
  const { m, n, k, batch } = sizes;
  const [lists = 0] = batch.length > 0 ? runtime.parameters([...batch, ...sizes.aStrides, ...sizes.bStrides]) : NO_AXES;
  const transposeA = sizes.transposeA ? 1 : 0;
  const transposeB = sizes.transposeB ? 1 : 0;
  if (count === 1) {
    // Straight to the export: at this size the bookkeeping of threads would take longer than the product.
    runtime.call('gemmSmall', a, transposeA, b, transposeB, c, m, n, k, accumulate, 0, 0, 0, 1, 0);
    return;
  }
  const args = [a, transposeA, b, transposeB, c, m, n, k, accumulate, batch.length, lists];
  runtime.parallel('gemmSmall', args, count, m * n * k + 8 * batch.length);
}

/** Few rows against a right operand as it lies: out[m, n] = left[m, k] right[k, n]. */
function multiplyFlat(runtime: WasmRuntime, p: Product): void {
  const [aRow, aStep] = p.aTransposed ? [1, p.aRow] : [p.aRow, 1];
  const args = [p.a, aRow, aStep, p.b, p.c, p.m, p.n, p.k, p.accumulate];
  runtime.parallel('gemmFlat', args, Math.ceil(p.n / 32), 32 * p.m * p.k, p.m * FLAT_COLUMNS * 4);
}

/** A product with a vector on one side; false if there is none. */
function multiplyVector(runtime: WasmRuntime, p: Product): boolean {
  if (p.n === 1 && p.aTransposed === 0) {
    runtime.parallel('timesVector', [p.a, p.b, p.c, p.k, p.accumulate], p.m, p.k);
  } else if (p.m === 1 && p.bTransposed === 1) {
    runtime.parallel('timesVector', [p.b, p.a, p.c, p.k, p.accumulate], p.n, p.k);
  } else if (p.n === 1 && p.k <= PART) {
    // The same numbers, read as b^T [1, k] times a^T [k, m].
    multiplyFlat(runtime, { ...p, a: p.b, aRow: p.k, aTransposed: 0, b: p.a, m: 1, n: p.m });
  } else return false;
  return true;
}

/** Cuts the inner axis into parts, which become the batch, and sums their products in order. */
function multiplyParts(runtime: WasmRuntime, p: Product): void {
  const size = p.m * p.n;
  const parts = Math.ceil(p.k / PART);
  const aMatrix = PART * (p.aTransposed ? p.aRow : 1);
  const bMatrix = PART * (p.bTransposed ? 1 : p.bRow);
  runtime.withBlock(4 * parts * size, (partials) => {
    const batch = [parts - 1];
    const whole = { ...p, aMatrix, bMatrix, c: partials, k: PART, accumulate: 0, batch, aStrides: [1], bStrides: [1] };
    multiplyByPanels(runtime, whole);
    multiplyByPanels(runtime, {
      ...whole,
      a: p.a + 4 * (parts - 1) * aMatrix,
      b: p.b + 4 * (parts - 1) * bMatrix,
      c: partials + 4 * (parts - 1) * size,
      k: p.k - (parts - 1) * PART,
      batch: [1],
    });
    runtime.parallel('sumPartials', [partials, parts, size, p.c, p.accumulate], size, parts);
  });
}

/** One product, not tiny. */
function multiplyOne(runtime: WasmRuntime, p: Product): void {
  if (multiplyVector(runtime, p)) return;
  if (p.k > PART) multiplyParts(runtime, p);
  else if (p.m <= FLAT_ROWS && p.n >= 8 && p.bTransposed === 0) multiplyFlat(runtime, p);
  else multiplyByPanels(runtime, p);
}

/** Whether the left operands of the batch lie one below the other and share one right operand: one tall product. */
function isTall({ batch, aStrides, bStrides, transposeA }: MatmulSizes): boolean {
  if (transposeA) return false;
  let stride = 1;
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    const size = batch[axis]!;
    if (size !== 1 && (aStrides[axis] !== stride || bStrides[axis] !== 0)) return false;
    stride *= size;
  }
  return true;
}

function multiplyLarge(
  runtime: WasmRuntime,
  a: number,
  b: number,
  c: number,
  sizes: MatmulSizes,
  count: number,
  accumulate: number,
): void {
  const { m, n, k, batch, aStrides, bStrides } = sizes;
  const tall = isTall(sizes);
  const p: Product = {
    a,
    aRow: sizes.transposeA ? m : k,
    aTransposed: sizes.transposeA ? 1 : 0,
    aMatrix: m * k,
    b,
    bRow: sizes.transposeB ? k : n,
    bTransposed: sizes.transposeB ? 1 : 0,
    bMatrix: k * n,
    c,
    m: tall ? m * count : m,
    n,
    k,
    accumulate,
    batch: tall ? [1] : batch,
    aStrides: tall ? [0] : aStrides,
    bStrides: tall ? [0] : bStrides,
  };
  if (tall) {
    multiplyOne(runtime, p);
    return;
  }
  if (count > 1 && m > 1 && n > 1 && k <= PART) {
    multiplyByPanels(runtime, p);
    return;
  }
  for (let index = 0; index < count; index++) {
    multiplyOne(runtime, {
      ...p,
      a: a + 4 * p.aMatrix * matrixAt(index, batch, aStrides),
      b: b + 4 * p.bMatrix * matrixAt(index, batch, bStrides),
      c: c + 4 * index * m * n,
      batch: [1],
      aStrides: [0],
      bStrides: [0],
    });
  }
}

/** The family over one runtime. */
export function matmulKernels(runtime: WasmRuntime): MatmulKernels<WasmBuffer> {
  return {
    matmul(a, b, out, sizes) {
      if (out.dtype !== 'float32') return (runtime.doubleProduct ?? runtime.fallback.matmul)(a, b, out, sizes);
      const { m, n, k } = sizes;
      if (k === 0 && !sizes.accumulate) runtime.view(out).fill(0);
      if (out.length === 0 || k === 0) return;
      let count = 1;
      for (const size of sizes.batch) count *= size;
      const accumulate = sizes.accumulate ? 1 : 0;
      if (m * n * k <= SMALL) multiplySmall(runtime, a.address, b.address, out.address, sizes, count, accumulate);
      else multiplyLarge(runtime, a.address, b.address, out.address, sizes, count, accumulate);
    },
  };
}
