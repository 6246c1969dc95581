/** Image kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { ImageKernels } from '../table/image.js';

export const image: ImageKernels<TypedArray> = {
  resizeBilinear() {
    throw new Error('to do');
  },
  resizeBilinearGrad() {
    throw new Error('to do');
  },
  rotate() {
    throw new Error('to do');
  },
  rotateGrad() {
    throw new Error('to do');
  },
};
