/** Norm kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { NormKernels } from '../table/norm.js';

export const norm: NormKernels<TypedArray> = {
  layerNorm() {
    throw new Error('to do');
  },
  layerNormGrad() {
    throw new Error('to do');
  },
  batchNorm() {
    throw new Error('to do');
  },
  batchNormGrad() {
    throw new Error('to do');
  },
};
