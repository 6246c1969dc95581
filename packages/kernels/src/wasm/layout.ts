/** Layout kernels of the `wasm` device. */
import type { LayoutKernels } from '../table/layout.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function layoutKernels(runtime: WasmRuntime): LayoutKernels<WasmBuffer> {
  return {
    copy: (...args) => runtime.fallback.copy(...args),
  };
}
