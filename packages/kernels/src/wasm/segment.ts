/** Segment kernels of the `wasm` device. */
import type { SegmentKernels } from '../table/segment.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function segmentKernels(runtime: WasmRuntime): SegmentKernels<WasmBuffer> {
  return {
    segmentReduce: (...args) => runtime.fallback.segmentReduce(...args),
    segmentSoftmax: (...args) => runtime.fallback.segmentSoftmax(...args),
    segmentSoftmaxGrad: (...args) => runtime.fallback.segmentSoftmaxGrad(...args),
    csrMatmul: (...args) => runtime.fallback.csrMatmul(...args),
    csrGradValue: (...args) => runtime.fallback.csrGradValue(...args),
  };
}
