/** Cuts the selected patches out of images. */
import {
  type CustomResult,
  checkOptions,
  customGrad,
  DTypeError,
  deviceOf,
  empty,
  kernelsOn,
  OptionError,
  quote,
  requireFrom,
  requireShape,
  ShapeError,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { topKKernels } from '../kernels/extension.js';
import type { PatchSizes } from '../kernels/patch-sizes.js';
import { Selection } from '../operator/selection.js';
import type { PatchGrid } from './patch-grid.js';

const op = 'extractPatches';

/** Options of the extraction. */
export interface ExtractPatchesOptions {
  /**
   * Candidates whose weight is at most so large, up to its sign, in every row are passed over: they add nothing to
   * patches and get no gradient. Default 0: values and gradients are exact.
   */
  readonly threshold?: number | undefined;
  /** Multiplies pixels. Default 1 / 255 for uint8 images, else 1. */
  readonly scale?: number | undefined;
}

/**
 * Patches [batch, rows, patchSize, patchSize, channels] of images [batch, height, width, channels], float or uint8, for
 * each row of the selection: the windows of the candidates, zero outside of the image, summed with their weights. Only
 * windows with weight are read (a hard choice copies k of them), and nothing of the size of all patches is ever made.
 * The weights need not sum to 1.
 *
 * Gradients flow to the weights and, if it is being differentiated, to a float image; for an image that is only looked
 * at they cost nothing. There is no second derivative (a GradientError).
 * @throws {ShapeError} unless image, selection and grid fit @throws {DTypeError} for images that are neither uint8 nor
 * of the type of the weights @throws {OptionError}
 */
export function extractPatches(
  image: Tensor,
  selection: Selection,
  grid: PatchGrid,
  options: ExtractPatchesOptions = {},
): Tensor {
  const { threshold = 0, scale } = checkOptions(op, options, ['threshold', 'scale']);
  requireFrom(op, 'threshold', threshold);
  if (scale !== undefined && !Number.isFinite(scale)) {
    throw new OptionError(`${op}: scale must be a number, got ${quote(scale)}`);
  }
  const shape = check(image, selection, grid);
  const sizes = sizesOf(shape, selection, grid, { threshold, scale: scale ?? (image.dtype === 'uint8' ? 1 / 255 : 1) });
  return scope(() => extract(image, selection, sizes));
}

/** [batch, height, width, channels]. */
type ImageShape = readonly [batch: number, height: number, width: number, channels: number];

/** The shape of the images. */
function check(image: Tensor, selection: Selection, grid: PatchGrid): ImageShape {
  if (!(selection instanceof Selection)) {
    throw new OptionError(`${op}: selection must come from topK or Selection.fromIndices, got ${quote(selection)}`);
  }
  deviceOf(op, image, selection.indices, selection.weights);
  const { height, width, rows, columns } = grid;
  const shape = requireShape(op, 'images of this grid', image, ['batch', height, width, 'channels']);
  if (selection.batch !== shape[0]) {
    throw new ShapeError(`${op}: there are ${shape[0]} images, but the selection is for ${selection.batch}`);
  }
  if (selection.n !== rows * columns) {
    throw new ShapeError(`${op}: the grid has ${rows} x ${columns} cells, but the selection is among ${selection.n}`);
  }
  const { dtype } = selection.weights;
  if (image.dtype !== 'uint8' && image.dtype !== dtype) {
    throw new DTypeError(`${op}: the image must be uint8 or, as the weights are, ${dtype}, got ${image.dtype}`);
  }
  return shape;
}

function sizesOf(
  [batch, height, width, channels]: ImageShape,
  { rows, indices }: Selection,
  grid: PatchGrid,
  { threshold, scale }: { readonly threshold: number; readonly scale: number },
): PatchSizes {
  const { columns, patchSize, strideY, strideX, padTop, padLeft } = grid;
  const [, candidates] = requireShape(op, 'indices', indices, [batch, 'candidates']);
  const image4 = { batch, height, width, channels };
  return { ...image4, rows, candidates, columns, patchSize, strideY, strideX, padTop, padLeft, scale, threshold };
}

function extract(image: Tensor, selection: Selection, sizes: PatchSizes): Tensor {
  const { batch, rows, patchSize, channels } = sizes;
  const { indices } = selection;
  const patches = (x: Tensor, weights: Tensor): CustomResult => {
    const { device, dtype } = weights;
    const kernels = kernelsOn(op, device, topKKernels);
    const value = empty(device, dtype, [batch, rows, patchSize, patchSize, channels]);
    kernels.extractPatches(x, indices, weights, value, sizes);
    const backward = (dy: Tensor, [byImage, byWeights]: readonly boolean[]): (Tensor | undefined)[] => {
      const dx = byImage ? empty(device, dtype, x.shape) : undefined;
      const dw = byWeights ? empty(device, dtype, weights.shape) : undefined;
      if (dx) kernels.patchImageGrad(indices, weights, dy, dx, sizes);
      if (dw) kernels.patchWeightGrad(x, indices, weights, dy, dw, sizes);
      return [dx, dw];
    };
    return { value, backward, saved: [indices] };
  };
  return customGrad(patches, { name: op, firstOrder: true })(image, selection.weights);
}
