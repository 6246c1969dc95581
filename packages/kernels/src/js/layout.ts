/** Layout kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { LayoutKernels } from '../table/layout.js';

export const layout: LayoutKernels<TypedArray> = {
  copy() {
    throw new Error('to do');
  },
};
