/** Pooling kernels of the `wasm` device. */
import type { PoolingKernels, PoolSizes } from '../table/pooling.js';
import type { WasmBuffer } from './buffer.js';
import type { WasmRuntime } from './runtime.js';

/** The words of the parameter block, in the order of assembly/pooling.ts. */
function wordsOf(s: PoolSizes, countPadding: boolean): number[] {
  const sizes = [s.batch, s.inHeight, s.inWidth, s.channels, s.outHeight, s.outWidth];
  const window = [s.kernelHeight, s.kernelWidth, s.strideY, s.strideX, s.padTop, s.padLeft];
  return [...sizes, ...window, countPadding ? 1 : 0];
}

/** The family over one runtime. */
export function poolingKernels(runtime: WasmRuntime): PoolingKernels<WasmBuffer> {
  /** Shares lines of the result (or of the input, for gradients) among threads. */
  const run = (name: string, buffers: readonly number[], s: PoolSizes, height: number, countPadding = false): void => {
    const [words = 0] = runtime.parameters(wordsOf(s, countPadding));
    const cost = s.outWidth * s.channels * s.kernelHeight * s.kernelWidth;
    runtime.parallel(name, [...buffers, words], s.batch * height, cost);
  };
  return {
    averagePool(x, out, sizes, countPadding) {
      if (out.dtype !== 'float32') runtime.fallback.averagePool(x, out, sizes, countPadding);
      else if (out.length > 0) run('averagePool', [x.address, out.address], sizes, sizes.outHeight, countPadding);
    },
    averagePoolGrad(dy, dx, sizes, countPadding) {
      if (dx.dtype !== 'float32') runtime.fallback.averagePoolGrad(dy, dx, sizes, countPadding);
      else if (dx.length > 0) run('averagePoolGrad', [dy.address, dx.address], sizes, sizes.inHeight, countPadding);
    },
    maxPool(x, out, indices, sizes) {
      if (out.dtype !== 'float32') runtime.fallback.maxPool(x, out, indices, sizes);
      else if (out.length > 0) run('maxPool', [x.address, out.address, indices.address], sizes, sizes.outHeight);
    },
    maxPoolGrad(dy, indices, dx, sizes) {
      if (dx.dtype !== 'float32') runtime.fallback.maxPoolGrad(dy, indices, dx, sizes);
      else if (dx.length > 0) run('maxPoolGrad', [dy.address, indices.address, dx.address], sizes, sizes.inHeight);
    },
  };
}
