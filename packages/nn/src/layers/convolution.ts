/** Convolutional layers, channels last. */
import {
  checkOptions,
  conv1d,
  conv2d,
  OptionError,
  type Padding,
  type Pair,
  quote,
  type Rng,
  requireCount,
  requireDivides,
  requireRng,
  ShapeError,
  scope,
  show,
  type Tensor,
  transpose,
} from '@saccade/tensor';
import { requireTensors } from '../check.js';
import { type Initializer, initialWeight, symmetric } from '../initializers.js';
import { Module } from '../module.js';
import { torchUniform } from './linear.js';

/** What the layers of both dimensions share. */
interface CommonOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Adds a bias. Default true. */
  readonly bias?: boolean | undefined;
  /** Output group g sees input group g only. Default 1. */
  readonly groups?: number | undefined;
  /** Makes the weight. Default: PyTorch's, uniform in ±1 / sqrt(inputs of one output), which the bias always is. */
  readonly initializer?: Initializer | undefined;
}

/** Options of a convolution along one axis. */
export interface Conv1dLayerOptions extends CommonOptions {
  /** Default 1. */
  readonly stride?: number | undefined;
  /** 'valid', 'same', a number for both ends, or [before, after]. Default 'valid'. */
  readonly padding?: 'valid' | 'same' | number | readonly [number, number] | undefined;
  /** Distance between taps. Default 1. */
  readonly dilation?: number | undefined;
}

/** Options of a convolution of images. */
export interface Conv2dLayerOptions extends CommonOptions {
  /** Default 1. */
  readonly stride?: Pair | undefined;
  /** As `conv2d` takes it. Default 'valid'. */
  readonly padding?: Padding | undefined;
  /** Distance between taps. Default 1. */
  readonly dilation?: Pair | undefined;
}

const names = ['rng', 'bias', 'groups', 'initializer', 'stride', 'padding', 'dilation'] as const;

/** Start values: filter [...taps, inputs / groups, outputs] and bias. */
function start(
  op: string,
  axes: number,
  inputs: number,
  outputs: number,
  taps: readonly number[],
  options: CommonOptions,
) {
  requireCount(op, 'inputs', inputs);
  requireCount(op, 'outputs', outputs);
  for (const extent of taps) requireCount(op, 'size', extent);
  if (taps.length !== axes)
    throw new OptionError(`${op}: size must be a number or ${axes} of them, got ${quote(taps)}`);
  const { bias = true, groups = 1, initializer = torchUniform } = options;
  requireDivides(op, 'groups', groups, inputs, outputs);
  const rng = requireRng(op, options.rng);
  const area = taps.reduce((product, extent) => product * extent, 1);
  const fan = { in: (area * inputs) / groups, out: (area * outputs) / groups };
  // Initializers know PyTorch's layout; ours has the taps first.
  const order = [...taps.map((_, i) => i + 2), 1, 0];
  return {
    filter: scope(() =>
      transpose(initialWeight(op, initializer, [outputs, inputs / groups, ...taps], fan, rng), order),
    ),
    bias: bias ? symmetric([outputs], 1 / Math.sqrt(fan.in), rng) : undefined,
  };
}

/** @throws {ShapeError} unless x has these axes and channels last */
function requireImages(op: string, x: Tensor, axes: readonly string[], channels: number): void {
  requireTensors(op, { x });
  if (x.rank === axes.length + 2 && x.shape.at(-1) === channels) return;
  const hint = x.rank === axes.length + 2 && x.shape[1] === channels ? '; channels come last here' : '';
  throw new ShapeError(`${op}: expected [batch, ${axes.join(', ')}, ${channels}], got ${show(x.shape)}${hint}`);
}

/**
 * Cross-correlation of images: [batch, height, width, inputs] -> [batch, height', width', outputs].
 * `weight` is [height, width, inputs / groups, outputs], in state dicts [outputs, inputs / groups, height, width].
 */
export class Conv2d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly #inputs: number;
  readonly #window: Pick<Conv2dLayerOptions, 'stride' | 'padding' | 'dilation' | 'groups'>;

  /** @param size of the filter, one number or [height, width] @throws {OptionError} for sizes below 1, groups that do not divide, or no generator */
  constructor(inputs: number, outputs: number, size: Pair, options: Conv2dLayerOptions) {
    super();
    const { stride, padding, dilation, groups } = checkOptions('Conv2d', options, names);
    const taps = Array.isArray(size) ? (size as readonly number[]) : [size as number, size as number];
    const { filter, bias } = start('Conv2d', 2, inputs, outputs, taps, options);
    this.#inputs = inputs;
    this.#window = { stride, padding, dilation, groups };
    this.weight = this.parameter('weight', filter, { order: [3, 2, 0, 1] });
    this.bias = bias && this.parameter('bias', bias);
  }

  /** @throws {ShapeError} unless x is [batch, height, width, inputs] and at least as large as the filter */
  override forward(x: Tensor): Tensor {
    requireImages('Conv2d', x, ['height', 'width'], this.#inputs);
    return conv2d(x, this.weight, { ...this.#window, bias: this.bias });
  }
}

/**
 * Cross-correlation of signals: [batch, length, inputs] -> [batch, length', outputs].
 * `weight` is [taps, inputs / groups, outputs], in state dicts [outputs, inputs / groups, taps].
 */
export class Conv1d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly #inputs: number;
  readonly #window: Pick<Conv1dLayerOptions, 'stride' | 'padding' | 'dilation' | 'groups'>;

  /** @param size taps of the filter @throws {OptionError} for sizes below 1, groups that do not divide, or no generator */
  constructor(inputs: number, outputs: number, size: number, options: Conv1dLayerOptions) {
    super();
    const { stride, padding, dilation, groups } = checkOptions('Conv1d', options, names);
    const { filter, bias } = start('Conv1d', 1, inputs, outputs, [size], options);
    this.#inputs = inputs;
    this.#window = { stride, padding, dilation, groups };
    this.weight = this.parameter('weight', filter, { order: [2, 1, 0] });
    this.bias = bias && this.parameter('bias', bias);
  }

  /** @throws {ShapeError} unless x is [batch, length, inputs] and at least as long as the filter */
  override forward(x: Tensor): Tensor {
    requireImages('Conv1d', x, ['length'], this.#inputs);
    return conv1d(x, this.weight, { ...this.#window, bias: this.bias });
  }
}
