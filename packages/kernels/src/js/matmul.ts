/** Matmul kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { MatmulKernels } from '../table/matmul.js';

export const matmul: MatmulKernels<TypedArray> = {
  matmul() {
    throw new Error('to do');
  },
};
