/** Softmax kernels of the `wasm` device. */
import { volume } from '../strides.js';
import type { SoftmaxKernels, SoftmaxSizes } from '../table/softmax.js';
import type { WasmBuffer } from './buffer.js';
import type { WasmRuntime } from './runtime.js';

/** Elementary steps per element. */
const COST = 6;

/** The family over one runtime. */
export function softmaxKernels(runtime: WasmRuntime): SoftmaxKernels<WasmBuffer> {
  const rows = (
    isLog: number,
    x: WasmBuffer,
    mask: WasmBuffer | undefined,
    out: WasmBuffer,
    { shape, size, maskStrides }: SoftmaxSizes,
  ): void => {
    const axes = shape.length;
    const step = mask ? (maskStrides[axes] as number) : 1;
    const [shapeAt, stridesAt] = mask ? runtime.parameters(shape, maskStrides.slice(0, axes)) : [0, 0];
    const args = [isLog, x.address, mask?.address ?? 0, out.address, size, step, axes, shapeAt ?? 0, stridesAt ?? 0];
    runtime.parallel('softmax', args, volume(shape), size * COST + 20, step === 1 ? 0 : size);
  };

  return {
    softmax(x, mask, out, sizes) {
      rows(0, x, mask, out, sizes);
    },

    logSoftmax(x, mask, out, sizes) {
      rows(1, x, mask, out, sizes);
    },

    softmaxGrad(y, dy, dx, count, size) {
      runtime.parallel('softmaxGrad', [y.address, dy.address, dx.address, size], count, size * 2 + 10);
    },

    logSoftmaxGrad(y, dy, dx, count, size) {
      runtime.parallel('logSoftmaxGrad', [y.address, dy.address, dx.address, size], count, size * COST + 10);
    },
  };
}
