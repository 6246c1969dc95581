/** Random kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { RandomKernels } from '../table/random.js';

export const random: RandomKernels<TypedArray> = {
  random() {
    throw new Error('to do');
  },
};
