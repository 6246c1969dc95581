/** What an element of a group does with images and with features: differentiable, and exact where pixels are mapped to pixels. */
import {
  checkOptions,
  flip,
  gather,
  requireOneOf,
  requireShape,
  reshape,
  rotate,
  scope,
  swapAxes,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { cubic } from './cubic.js';
import type { Group } from './group.js';
import { isSignedPermutation, type PlaneMatrix } from './plane-matrix.js';

/** How values between pixels are made, for elements that do not map pixels to pixels. */
export interface ActOptions {
  /** 'bilinear' (default), or 'cubic', which is smoother and closer on smooth images. Outside of the image is 0. */
  readonly interpolation?: 'bilinear' | 'cubic' | undefined;
}

/**
 * (T_h f)(x) = f(matrix(h)^-1 x) about the centre, [batch, height, width, channels]. Quarter turns and mirrors along axes and diagonals move pixels, exactly and for any
 * element type; where they exchange rows and columns, height and width are exchanged. Others interpolate, and keep height and width.
 * @throws {OptionError} for what is no element @throws {ShapeError} for what are no images @throws {DTypeError} where whole numbers would be interpolated
 */
export function actOnImages(images: Tensor, group: Group, element: number, options: ActOptions = {}): Tensor {
  const op = 'actOnImages';
  requireShape(op, 'images', images, ['batch', 'height', 'width', 'channels']);
  return actByMatrix(op, images, matrixOf(group, element), options);
}

/**
 * (T_h F)(x, g) = F(matrix(h)^-1 x, h^-1 g), [batch, group, height, width, channels]; [batch, group, channels] where pixels were pooled. Pixels as in `actOnImages`.
 * @throws {OptionError} for what is no element @throws {ShapeError} for what are no features over the group
 */
export function actOnFeatures(features: Tensor, group: Group, element: number, options: ActOptions = {}): Tensor {
  const op = 'actOnFeatures';
  const matrix = matrixOf(group, element);
  const pixels = features?.rank === 3 ? [] : (['height', 'width'] as const);
  requireShape(op, `features over ${group.name}`, features, ['batch', group.order, ...pixels, 'channels']);
  const { shape, rank } = features;
  return scope(() => {
    const from = group.matrices.map((_, g) => group.multiply(group.inverse(element), g));
    const moved =
      element === group.identity
        ? features
        : gather(features, tensor(Int32Array.from(from), { device: features.device }), { axis: 1 });
    if (rank === 3) return reshape(moved, shape);
    const [batch, order, ...image] = shape as [number, number, number, number, number];
    const acted = actByMatrix(op, reshape(moved, [batch * order, ...image]), matrix, options);
    return reshape(acted, [batch, order, ...acted.shape.slice(1)]);
  });
}

/** @throws {OptionError} for what is no element */
function matrixOf(group: Group, element: number): PlaneMatrix {
  // The table refuses what is no element.
  group.inverse(element);
  return group.matrices[element] as PlaneMatrix;
}

/** Images turned and mirrored by any orthogonal matrix: y(x) = f(matrix^-1 x). A tensor of its own, always. */
export function actByMatrix(op: string, images: Tensor, matrix: PlaneMatrix, options: ActOptions): Tensor {
  const { interpolation = 'bilinear' } = checkOptions(op, options, ['interpolation']);
  requireOneOf(op, 'interpolation', interpolation, ['bilinear', 'cubic']);
  return scope(() => {
    if (isSignedPermutation(matrix)) return movePixels(images, matrix);
    if (interpolation === 'cubic') return cubic(images, matrix);
    const [[a, b], [c, d]] = matrix;
    // A mirror is one of the columns, and then a rotation.
    return rotate(a * d - b * c < 0 ? flip(images, 2) : images, Math.atan2(c, a));
  });
}

function movePixels(images: Tensor, [[a, b], [c, d]]: PlaneMatrix): Tensor {
  // The transpose is the inverse: pixel (row, column) comes from (a row + c column, b row + d column).
  const swapped = a === 0;
  const [row, column] = swapped ? [b, c] : [a, d];
  const axes = [...(row < 0 ? [1] : []), ...(column < 0 ? [2] : [])];
  const placed = swapped ? swapAxes(images, 1, 2) : images;
  return axes.length > 0 ? flip(placed, axes) : reshape(placed, placed.shape);
}
