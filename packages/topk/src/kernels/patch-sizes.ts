/** The sizes of an extraction of patches, as its kernels take them. */

/** Images [batch, height, width, channels]; a selection of `rows` rows over `candidates` cells of a grid with `columns` columns. */
export interface PatchSizes {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly rows: number;
  readonly candidates: number;
  /** Cell i stands in row floor(i / columns). */
  readonly columns: number;
  readonly patchSize: number;
  readonly strideY: number;
  readonly strideX: number;
  /** The patch of cell (0, 0) begins this far above the image; negative: inside. */
  readonly padTop: number;
  readonly padLeft: number;
  /** Multiplies pixels. */
  readonly scale: number;
  /** Candidates whose weights are at most so large in every row are passed over; at 0 none is. */
  readonly threshold: number;
}
