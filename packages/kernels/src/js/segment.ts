/** Segment kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { SegmentKernels } from '../table/segment.js';

export const segment: SegmentKernels<TypedArray> = {
  segmentReduce() {
    throw new Error('to do');
  },
  segmentSoftmax() {
    throw new Error('to do');
  },
  segmentSoftmaxGrad() {
    throw new Error('to do');
  },
  csrMatmul() {
    throw new Error('to do');
  },
  csrGradValue() {
    throw new Error('to do');
  },
};
