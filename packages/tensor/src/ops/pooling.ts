/** Average and maximum of sliding windows over images [batch, height, width, channels]. */
import { OptionError, type PoolSizes, ShapeError } from '@saccade/kernels';
import { checkOptions, quote } from '../arguments.js';
import { bufferOf, deviceOf, drop, empty } from '../engine.js';
import { requireFloat } from '../require-type.js';
import { type Shape, show } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { takeAlong } from './indexing.js';
import { reshape } from './reshape.js';
import { checkPair, type Padding, type Pair, type WindowAxis, windowAxis } from './window.js';

/** How the window slides. */
export interface PoolOptions {
  /** Window size. */
  readonly size: Pair;
  /** Default: the window size. */
  readonly stride?: Pair | undefined;
  /** Default 'valid'. */
  readonly padding?: Padding | undefined;
}

function poolSizes(op: string, x: Tensor<Shape>, { size, stride = size, padding = 'valid' }: PoolOptions): PoolSizes {
  deviceOf(op, x);
  requireFloat(op, x);
  if (x.rank !== 4) throw new ShapeError(`${op}: x must be [batch, height, width, channels], got ${show(x.shape)}`);
  const [batch, inHeight, inWidth, channels] = x.shape as readonly [number, number, number, number];
  const [kernelHeight, kernelWidth] = checkPair(op, 'size', size, 1);
  const [strideY, strideX] = checkPair(op, 'stride', stride, 1);
  const vertical = windowAxis(op, 0, inHeight, kernelHeight, strideY, 1, padding);
  const horizontal = windowAxis(op, 1, inWidth, kernelWidth, strideX, 1, padding);
  if (sticksOut(vertical, inHeight, kernelHeight, strideY) || sticksOut(horizontal, inWidth, kernelWidth, strideX)) {
    throw new OptionError(
      `${op}: padding ${quote(padding)} leaves windows of ${quote(size)} without any of x ${show(x.shape)}`,
    );
  }
  return {
    batch,
    inHeight,
    inWidth,
    channels,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    outHeight: vertical.out,
    outWidth: horizontal.out,
    padTop: vertical.before,
    padLeft: horizontal.before,
  };
}

/** Whether the first or last window lies in the padding whole. */
function sticksOut({ before, out }: WindowAxis, size: number, kernel: number, stride: number): boolean {
  return out > 0 && (before >= kernel || (out - 1) * stride - before >= size);
}

const inputShape = (s: PoolSizes): Shape => [s.batch, s.inHeight, s.inWidth, s.channels];
const outputShape = (s: PoolSizes): Shape => [s.batch, s.outHeight, s.outWidth, s.channels];

/**
 * Means of windows: [batch, height, width, channels] -> [batch, height', width', channels]. `countPadding` counts the zeros of the
 * padding too: default false, as in TensorFlow; the layer `AveragePool2d` of nn counts them by default, as PyTorch does.
 * @throws {ShapeError} unless x has four axes and a window fits
 * @throws {OptionError} for sizes and strides that are no integers from 1, and padding that leaves a window without any of x
 * @throws {DTypeError} unless floats
 */
export function averagePool(
  x: Tensor<Shape>,
  options: PoolOptions & { readonly countPadding?: boolean | undefined },
): Tensor {
  checkOptions('averagePool', options, ['size', 'stride', 'padding', 'countPadding']);
  return averages(x, poolSizes('averagePool', x, options), options.countPadding ?? false);
}

function averages(x: Tensor, s: PoolSizes, countPadding: boolean): Tensor {
  const device = deviceOf('averagePool', x);
  const y = empty(device, x.dtype, outputShape(s));
  device.kernels.averagePool(bufferOf('averagePool', x), bufferOf('averagePool', y), s, countPadding);
  record(y, [x], [(g) => averagesGradient(g, s, countPadding)]);
  return y;
}

function averagesGradient(dy: Tensor, s: PoolSizes, countPadding: boolean): Tensor {
  const device = deviceOf('averagePool', dy);
  const dx = empty(device, dy.dtype, inputShape(s));
  device.kernels.averagePoolGrad(bufferOf('averagePool', dy), bufferOf('averagePool', dx), s, countPadding);
  record(dx, [dy], [(g) => averages(g, s, countPadding)]);
  return dx;
}

/**
 * Maxima of windows: [batch, height, width, channels] -> [batch, height', width', channels]. The gradient goes to the first
 * maximum of each. @throws as `averagePool`
 */
export function maxPool(x: Tensor<Shape>, options: PoolOptions): Tensor {
  checkOptions('maxPool', options, ['size', 'stride', 'padding']);
  const s = poolSizes('maxPool', x, options);
  const device = deviceOf('maxPool', x);
  const y = empty(device, x.dtype, outputShape(s));
  const indices = empty(device, 'int32', outputShape(s));
  device.kernels.maxPool(bufferOf('maxPool', x), bufferOf('maxPool', y), bufferOf('maxPool', indices), s);
  record(y, [x], [(g) => maximaGradient(g, indices, s)], [indices]);
  drop(indices);
  return y;
}

function maximaGradient(dy: Tensor, indices: Tensor, s: PoolSizes): Tensor {
  const device = deviceOf('maxPool', dy);
  const dx = empty(device, dy.dtype, inputShape(s));
  device.kernels.maxPoolGrad(bufferOf('maxPool', dy), bufferOf('maxPool', indices), bufferOf('maxPool', dx), s);
  record(dx, [dy], [(g) => pick(g, indices, s)], [indices]);
  return dx;
}

/** Reads x at the stored positions: the adjoint of the maximum's gradient. */
function pick(x: Tensor, indices: Tensor, s: PoolSizes): Tensor {
  const flat = reshape(x, [s.batch, s.inHeight * s.inWidth, s.channels]);
  const at = reshape(indices, [s.batch, s.outHeight * s.outWidth, s.channels]);
  return reshape(takeAlong(flat, at, { axis: 1 }), outputShape(s));
}
