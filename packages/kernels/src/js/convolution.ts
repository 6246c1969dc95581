/** Convolution kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { ConvolutionKernels, ConvSizes } from '../table/convolution.js';

/**
 * Visits every product that a convolution sums: (element of x, element of the filter, element of out), in elements.
 * Output channels are outermost within a pixel, so the sum of one output runs without interruption.
 */
function eachProduct(s: ConvSizes, visit: (x: number, filter: number, out: number) => void): void {
  const inGroup = s.inChannels / s.groups;
  const outGroup = s.outChannels / s.groups;
  for (let n = 0; n < s.batch; n++) {
    for (let oy = 0; oy < s.outHeight; oy++) {
      for (let ox = 0; ox < s.outWidth; ox++) {
        for (let o = 0; o < s.outChannels; o++) {
          const out = ((n * s.outHeight + oy) * s.outWidth + ox) * s.outChannels + o;
          const firstChannel = Math.floor(o / outGroup) * inGroup;
          for (let ky = 0; ky < s.kernelHeight; ky++) {
            const y = oy * s.strideY - s.padTop + ky * s.dilationY;
            if (y < 0 || y >= s.inHeight) continue;
            for (let kx = 0; kx < s.kernelWidth; kx++) {
              const x = ox * s.strideX - s.padLeft + kx * s.dilationX;
              if (x < 0 || x >= s.inWidth) continue;
              const pixel = ((n * s.inHeight + y) * s.inWidth + x) * s.inChannels + firstChannel;
              const tap = (ky * s.kernelWidth + kx) * inGroup * s.outChannels + o;
              for (let c = 0; c < inGroup; c++) visit(pixel + c, tap + c * s.outChannels, out);
            }
          }
        }
      }
    }
  }
}

export const convolution: ConvolutionKernels<TypedArray> = {
  conv2d(x, filter, bias, out, sizes) {
    const sums = Float64Array.from(out, (_, i) => (bias ? bias[i % sizes.outChannels]! : 0));
    eachProduct(sizes, (xAt, filterAt, outAt) => {
      sums[outAt]! += x[xAt]! * filter[filterAt]!;
    });
    out.set(sums);
  },
  conv2dGradInput(dy, filter, dx, sizes) {
    const sums = new Float64Array(dx.length);
    eachProduct(sizes, (xAt, filterAt, outAt) => {
      sums[xAt]! += dy[outAt]! * filter[filterAt]!;
    });
    dx.set(sums);
  },
  conv2dGradFilter(x, dy, dfilter, sizes) {
    const sums = new Float64Array(dfilter.length);
    eachProduct(sizes, (xAt, filterAt, outAt) => {
      sums[filterAt]! += x[xAt]! * dy[outAt]!;
    });
    dfilter.set(sums);
  },
};
