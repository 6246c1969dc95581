/** Top-k and sort of the `wasm` device: a heap where few are wanted, a radix sort otherwise. */
import type { SortingKernels } from '../table/sorting.js';
import type { WasmBuffer } from './buffer.js';
import type { WasmRuntime } from './runtime.js';

/** The heap is the faster way for at most so many, and at most this part of a row. */
const HEAP_UP_TO = 256;
const HEAP_PART = 1 / 16;

/** The family over one runtime. */
export function sortingKernels(runtime: WasmRuntime): SortingKernels<WasmBuffer> {
  function order(
    x: WasmBuffer,
    values: WasmBuffer,
    indices: WasmBuffer,
    rows: number,
    size: number,
    k: number,
    descending: boolean,
  ): void {
    if (k === 0) return;
    const args = [x.address, values.address, indices.address, size, k, descending ? -1 : 0];
    const float = x.dtype === 'float32';
    if (k <= HEAP_UP_TO && k <= size * HEAP_PART) {
      runtime.parallel(float ? 'topkF32' : 'topkI32', args, rows, size + 10 * k, 8 * k);
    } else {
      runtime.parallel(float ? 'sortF32' : 'sortI32', args, rows, 20 * size, 16 * (size + 2) + 8192);
    }
  }

  return {
    topk(x, values, indices, rows, size, k, largest) {
      if (x.dtype === 'float32' || x.dtype === 'int32') order(x, values, indices, rows, size, k, largest);
      else runtime.fallback.topk(x, values, indices, rows, size, k, largest);
    },
    sort(x, values, indices, rows, size, descending) {
      if (x.dtype === 'float32' || x.dtype === 'int32') order(x, values, indices, rows, size, size, descending);
      else runtime.fallback.sort(x, values, indices, rows, size, descending);
    },
  };
}
