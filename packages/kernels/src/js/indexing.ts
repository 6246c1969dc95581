/** Indexing kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { IndexingKernels } from '../table/indexing.js';

export const indexing: IndexingKernels<TypedArray> = {
  gather() {
    throw new Error('to do');
  },
  scatterAdd() {
    throw new Error('to do');
  },
  takeAlong() {
    throw new Error('to do');
  },
  scatterAddAlong() {
    throw new Error('to do');
  },
  oneHot() {
    throw new Error('to do');
  },
};
