/** Pooling kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { PoolingKernels, PoolSizes } from '../table/pooling.js';

/** The part of an output's window that lies inside the image. */
interface Window {
  readonly image: number;
  readonly channel: number;
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Visits every output element with its window. */
function eachWindow(s: PoolSizes, visit: (out: number, window: Window) => void): void {
  let out = 0;
  for (let image = 0; image < s.batch; image++) {
    for (let y = 0; y < s.outHeight; y++) {
      const top = y * s.strideY - s.padTop;
      for (let x = 0; x < s.outWidth; x++) {
        const left = x * s.strideX - s.padLeft;
        for (let channel = 0; channel < s.channels; channel++) {
          visit(out++, {
            image,
            channel,
            top: Math.max(0, top),
            bottom: Math.min(s.inHeight, top + s.kernelHeight),
            left: Math.max(0, left),
            right: Math.min(s.inWidth, left + s.kernelWidth),
          });
        }
      }
    }
  }
}

/** Visits the elements of a window: its place in x, and y * inWidth + x. */
function eachElement(s: PoolSizes, w: Window, visit: (at: number, position: number) => void): void {
  for (let y = w.top; y < w.bottom; y++) {
    for (let x = w.left; x < w.right; x++) {
      const position = y * s.inWidth + x;
      visit((w.image * s.inHeight * s.inWidth + position) * s.channels + w.channel, position);
    }
  }
}

/** What a mean divides by. A window with nothing inside sums to 0, and its mean is 0. */
function divisor(s: PoolSizes, w: Window, countPadding: boolean): number {
  if (countPadding) return s.kernelHeight * s.kernelWidth;
  return Math.max(1, Math.max(0, w.bottom - w.top) * Math.max(0, w.right - w.left));
}

export const pooling: PoolingKernels<TypedArray> = {
  averagePool(x, out, sizes, countPadding) {
    eachWindow(sizes, (outAt, window) => {
      let sum = 0;
      eachElement(sizes, window, (at) => {
        sum += x[at]!;
      });
      out[outAt] = sum / divisor(sizes, window, countPadding);
    });
  },
  averagePoolGrad(dy, dx, sizes, countPadding) {
    const sums = new Float64Array(dx.length);
    eachWindow(sizes, (outAt, window) => {
      const share = dy[outAt]! / divisor(sizes, window, countPadding);
      eachElement(sizes, window, (at) => {
        sums[at]! += share;
      });
    });
    dx.set(sums);
  },
  maxPool(x, out, indices, sizes) {
    eachWindow(sizes, (outAt, window) => {
      let best = Number.NEGATIVE_INFINITY;
      let index = -1;
      eachElement(sizes, window, (at, position) => {
        const value = x[at]!;
        const wins = index < 0 || value > best || (Number.isNaN(value) && !Number.isNaN(best));
        if (!wins) return;
        best = value;
        index = position;
      });
      out[outAt] = best;
      indices[outAt] = index;
    });
  },
  maxPoolGrad(dy, indices, dx, sizes) {
    const sums = new Float64Array(dx.length);
    eachWindow(sizes, (outAt, { image, channel }) => {
      const index = indices[outAt]!;
      if (index >= 0) sums[(image * sizes.inHeight * sizes.inWidth + index) * sizes.channels + channel]! += dy[outAt]!;
    });
    dx.set(sums);
  },
};
