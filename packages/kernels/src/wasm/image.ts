/** Image kernels of the `wasm` device. */
import type { ImageKernels } from '../table/image.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function imageKernels(runtime: WasmRuntime): ImageKernels<WasmBuffer> {
  return {
    resizeBilinear: (...args) => runtime.fallback.resizeBilinear(...args),
    resizeBilinearGrad: (...args) => runtime.fallback.resizeBilinearGrad(...args),
    rotate: (...args) => runtime.fallback.rotate(...args),
    rotateGrad: (...args) => runtime.fallback.rotateGrad(...args),
  };
}
