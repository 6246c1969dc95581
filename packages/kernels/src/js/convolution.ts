/** Convolution kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { ConvolutionKernels } from '../table/convolution.js';

export const convolution: ConvolutionKernels<TypedArray> = {
  conv2d() {
    throw new Error('to do');
  },
  conv2dGradInput() {
    throw new Error('to do');
  },
  conv2dGradFilter() {
    throw new Error('to do');
  },
  averagePool() {
    throw new Error('to do');
  },
  averagePoolGrad() {
    throw new Error('to do');
  },
  maxPool() {
    throw new Error('to do');
  },
  maxPoolGrad() {
    throw new Error('to do');
  },
};
