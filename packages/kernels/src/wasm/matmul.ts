/** Matmul kernels of the `wasm` device. */
import type { MatmulKernels } from '../table/matmul.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function matmulKernels(runtime: WasmRuntime): MatmulKernels<WasmBuffer> {
  return {
    matmul: (...args) => runtime.fallback.matmul(...args),
  };
}
