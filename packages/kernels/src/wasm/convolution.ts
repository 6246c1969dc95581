/** Convolution kernels of the `wasm` device. */
import type { ConvolutionKernels } from '../table/convolution.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function convolutionKernels(runtime: WasmRuntime): ConvolutionKernels<WasmBuffer> {
  return {
    conv2d: (...args) => runtime.fallback.conv2d(...args),
    conv2dGradInput: (...args) => runtime.fallback.conv2dGradInput(...args),
    conv2dGradFilter: (...args) => runtime.fallback.conv2dGradFilter(...args),
    averagePool: (...args) => runtime.fallback.averagePool(...args),
    averagePoolGrad: (...args) => runtime.fallback.averagePoolGrad(...args),
    maxPool: (...args) => runtime.fallback.maxPool(...args),
    maxPoolGrad: (...args) => runtime.fallback.maxPoolGrad(...args),
  };
}
