/** Bilinear resampling of images [batch, height, width, channels]. */
import { OptionError, type ResizeSizes, type RotateSizes, ShapeError } from '@saccade/kernels';
import { checkOptions, quote } from '../arguments.js';
import { full } from '../create.js';
import { bufferOf, deviceOf, drop, empty } from '../engine.js';
import { requireFloat, requireSameType } from '../require-type.js';
import { type Shape, show } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';

function imageShape(op: string, x: Tensor<Shape>): readonly [number, number, number, number] {
  deviceOf(op, x);
  requireFloat(op, x);
  if (x.rank !== 4) throw new ShapeError(`${op}: x must be [batch, height, width, channels], got ${show(x.shape)}`);
  return x.shape as readonly [number, number, number, number];
}

/** How pixels correspond. */
export interface ResizeOptions {
  /** Default false. */
  readonly alignCorners?: boolean | undefined;
}

/**
 * Images of another size, bilinear, without antialiasing. `alignCorners` makes the corner pixels' centres coincide;
 * otherwise (default) the images' edges do. `size` is [height, width].
 * @throws {ShapeError} unless x has four axes @throws {OptionError} for a size that is not two whole numbers from 1
 */
export function resizeBilinear(x: Tensor<Shape>, size: readonly [number, number], options: ResizeOptions = {}): Tensor {
  const { alignCorners = false } = checkOptions('resizeBilinear', options, ['alignCorners']);
  const [batch, inHeight, inWidth, channels] = imageShape('resizeBilinear', x);
  const valid = Array.isArray(size) && size.length === 2 && size.every((n) => Number.isSafeInteger(n) && n >= 1);
  if (!valid || inHeight < 1 || inWidth < 1) {
    throw new OptionError(`resizeBilinear: cannot resize ${inHeight} x ${inWidth} to ${quote(size)}`);
  }
  const [outHeight, outWidth] = size;
  return resize(x, { batch, inHeight, inWidth, channels, outHeight, outWidth, alignCorners });
}

function resize(x: Tensor, s: ResizeSizes): Tensor {
  const device = deviceOf('resizeBilinear', x);
  const y = empty(device, x.dtype, [s.batch, s.outHeight, s.outWidth, s.channels]);
  device.kernels.resizeBilinear(bufferOf('resizeBilinear', x), bufferOf('resizeBilinear', y), s);
  record(y, [x], [(g) => resizeGradient(g, s)]);
  return y;
}

function resizeGradient(dy: Tensor, s: ResizeSizes): Tensor {
  const device = deviceOf('resizeBilinear', dy);
  const dx = empty(device, dy.dtype, [s.batch, s.inHeight, s.inWidth, s.channels]);
  device.kernels.resizeBilinearGrad(bufferOf('resizeBilinear', dy), bufferOf('resizeBilinear', dx), s);
  record(dx, [dy], [(g) => resize(g, s)]);
  return dx;
}

/**
 * Images turned counter-clockwise about their centre, bilinear, zero outside. `angle` in radians: one for all, or a
 * tensor [batch]. Gradients flow to the images.
 * @throws {ShapeError} unless x has four axes and angles are [batch] @throws {OptionError} for an angle that is not finite
 */
export function rotate(x: Tensor<Shape>, angle: number | Tensor<Shape>): Tensor {
  const [batch, height, width, channels] = imageShape('rotate', x);
  if (typeof angle === 'number' && !Number.isFinite(angle)) {
    throw new OptionError(`rotate: angle must be a finite number, got ${angle}`);
  }
  const angles = typeof angle === 'number' ? full([batch], angle, { dtype: x.dtype, device: x.device }) : angle;
  deviceOf('rotate', x, angles);
  requireSameType('rotate', x, angles);
  if (angles.rank !== 1 || angles.size !== batch) {
    throw new ShapeError(`rotate: angles must be [${batch}], got ${show(angles.shape)}`);
  }
  const y = turn(x, angles, { batch, height, width, channels });
  drop(angles, angle);
  return y;
}

function turn(x: Tensor, angles: Tensor, s: RotateSizes): Tensor {
  const device = deviceOf('rotate', x, angles);
  const y = empty(device, x.dtype, x.shape);
  device.kernels.rotate(bufferOf('rotate', x), bufferOf('rotate', angles), bufferOf('rotate', y), s);
  record(y, [x, angles], [(g) => turnGradient(g, angles, s)]);
  return y;
}

function turnGradient(dy: Tensor, angles: Tensor, s: RotateSizes): Tensor {
  const device = deviceOf('rotate', dy, angles);
  const dx = empty(device, dy.dtype, dy.shape);
  device.kernels.rotateGrad(bufferOf('rotate', dy), bufferOf('rotate', angles), bufferOf('rotate', dx), s);
  record(dx, [dy, angles], [(g) => turn(g, angles, s)]);
  return dx;
}
