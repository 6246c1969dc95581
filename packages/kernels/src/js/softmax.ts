/** Softmax kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import { rowStart, volume } from '../strides.js';
import type { SoftmaxKernels, SoftmaxSizes } from '../table/softmax.js';

/** Calls `visit` for each row with its first element and whether an element of it counts. */
function eachRow(
  mask: TypedArray | undefined,
  { shape, size, maskStrides }: SoftmaxSizes,
  visit: (at: number, counts: (s: number) => boolean) => void,
): void {
  const axes = shape.length;
  for (let row = 0; row < volume(shape); row++) {
    const maskAt = mask ? rowStart(row, shape, maskStrides, axes) : 0;
    const step = mask ? maskStrides[axes]! : 0;
    visit(row * size, (s) => mask === undefined || mask[maskAt + s * step] !== 0);
  }
}

/** Maximum of the row's elements that count and the sum of e^(x - maximum) over them. */
function summary(x: TypedArray, at: number, size: number, counts: (s: number) => boolean): [number, number] {
  let maximum = Number.NEGATIVE_INFINITY;
  for (let s = 0; s < size; s++) if (counts(s)) maximum = Math.max(maximum, x[at + s]!);
  let sum = 0;
  for (let s = 0; s < size; s++) if (counts(s)) sum += Math.exp(x[at + s]! - maximum);
  return [maximum, sum];
}

export const softmax: SoftmaxKernels<TypedArray> = {
  softmax(x, mask, out, sizes) {
    eachRow(mask, sizes, (at, counts) => {
      const [maximum, sum] = summary(x, at, sizes.size, counts);
      for (let s = 0; s < sizes.size; s++) out[at + s] = counts(s) ? Math.exp(x[at + s]! - maximum) / sum : 0;
    });
  },

  logSoftmax(x, mask, out, sizes) {
    eachRow(mask, sizes, (at, counts) => {
      const [maximum, sum] = summary(x, at, sizes.size, counts);
      const logSum = Math.log(sum);
      for (let s = 0; s < sizes.size; s++) {
        out[at + s] = counts(s) ? x[at + s]! - maximum - logSum : Number.NEGATIVE_INFINITY;
      }
    });
  },

  softmaxGrad(y, dy, dx, rows, size) {
    for (let row = 0; row < rows; row++) {
      const at = row * size;
      let dot = 0;
      for (let s = 0; s < size; s++) dot += y[at + s]! * dy[at + s]!;
      for (let s = 0; s < size; s++) dx[at + s] = y[at + s]! * (dy[at + s]! - dot);
    }
  },

  logSoftmaxGrad(y, dy, dx, rows, size) {
    for (let row = 0; row < rows; row++) {
      const at = row * size;
      let sum = 0;
      for (let s = 0; s < size; s++) if (y[at + s] !== Number.NEGATIVE_INFINITY) sum += dy[at + s]!;
      for (let s = 0; s < size; s++) {
        dx[at + s] = y[at + s] === Number.NEGATIVE_INFINITY ? 0 : dy[at + s]! - Math.exp(y[at + s]!) * sum;
      }
    }
  },
};
