/** Convolution of images [batch, height, width, channels]. One-dimensional signals are images of height 1. */

export interface ConvSizes {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  /** Zero rows added above; those below follow from `outHeight`. */
  readonly padTop: number;
  readonly padLeft: number;
  /** Divides inChannels and outChannels; output group g sees input group g. */
  readonly groups: number;
}

export interface ConvolutionKernels<B> {
  /**
   * Cross-correlation: out[n, y, x, o] = bias[o] + sum over ky, kx, c of
   * x[n, y strideY - padTop + ky dilationY, x strideX - padLeft + kx dilationX, c] filter[ky, kx, c, o]; zero outside.
   * filter is [kernelHeight, kernelWidth, inChannels / groups, outChannels]. Where a filter is not finite, what it meets
   * outside the image may be skipped, or be 0 times it: NaN.
   */
  conv2d(x: B, filter: B, bias: B | undefined, out: B, sizes: ConvSizes): void;
  /** Gradient of conv2d by its input: dx from dy and filter. Overwrites dx. */
  conv2dGradInput(dy: B, filter: B, dx: B, sizes: ConvSizes): void;
  /** Gradient of conv2d by its filter: dfilter from x and dy. Overwrites dfilter. */
  conv2dGradFilter(x: B, dy: B, dfilter: B, sizes: ConvSizes): void;
}
