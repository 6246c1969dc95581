/** Elementwise kernels of the `wasm` device. */
import type { ElementwiseKernels } from '../table/elementwise.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** The family over one runtime. */
export function elementwiseKernels(runtime: WasmRuntime): ElementwiseKernels<WasmBuffer> {
  return {
    unary: (...args) => runtime.fallback.unary(...args),
    binary: (...args) => runtime.fallback.binary(...args),
    binaryScalar: (...args) => runtime.fallback.binaryScalar(...args),
    compare: (...args) => runtime.fallback.compare(...args),
    test: (...args) => runtime.fallback.test(...args),
    where: (...args) => runtime.fallback.where(...args),
    clip: (...args) => runtime.fallback.clip(...args),
    cast: (...args) => runtime.fallback.cast(...args),
    fill(out, value) {
      if (out.dtype !== 'float32') return runtime.fallback.fill(out, value);
      runtime.parallel('fillF32', [out.address, value], out.length, 0.25);
    },
  };
}
