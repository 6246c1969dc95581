/** The strided copy, from which transpose, slice, flip, concat, pad, crop, roll and broadcast are made. */

export interface CopyLayout {
  /** Extent of the copied block. */
  readonly shape: readonly number[];
  /** Element strides of the source over `shape`: negative to flip, 0 to repeat. */
  readonly xStrides: readonly number[];
  /** Element of the source at index 0, ..., 0. */
  readonly xOffset: number;
  readonly outStrides: readonly number[];
  readonly outOffset: number;
}

export interface LayoutKernels<B> {
  /** out[outOffset + i . outStrides] = x[xOffset + i . xStrides] for every index i of shape. Any dtype, the same on both sides. */
  copy(x: B, out: B, layout: CopyLayout): void;
}
