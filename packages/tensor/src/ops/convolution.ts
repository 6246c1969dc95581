/** Convolution of images and signals, channels last. */
import { type ConvSizes, OptionError, ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, empty, requireOn } from '../engine.js';
import { requireFloat, requireSameType } from '../require-type.js';
import { syncScope } from '../scope.js';
import { type Shape, show } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { expandDims, squeeze } from './reshape.js';
import { sum } from './sum.js';
import { checkPair, type Padding, type Pair, windowAxis } from './window.js';

/** How the window slides. */
export interface ConvOptions {
  /** [outChannels], added to every position. */
  readonly bias?: Tensor<Shape> | undefined;
  /** Default 1. */
  readonly stride?: Pair | undefined;
  /** Default 'valid'. */
  readonly padding?: Padding | undefined;
  /** Distance between taps. Default 1. */
  readonly dilation?: Pair | undefined;
  /** Output group g sees input group g only. Default 1. */
  readonly groups?: number | undefined;
}

const names = ['bias', 'stride', 'padding', 'dilation', 'groups'] as const;

type Four = readonly [number, number, number, number];

/** What both operands must be. @throws {DisposedError} @throws {DeviceError} @throws {DTypeError} */
function checkOperands(op: string, x: Tensor<Shape>, filter: Tensor<Shape>, bias: Tensor<Shape> | undefined): void {
  const device = deviceOf(op, x, filter);
  if (bias !== undefined) requireOn(op, device, bias);
  requireFloat(op, x, filter);
  requireSameType(op, x, filter, bias);
}

/** @param given the operands whose shapes errors show: of signals, they have an axis less than `image` and `taps` */
function convSizes(
  op: string,
  image: Shape,
  taps: Shape,
  options: ConvOptions,
  given: { readonly x: Tensor<Shape>; readonly filter: Tensor<Shape> },
): ConvSizes {
  const { bias, stride = 1, padding = 'valid', dilation = 1, groups = 1 } = options;
  const [batch, inHeight, inWidth, inChannels] = image as Four;
  const [kernelHeight, kernelWidth, perGroup, outChannels] = taps as Four;
  const { x, filter } = given;
  if (!Number.isSafeInteger(groups) || groups < 1 || inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new OptionError(`${op}: groups must divide ${inChannels} and ${outChannels} channels, got ${groups}`);
  }
  if (perGroup * groups !== inChannels) {
    throw new ShapeError(
      `${op}: x ${show(x.shape)} has ${inChannels} channels, filter ${show(filter.shape)} with ${groups} groups expects ${perGroup * groups}`,
    );
  }
  if (bias !== undefined && (bias.rank !== 1 || bias.size !== outChannels)) {
    throw new ShapeError(`${op}: bias must be [${outChannels}], got ${show(bias.shape)}`);
  }
  if (kernelHeight === 0 || kernelWidth === 0) throw new ShapeError(`${op}: filter ${show(filter.shape)} has no taps`);
  const [strideY, strideX] = checkPair(op, 'stride', stride, 1);
  const [dilationY, dilationX] = checkPair(op, 'dilation', dilation, 1);
  const vertical = windowAxis(op, 0, inHeight, kernelHeight, strideY, dilationY, padding);
  const horizontal = windowAxis(op, 1, inWidth, kernelWidth, strideX, dilationX, padding);
  return {
    batch,
    inHeight,
    inWidth,
    inChannels,
    outChannels,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    dilationY,
    dilationX,
    groups,
    outHeight: vertical.out,
    outWidth: horizontal.out,
    padTop: vertical.before,
    padLeft: horizontal.before,
  };
}

const inputShape = (s: ConvSizes): Shape => [s.batch, s.inHeight, s.inWidth, s.inChannels];
const outputShape = (s: ConvSizes): Shape => [s.batch, s.outHeight, s.outWidth, s.outChannels];
const filterShape = (s: ConvSizes): Shape => [s.kernelHeight, s.kernelWidth, s.inChannels / s.groups, s.outChannels];

/** The three products of a convolution are each other's gradients. */
function forward(x: Tensor, filter: Tensor, bias: Tensor | undefined, s: ConvSizes): Tensor {
  const device = deviceOf('conv2d', x, filter);
  const y = empty(device, x.dtype, outputShape(s));
  const b = bias && bufferOf('conv2d', bias);
  device.kernels.conv2d(bufferOf('conv2d', x), bufferOf('conv2d', filter), b, bufferOf('conv2d', y), s);
  const rules = [
    (g: Tensor) => inputGradient(g, filter, s),
    (g: Tensor) => filterGradient(x, g, s),
    (g: Tensor) => sum(g, { axis: [0, 1, 2] }),
  ];
  record(y, bias ? [x, filter, bias] : [x, filter], rules.slice(0, bias ? 3 : 2));
  return y;
}

function inputGradient(dy: Tensor, filter: Tensor, s: ConvSizes): Tensor {
  const device = deviceOf('conv2d', dy, filter);
  const dx = empty(device, dy.dtype, inputShape(s));
  device.kernels.conv2dGradInput(bufferOf('conv2d', dy), bufferOf('conv2d', filter), bufferOf('conv2d', dx), s);
  record(dx, [dy, filter], [(g) => forward(g, filter, undefined, s), (g) => filterGradient(g, dy, s)]);
  return dx;
}

function filterGradient(x: Tensor, dy: Tensor, s: ConvSizes): Tensor {
  const device = deviceOf('conv2d', x, dy);
  const df = empty(device, x.dtype, filterShape(s));
  device.kernels.conv2dGradFilter(bufferOf('conv2d', x), bufferOf('conv2d', dy), bufferOf('conv2d', df), s);
  record(df, [x, dy], [(g) => inputGradient(dy, g, s), (g) => forward(x, g, undefined, s)]);
  return df;
}

/**
 * Cross-correlation of images x [batch, height, width, in] with filter [height, width, in / groups, out]:
 * [batch, height', width', out]. Differentiable as often as one likes.
 * @throws {ShapeError} if ranks, channels or sizes do not fit @throws {OptionError} for bad strides, padding, dilation or groups
 */
export function conv2d(x: Tensor<Shape>, filter: Tensor<Shape>, options: ConvOptions = {}): Tensor {
  const { bias } = checkOptions('conv2d', options, names);
  checkOperands('conv2d', x, filter, bias);
  if (x.rank !== 4) throw new ShapeError(`conv2d: x must be [batch, height, width, channels], got ${show(x.shape)}`);
  if (filter.rank !== 4) {
    throw new ShapeError(`conv2d: filter must be [height, width, in / groups, out], got ${show(filter.shape)}`);
  }
  const sizes = convSizes('conv2d', x.shape, filter.shape, options, { x, filter });
  return forward(x, filter, bias, sizes);
}

/** Options of a convolution along one axis. */
export interface Conv1dOptions {
  /** [outChannels]. */
  readonly bias?: Tensor<Shape> | undefined;
  /** Default 1. */
  readonly stride?: number | undefined;
  /** 'valid' (default), 'same', a number for both ends, or [before, after]. */
  readonly padding?: 'valid' | 'same' | number | readonly [number, number] | undefined;
  /** Distance between taps. Default 1. */
  readonly dilation?: number | undefined;
  /** Output group g sees input group g only. Default 1. */
  readonly groups?: number | undefined;
}

/**
 * Cross-correlation of signals x [batch, length, in] with filter [taps, in / groups, out]: [batch, length', out].
 * @throws as `conv2d`
 */
export function conv1d(x: Tensor<Shape>, filter: Tensor<Shape>, options: Conv1dOptions = {}): Tensor {
  const { bias, stride = 1, padding = 'valid', dilation = 1, groups = 1 } = checkOptions('conv1d', options, names);
  checkOperands('conv1d', x, filter, bias);
  if (x.rank !== 3) throw new ShapeError(`conv1d: x must be [batch, length, channels], got ${show(x.shape)}`);
  if (filter.rank !== 3) {
    throw new ShapeError(`conv1d: filter must be [taps, in / groups, out], got ${show(filter.shape)}`);
  }
  const ends = typeof padding === 'number' ? ([padding, padding] as const) : padding;
  const window: ConvOptions = {
    bias,
    groups,
    stride: [1, stride],
    dilation: [1, dilation],
    padding: typeof ends === 'string' ? ends : [[0, 0], ends],
  };
  const [batch, length, channels] = x.shape as readonly [number, number, number];
  const sizes = convSizes('conv1d', [batch, 1, length, channels], [1, ...filter.shape], window, { x, filter });
  return syncScope(() => {
    const y = forward(expandDims(x, 1), expandDims(filter, 0), bias, sizes);
    return squeeze(y, 1);
  });
}
