/** Softmax and log-softmax over the last axis, with masks, and their gradients. */

export interface SoftmaxSizes {
  /** Leading axes. */
  readonly shape: readonly number[];
  /** Length of the last axis. */
  readonly size: number;
  /** Strides of the mask (in elements) over `shape` followed by the last axis; used only when a mask is given. */
  readonly maskStrides: readonly number[];
}

export interface SoftmaxKernels<B> {
  /**
   * out = softmax of x over the last axis, shifted by the maximum. `mask` (bool): 0 leaves an element out, its
   * result is 0; a row left out whole gives zeros. A row of -Infinity throughout gives NaN, as in PyTorch.
   */
  softmax(x: B, mask: B | undefined, out: B, sizes: SoftmaxSizes): void;
  /** out = x - logSumExp(x) over the last axis; masked elements give -Infinity, and so does a row left out whole. */
  logSoftmax(x: B, mask: B | undefined, out: B, sizes: SoftmaxSizes): void;
  /** dx = y (dy - sum(y dy)) with y the softmax; masked elements have y = 0 and so dx = 0. */
  softmaxGrad(y: B, dy: B, dx: B, rows: number, size: number): void;
  /** dx = dy - e^y sum(dy) with y the log-softmax; where y is -Infinity, dx = 0 and dy does not count in the sum. */
  logSoftmaxGrad(y: B, dy: B, dx: B, rows: number, size: number): void;
}
