/** Softmax kernels of the `wasm` device. */
import type { SoftmaxKernels } from '../table/softmax.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function softmaxKernels(runtime: WasmRuntime): SoftmaxKernels<WasmBuffer> {
  return {
    softmax: (...args) => runtime.fallback.softmax(...args),
    logSoftmax: (...args) => runtime.fallback.logSoftmax(...args),
    softmaxGrad: (...args) => runtime.fallback.softmaxGrad(...args),
    logSoftmaxGrad: (...args) => runtime.fallback.logSoftmaxGrad(...args),
  };
}
