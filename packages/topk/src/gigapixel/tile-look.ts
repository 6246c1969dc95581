/** What a selector tells of a large image. */
import type { Tensor } from '@saccade/tensor';
import type { Selection } from '../operator/selection.js';
import type { PatchGrid, PixelBox } from '../patches/patch-grid.js';

/** Bytes that a run needs for what grows with the image, at most. */
export interface TileMemory {
  /** Of rows of the image and their small copies, or the small picture where it is held as a whole. */
  readonly thumbnail: number;
  /** Of the scorer and of the scores. Of a scorer that is no `Scorer` only its pictures. */
  readonly scores: number;
  /** Of the chosen patches, as they are read and as the feature network sees them; its own needs are not counted. */
  readonly patches: number;
  /** Of all together. */
  readonly planned: number;
  /** What the device has taken from the host by the end of the run, with all that was there before. */
  readonly device: number;
}

/** A patch that was chosen. */
export interface ChosenPatch {
  /** Its cell in the grid of scores. */
  readonly row: number;
  readonly column: number;
  /** Its normalised score. */
  readonly score: number;
  /** Its pixels in the full image; what lies outside of the image is zero. */
  readonly box: PixelBox;
}

/** What was seen in a large image. Tensors as of `PatchSelector.look`, of a batch of one image. */
export interface TileLook {
  /** [1, classes]; [1, k, classes] where the aggregation keeps all tokens. */
  readonly logits: Tensor;
  /** The softmax of the logits. */
  readonly probabilities: readonly number[];
  /** [1, rows, columns], normalised. */
  readonly scores: Tensor;
  readonly selection: Selection;
  /** [1, k, patchSize, patchSize, channels]. */
  readonly patches: Tensor;
  /** The chosen places, in the order of the patches. */
  readonly chosen: readonly ChosenPatch[];
  /** Where the patches of this image lie. */
  readonly grid: PatchGrid;
  /** The small picture [1, height, width, channels], with `keepThumbnail`. */
  readonly thumbnail?: Tensor;
  readonly memory: TileMemory;
}
