/** Reduce kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { ReduceKernels } from '../table/reduce.js';

export const reduce: ReduceKernels<TypedArray> = {
  reduce() {
    throw new Error('to do');
  },
  argReduce() {
    throw new Error('to do');
  },
  cumsum() {
    throw new Error('to do');
  },
};
