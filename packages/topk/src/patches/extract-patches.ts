/** Cuts the selected patches out of images. */
import type { Buffer } from '@saccade/kernels';
import {
  bufferOf,
  checkOptions,
  customGrad,
  DTypeError,
  deviceOf,
  empty,
  OptionError,
  quote,
  reshape,
  ShapeError,
  scope,
  show,
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

function buffer(t: Tensor): Buffer {
  return bufferOf(op, t);
}

/**
 * Patches [batch, rows, patchSize, patchSize, channels] of images [batch, height, width, channels], float or uint8, for
 * each row of the selection: the windows of the candidates, zero outside of the image, summed with their weights. Only
 * windows with weight are read (a hard choice copies k of them), and nothing of the size of all patches is ever made.
 * The weights need not sum to 1.
 *
 * Gradients flow to the weights and, if it is being differentiated, to a float image; for an image that is only looked
 * at they cost nothing.
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
  if (!(threshold >= 0 && Number.isFinite(threshold))) {
    throw new OptionError(`${op}: threshold must be a number from 0, got ${quote(threshold)}`);
  }
  if (scale !== undefined && !Number.isFinite(scale)) {
    throw new OptionError(`${op}: scale must be a number, got ${quote(scale)}`);
  }
  check(image, selection, grid);
  const sizes = sizesOf(image, selection, grid, { threshold, scale: scale ?? (image.dtype === 'uint8' ? 1 / 255 : 1) });
  return scope(() => extract(image, selection, sizes));
}

function check(image: Tensor, selection: Selection, grid: PatchGrid): void {
  if (!(selection instanceof Selection)) {
    throw new OptionError(`${op}: selection must come from topK or Selection.fromIndices, got ${quote(selection)}`);
  }
  deviceOf(op, image, selection.indices, selection.weights);
  const { height, width, rows, columns } = grid;
  if (image.rank !== 4 || image.shape[1] !== height || image.shape[2] !== width) {
    throw new ShapeError(
      `${op}: the grid wants images [batch, ${height}, ${width}, channels], got ${show(image.shape)}`,
    );
  }
  if (selection.batch !== image.shape[0]) {
    throw new ShapeError(`${op}: there are ${image.shape[0]} images, but the selection is for ${selection.batch}`);
  }
  if (selection.n !== rows * columns) {
    throw new ShapeError(`${op}: the grid has ${rows} x ${columns} cells, but the selection is among ${selection.n}`);
  }
  const { dtype } = selection.weights;
  if (image.dtype !== 'uint8' && image.dtype !== dtype) {
    throw new DTypeError(`${op}: the image must be uint8 or, as the weights are, ${dtype}, got ${image.dtype}`);
  }
}

function sizesOf(
  image: Tensor,
  { rows, indices }: Selection,
  grid: PatchGrid,
  { threshold, scale }: { readonly threshold: number; readonly scale: number },
): PatchSizes {
  const [batch, height, width, channels] = image.shape as readonly [number, number, number, number];
  const { columns, patchSize, strideY, strideX, padTop, padLeft } = grid;
  const candidates = indices.shape[1] as number;
  const image4 = { batch, height, width, channels };
  return { ...image4, rows, candidates, columns, patchSize, strideY, strideX, padTop, padLeft, scale, threshold };
}

function extract(image: Tensor, selection: Selection, sizes: PatchSizes): Tensor {
  const { batch, rows, patchSize, channels } = sizes;
  return customGrad((x: Tensor, weights: Tensor) => {
    const { device, dtype } = weights;
    const kernels = device.extend(topKKernels);
    // Named anew in here, they live as long as the tape.
    const indices = reshape(selection.indices, selection.indices.shape);
    const patches = empty(device, dtype, [batch, rows, patchSize, patchSize, channels]);
    kernels.extractPatches(buffer(x), buffer(indices), buffer(weights), buffer(patches), sizes);
    const backward = (dy: Tensor, [byImage, byWeights]: readonly boolean[]): (Tensor | undefined)[] => {
      const dx = byImage ? empty(device, dtype, x.shape) : undefined;
      const dw = byWeights ? empty(device, dtype, weights.shape) : undefined;
      if (dx) kernels.patchImageGrad(buffer(indices), buffer(weights), buffer(dy), buffer(dx), sizes);
      if (dw) kernels.patchWeightGrad(buffer(x), buffer(indices), buffer(weights), buffer(dy), buffer(dw), sizes);
      return [dx, dw];
    };
    return { value: patches, backward };
  })(image, selection.weights);
}
