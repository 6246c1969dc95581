/** The paper's own form of a quadratic layer: a vector for each head and an encoding for each offset, whose product is the score (equation 9). */
import { requireCounts, type Tensor, tensor } from '@saccade/tensor';
import type { QuadraticAttention } from '../layers/quadratic-attention.js';
import { UnsupportedError } from '../unsupported-error.js';

/** Vectors and encodings. The tensors are the caller's. */
export interface EncodingForm {
  /** v = -alpha (1, -2 center) of each head: [heads, dims + 1]. */
  readonly vectors: Tensor;
  /** r = (|d|^2, d) of each offset d = key - query, row by row from the most negative one: [offsets, dims + 1]. */
  readonly encodings: Tensor;
  /** Empty, or why the scores v . r lose digits in float32. */
  readonly notices: readonly string[];
}

/** Whole numbers are exact in float32 up to here. */
const EXACT = 2 ** 24;

/**
 * v . r = -alpha (|d - center|^2 - |center|^2), which is the layer's own score but for a constant of each head. The layer itself computes the square of the difference, which stays
 * exact where this form does not: for alphas that are no powers of two, and where alpha |d|^2 passes 2^24.
 * @param extents of the images @throws {UnsupportedError} unless the covariance is isotropic: others have no such encoding @throws {OptionError} for extents that do not fit the layer
 * @throws {DeviceError} on a GPU, whose memory the CPU does not see
 */
export function encodingForm(layer: QuadraticAttention, extents: readonly number[]): EncodingForm {
  const op = 'encodingForm';
  requireCounts(op, 'extents', extents, layer.dims);
  if (layer.covariance !== 'isotropic') {
    throw new UnsupportedError(`${op}: only isotropic heads have this encoding, got ${layer.covariance} covariance`);
  }
  const heads = layer.spreadsNow();
  const offsets = allOffsets(extents.slice(0, layer.dims));
  const { dtype, device } = layer.centers;
  const vectors = heads.map(({ alpha, center }) => [-alpha || 0, ...center.map((c) => 2 * alpha * c || 0)]);
  const encodings = offsets.map((d) => [d.reduce((sum, x) => sum + x * x, 0), ...d]);
  const farthest = extents.reduce((sum, extent) => sum + (extent - 1) ** 2, 0);
  const largest = Math.max(0, ...heads.map(({ alpha }) => alpha)) * farthest;
  const notices = [];
  if (dtype === 'float32' && largest > EXACT) {
    notices.push(
      `alpha |d|^2 reaches ${largest.toExponential(1)}, beyond the whole numbers of float32: use the layer's own scores`,
    );
  }
  if (dtype === 'float32' && heads.some(({ alpha }) => !Number.isInteger(Math.log2(alpha)))) {
    notices.push('an alpha that is no power of two makes scores that float32 rounds: errors near 1e-7 alpha |d|^2');
  }
  return {
    vectors: tensor(vectors.flat(), { shape: [heads.length, layer.dims + 1], dtype, device }),
    encodings: tensor(encodings.flat(), { shape: [offsets.length, layer.dims + 1], dtype, device }),
    notices,
  };
}

/** All offsets between pixels of an image. */
function allOffsets(extents: readonly number[]): number[][] {
  return extents.reduce<number[][]>(
    (all, extent) => all.flatMap((d) => Array.from({ length: 2 * extent - 1 }, (_, i) => [...d, i - (extent - 1)])),
    [[]],
  );
}
