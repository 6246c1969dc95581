/** Windows of pooling layers, and the convolutions that means over them are. */
import { OptionError, quote } from '@saccade/tensor';
import type { DenseConvolution } from '../convolution/convolution.js';
import type { ChannelMap } from './batch-norm.js';
import type { Place } from './weights.js';

/** A window that slides, one number an axis. */
export interface PoolWindow {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  /** On both sides. */
  readonly padding: readonly number[];
}

/** As layers have it. */
export interface PoolWindowOptions {
  readonly size: number | readonly number[];
  readonly stride?: number | readonly number[] | undefined;
  readonly padding?: number | readonly number[] | undefined;
}

/** @throws {OptionError} for sizes and strides that are no whole numbers from 1, and padding above half the size */
export function poolWindow(
  op: string,
  { size, stride = size, padding = 0 }: PoolWindowOptions,
  dims: number,
): PoolWindow {
  const each = (name: string, value: number | readonly number[], least: number): number[] => {
    const list = Array.isArray(value) ? [...(value as number[])] : new Array<number>(dims).fill(value as number);
    if (list.length === dims && list.every((v) => Number.isSafeInteger(v) && v >= least)) return list;
    throw new OptionError(
      `${op}: ${name} must be a whole number from ${least}, or ${dims} of them, got ${quote(value)}`,
    );
  };
  const window = {
    size: each('size', size, 1),
    stride: each('stride', stride, 1),
    padding: each('padding', padding, 0),
  };
  if (window.padding.some((width, i) => width > window.size[i]! / 2)) {
    throw new OptionError(`${op}: padding must be at most half the size ${quote(window.size)}, got ${quote(padding)}`);
  }
  return window;
}

/** Positions of the window along each axis; below 1 where it does not fit. */
export function windowExtents({ size, stride, padding }: PoolWindow, extents: readonly number[]): number[] {
  return extents.map((extent, i) => Math.floor((extent + 2 * padding[i]! - size[i]!) / stride[i]!) + 1);
}

/** The mean over a window: each channel by itself, with equal taps. */
export function averageWindow({ size, stride, padding }: PoolWindow, channels: number, place: Place): DenseConvolution {
  const taps = size.reduce((a, b) => a * b, 1);
  const weight = diagonal(taps, channels, () => 1 / taps);
  return {
    ...convolution(size, channels, weight, undefined, place),
    stride,
    padding: padding.map((width) => [width, width] as const),
  };
}

/** An affine map of each channel, as a convolution of one tap. */
export function channelwise({ scale, shift }: ChannelMap, dims: number, place: Place): DenseConvolution {
  const weight = diagonal(1, scale.length, (c) => scale[c]!);
  return convolution(new Array<number>(dims).fill(1), scale.length, weight, shift, place);
}

/** [taps, channels, channels]. */
function diagonal(taps: number, channels: number, value: (c: number) => number): Float64Array {
  const weight = new Float64Array(taps * channels * channels);
  for (let tap = 0; tap < taps; tap++) {
    for (let c = 0; c < channels; c++) weight[(tap * channels + c) * channels + c] = value(c);
  }
  return weight;
}

function convolution(
  kernel: readonly number[],
  channels: number,
  weight: Float64Array,
  bias: Float64Array | undefined,
  place: Place,
): DenseConvolution {
  const each = kernel.map(() => 1);
  return {
    ...{ kernel, weight, bias, inputs: channels, outputs: channels, groups: channels },
    ...{ stride: each, dilation: each, padding: kernel.map(() => [0, 0] as const), paddingMode: 'zeros' },
    ...place,
  };
}
