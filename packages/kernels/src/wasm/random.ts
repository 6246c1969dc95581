/** Random kernels of the `wasm` device. */
import type { RandomKernels } from '../table/random.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function randomKernels(runtime: WasmRuntime): RandomKernels<WasmBuffer> {
  return {
    random: (...args) => runtime.fallback.random(...args),
  };
}
