/** Softmax kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { SoftmaxKernels } from '../table/softmax.js';

export const softmax: SoftmaxKernels<TypedArray> = {
  softmax() {
    throw new Error('to do');
  },
  logSoftmax() {
    throw new Error('to do');
  },
  softmaxGrad() {
    throw new Error('to do');
  },
  logSoftmaxGrad() {
    throw new Error('to do');
  },
};
