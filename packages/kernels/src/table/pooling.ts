/** Pooling: means and maxima of windows that slide over images [batch, height, width, channels]. */

export interface PoolSizes {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padTop: number;
  readonly padLeft: number;
}

export interface PoolingKernels<B> {
  /** Mean of each window over the elements inside the image (`countPadding`: over the whole window); 0 if none is. */
  averagePool(x: B, out: B, sizes: PoolSizes, countPadding: boolean): void;
  averagePoolGrad(dy: B, dx: B, sizes: PoolSizes, countPadding: boolean): void;
  /**
   * Maximum of each window and, in `indices` (int32), where it was: y * inWidth + x inside the image; the first on ties;
   * NaN wins. A window with no element inside gives -Infinity and index -1.
   */
  maxPool(x: B, out: B, indices: B, sizes: PoolSizes): void;
  /** Sends dy to the positions in `indices`, which maxPool gave for the same sizes, adding where windows overlap. Overwrites dx. */
  maxPoolGrad(dy: B, indices: B, dx: B, sizes: PoolSizes): void;
}
