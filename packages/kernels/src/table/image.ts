/** Bilinear resampling of images [batch, height, width, channels]. */

export interface ResizeSizes {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** True: corner pixels' centres coincide (scale (in - 1) / (out - 1)). False: pixel edges do (half-pixel centres, as in PyTorch). */
  readonly alignCorners: boolean;
}

export interface RotateSizes {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export interface ImageKernels<B> {
  /** Bilinear resize, edges repeated, no antialiasing. */
  resizeBilinear(x: B, out: B, sizes: ResizeSizes): void;
  resizeBilinearGrad(dy: B, dx: B, sizes: ResizeSizes): void;
  /**
   * Turns image n by angles[n] (float, radians, counter-clockwise as seen on screen, y down) about its centre
   * ((width - 1) / 2, (height - 1) / 2); bilinear, zero outside: the pixel (x, y) reads at
   * cx + cos(a) (x - cx) - sin(a) (y - cy), cy + sin(a) (x - cx) + cos(a) (y - cy).
   */
  rotate(x: B, angles: B, out: B, sizes: RotateSizes): void;
  /** Gradient of rotate by its image. */
  rotateGrad(dy: B, angles: B, dx: B, sizes: RotateSizes): void;
}
