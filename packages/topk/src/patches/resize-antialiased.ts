/** The small picture in which the patches are looked for: bilinear with a triangle as wide as a new pixel. */
import {
  cast,
  checkOptions,
  csrMatmul,
  DTypeError,
  mul,
  OptionError,
  quote,
  requireShape,
  reshape,
  ShapeError,
  type SparseMatrix,
  scope,
  show,
  type Tensor,
  transpose,
} from '@saccade/tensor';
import { mixMatrix, pixelMix } from './resize-weights.js';

/** Options of the resizing. */
export interface ResizeAntialiasedOptions {
  /** Multiplies the result. Default 1 / 255 for uint8 images, else 1. */
  readonly scale?: number | undefined;
}

const op = 'resizeAntialiased';
const images = ['batch', 'height', 'width', 'channels'] as const;

/**
 * Images [batch, height, width, channels], float or uint8, brought to `[height', width']` by bilinear interpolation whose
 * triangle widens with the scale where the picture shrinks, as `jax.image.resize` and PyTorch's `antialias` do. Gradients
 * flow to float images. @throws {ShapeError} @throws {OptionError} for sizes below 1 @throws {DTypeError}
 */
export function resizeAntialiased(
  x: Tensor,
  size: readonly [height: number, width: number],
  options: ResizeAntialiasedOptions = {},
): Tensor {
  const { scale = x.dtype === 'uint8' ? 1 / 255 : 1 } = checkOptions(op, options, ['scale']);
  check(x, size, scale);
  return scope(() => {
    const pixels = x.dtype === 'uint8' ? cast(x, 'float32') : x;
    // Rows first: what has to be transposed for the columns is then smaller.
    const small = resizeColumns(resizeRows(pixels, size[0]), size[1]);
    return scale === 1 ? small : mul(small, scale);
  });
}

function check(x: Tensor, size: readonly number[], scale: number): void {
  const [, height, width] = requireShape(op, 'x', x, images);
  if (height === 0 || width === 0) throw new ShapeError(`${op}: x must have some pixels, got ${show(x.shape)}`);
  if (!['float32', 'float64', 'uint8'].includes(x.dtype)) {
    throw new DTypeError(`${op}: x must be float or uint8, got ${x.dtype}`);
  }
  if (!Array.isArray(size) || size.length !== 2 || !size.every((n) => Number.isSafeInteger(n) && n >= 1)) {
    throw new OptionError(`${op}: size must be [height, width], whole numbers from 1, got ${quote(size)}`);
  }
  if (!Number.isFinite(scale)) throw new OptionError(`${op}: scale must be a number, got ${quote(scale)}`);
}

function resizeRows(x: Tensor, out: number): Tensor {
  const [batch, height, width, channels] = requireShape(op, 'x', x, images);
  if (out === height) return reshape(x, x.shape);
  // One matrix for each image of the batch, all along the diagonal of one: no image has to be moved.
  const weights = axisWeights(height, out, batch, x);
  return reshape(csrMatmul(weights, reshape(x, [batch * height, width * channels])), [batch, out, width, channels]);
}

function resizeColumns(x: Tensor, out: number): Tensor {
  const [batch, height, width, channels] = requireShape(op, 'x', x, images);
  if (out === width) return x;
  const columnsFirst = (t: Tensor, columns: number): Tensor =>
    reshape(transpose(reshape(t, [batch * height, columns, channels]), [1, 0, 2]), [
      columns,
      batch * height * channels,
    ]);
  const turned = csrMatmul(axisWeights(width, out, 1, x), columnsFirst(x, width));
  const back = transpose(reshape(turned, [out, batch * height, channels]), [1, 0, 2]);
  return reshape(back, [batch, height, out, channels]);
}

/** How `size` pixels mix to `out`, `copies` times along a diagonal. */
function axisWeights(size: number, out: number, copies: number, like: Tensor): SparseMatrix {
  const mixes = Array.from({ length: out }, (_, at) => pixelMix(size, out, at));
  const along = Array.from({ length: copies }, (_, copy) =>
    mixes.map(({ first, weights }) => ({ first: copy * size + first, weights })),
  );
  return mixMatrix(along.flat(), copies * size, like);
}
