/** Elementwise kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { ElementwiseKernels } from '../table/elementwise.js';

export const elementwise: ElementwiseKernels<TypedArray> = {
  unary() {
    throw new Error('to do');
  },
  binary() {
    throw new Error('to do');
  },
  binaryScalar() {
    throw new Error('to do');
  },
  compare() {
    throw new Error('to do');
  },
  test() {
    throw new Error('to do');
  },
  where() {
    throw new Error('to do');
  },
  clip() {
    throw new Error('to do');
  },
  cast() {
    throw new Error('to do');
  },
  fill(out, value) {
    out.fill(value);
  },
};
