/** Norm kernels of the `wasm` device. */
import type { NormKernels } from '../table/norm.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function normKernels(runtime: WasmRuntime): NormKernels<WasmBuffer> {
  return {
    layerNorm: (...args) => runtime.fallback.layerNorm(...args),
    layerNormGrad: (...args) => runtime.fallback.layerNormGrad(...args),
    batchNorm: (...args) => runtime.fallback.batchNorm(...args),
    batchNormGrad: (...args) => runtime.fallback.batchNormGrad(...args),
  };
}
