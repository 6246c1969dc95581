/** Indexing kernels of the `wasm` device. */
import type { IndexingKernels } from '../table/indexing.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function indexingKernels(runtime: WasmRuntime): IndexingKernels<WasmBuffer> {
  return {
    gather: (...args) => runtime.fallback.gather(...args),
    scatterAdd: (...args) => runtime.fallback.scatterAdd(...args),
    takeAlong: (...args) => runtime.fallback.takeAlong(...args),
    scatterAddAlong: (...args) => runtime.fallback.scatterAddAlong(...args),
    oneHot: (...args) => runtime.fallback.oneHot(...args),
  };
}
