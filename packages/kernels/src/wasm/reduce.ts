/** Reduce kernels of the `wasm` device. */
import type { ReduceKernels } from '../table/reduce.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function reduceKernels(runtime: WasmRuntime): ReduceKernels<WasmBuffer> {
  return {
    reduce: (...args) => runtime.fallback.reduce(...args),
    argReduce: (...args) => runtime.fallback.argReduce(...args),
    cumsum: (...args) => runtime.fallback.cumsum(...args),
  };
}
