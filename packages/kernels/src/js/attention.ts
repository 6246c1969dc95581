/** Attention kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { AttentionKernels } from '../table/attention.js';

export const attention: AttentionKernels<TypedArray> = {
  attention() {
    throw new Error('to do');
  },
  attentionGrad() {
    throw new Error('to do');
  },
};
