/** Sorting kernels of the `wasm` device. */
import type { SortingKernels } from '../table/sorting.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function sortingKernels(runtime: WasmRuntime): SortingKernels<WasmBuffer> {
  return {
    topk: (...args) => runtime.fallback.topk(...args),
    sort: (...args) => runtime.fallback.sort(...args),
  };
}
