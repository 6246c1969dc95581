/** Attention kernels of the `wasm` device. */
import type { AttentionKernels } from '../table/attention.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function attentionKernels(runtime: WasmRuntime): AttentionKernels<WasmBuffer> {
  return {
    attention: (...args) => runtime.fallback.attention(...args),
    attentionGrad: (...args) => runtime.fallback.attentionGrad(...args),
  };
}
