/** Sorting kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { SortingKernels } from '../table/sorting.js';

export const sorting: SortingKernels<TypedArray> = {
  topk() {
    throw new Error('to do');
  },
  sort() {
    throw new Error('to do');
  },
};
