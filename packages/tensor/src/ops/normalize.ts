/** Layer norm and batch norm. */
import { type Device, OptionError, ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { alias, bufferOf, deviceOf, drop, empty, requireOn } from '../engine.js';
import { requireFloat, requireSameType } from '../require-type.js';
import { countTo, type Shape, show, sizeOf } from '../shape.js';
import { record, recording } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { pullback } from '../vjp.js';
import { add, mul, sub } from './arithmetic.js';
import { rsqrt } from './exponential.js';
import { mean, variance } from './moments.js';

/** Scale, shift and guard of a normalisation. */
export interface NormalizeOptions {
  /** [channels]; default 1. */
  readonly gamma?: Tensor<Shape> | undefined;
  /** [channels]; default 0. */
  readonly beta?: Tensor<Shape> | undefined;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number | undefined;
}

/** The device. */
function check(op: string, x: Tensor<Shape>, options: NormalizeOptions): Device {
  const { gamma, beta, epsilon = 1e-5 } = checkOptions(op, options, ['gamma', 'beta', 'epsilon']);
  const device = deviceOf(op, x);
  if (gamma !== undefined) requireOn(op, device, gamma);
  if (beta !== undefined) requireOn(op, device, beta);
  requireFloat(op, x);
  requireSameType(op, x, gamma, beta);
  if (x.rank === 0) throw new ShapeError(`${op}: expected at least one axis, got a scalar`);
  if (!(epsilon >= 0) || epsilon === Infinity) {
    throw new OptionError(`${op}: epsilon must be a number from 0, got ${epsilon}`);
  }
  for (const t of [gamma, beta]) {
    if (t !== undefined && (t.rank !== 1 || t.size !== x.shape.at(-1))) {
      throw new ShapeError(`${op}: gamma and beta must be [${x.shape.at(-1)}], got ${show(t.shape)}`);
    }
  }
  return device;
}

/** (x - mean) rstd gamma + beta, from operations that can be differentiated as often as one likes. */
function composed(x: Tensor, axes: number | number[], { gamma, beta, epsilon = 1e-5 }: NormalizeOptions): Tensor {
  const centred = sub(x, mean(x, { axis: axes, keepDims: true }));
  const rstd = rsqrt(add(variance(x, { axis: axes, keepDims: true }), epsilon));
  const scaled = gamma === undefined ? mul(centred, rstd) : mul(mul(centred, rstd), gamma);
  return beta === undefined ? scaled : add(scaled, beta);
}

/** Inputs that are there, and the gradients of all three picked for them. */
function pick<T>(options: NormalizeOptions, x: T, gamma: T, beta: T): T[] {
  return [x, ...(options.gamma ? [gamma] : []), ...(options.beta ? [beta] : [])];
}

interface Statistics {
  readonly mean: Tensor;
  readonly rstd: Tensor;
}

function fusedGradients(
  op: 'layerNormGrad' | 'batchNormGrad',
  x: Tensor,
  { gamma, beta }: NormalizeOptions,
  s: Statistics,
  g: Tensor,
): Tensor[] {
  const device = deviceOf(op, x, g);
  const channels = x.shape.at(-1) as number;
  const dx = empty(device, x.dtype, x.shape);
  const dgamma = empty(device, x.dtype, [channels]);
  const dbeta = empty(device, x.dtype, [channels]);
  device.kernels[op](
    bufferOf(op, x),
    gamma && bufferOf(op, gamma),
    bufferOf(op, s.mean),
    bufferOf(op, s.rstd),
    bufferOf(op, g),
    bufferOf(op, dx),
    gamma && bufferOf(op, dgamma),
    beta && bufferOf(op, dbeta),
    x.size / Math.max(channels, 1),
    channels,
  );
  return [dx, dgamma, dbeta];
}

/**
 * Each vector along the last axis shifted to mean 0 and scaled to variance 1, then times gamma plus beta:
 * [..., channels] -> the same. `epsilon`, by default 1e-5, is added to the variance.
 * @throws {ShapeError} for a scalar, and unless gamma and beta are [channels] @throws {OptionError} for a negative or NaN epsilon
 * @throws {DTypeError} unless floats of one type
 */
export function layerNorm<S extends Shape>(x: Tensor<S>, options: NormalizeOptions = {}): Tensor<S> {
  const device = check('layerNorm', x, options);
  const { gamma, beta, epsilon = 1e-5 } = options;
  const size = x.shape.at(-1) as number;
  const rows = sizeOf(x.shape, 0, x.rank - 1);
  const y = empty(device, x.dtype, x.shape);
  const statistics = { mean: empty(device, x.dtype, [rows]), rstd: empty(device, x.dtype, [rows]) };
  device.kernels.layerNorm(
    bufferOf('layerNorm', x),
    gamma && bufferOf('layerNorm', gamma),
    beta && bufferOf('layerNorm', beta),
    bufferOf('layerNorm', y),
    bufferOf('layerNorm', statistics.mean),
    bufferOf('layerNorm', statistics.rstd),
    rows,
    size,
    epsilon,
  );
  const inputs = pick(options, x, gamma as Tensor, beta as Tensor);
  const rule = (g: Tensor): readonly (Tensor | undefined)[] => {
    if (recording()) return pullback(() => composed(x, -1, options), inputs, g);
    const [dx, dgamma, dbeta] = fusedGradients('layerNormGrad', x, options, statistics, g);
    return pick(options, dx, dgamma, dbeta);
  };
  record(y, inputs, rule, [statistics.mean, statistics.rstd]);
  drop(statistics.mean);
  drop(statistics.rstd);
  return y;
}

/** What batch norm gives: the result and the statistics of the batch, for running averages. */
export interface BatchNormResult {
  readonly output: Tensor;
  /** [channels]; no gradient flows through it. */
  readonly mean: Tensor;
  /** [channels], divided by the number of rows; no gradient flows through it. */
  readonly variance: Tensor;
}

/**
 * Each channel (last axis) shifted and scaled by the mean and variance over all other axes, then times gamma plus beta:
 * [..., channels] -> the same, with the statistics. `epsilon`, by default 1e-5, is added to the variance. For inference with
 * stored statistics write sub, mul and add.
 * @throws {ShapeError} for a scalar, and unless gamma and beta are [channels] @throws {OptionError} for a negative or NaN epsilon
 * @throws {DTypeError} unless floats of one type
 */
export function batchNorm(x: Tensor<Shape>, options: NormalizeOptions = {}): BatchNormResult {
  const device = check('batchNorm', x, options);
  const { gamma, beta, epsilon = 1e-5 } = options;
  const channels = x.shape.at(-1) as number;
  const output = empty(device, x.dtype, x.shape);
  const statistic = (): Tensor => empty(device, x.dtype, [channels]);
  const [mean, variance, rstd] = [statistic(), statistic(), statistic()];
  device.kernels.batchNorm(
    bufferOf('batchNorm', x),
    gamma && bufferOf('batchNorm', gamma),
    beta && bufferOf('batchNorm', beta),
    bufferOf('batchNorm', output),
    bufferOf('batchNorm', mean),
    bufferOf('batchNorm', variance),
    bufferOf('batchNorm', rstd),
    sizeOf(x.shape, 0, x.rank - 1),
    channels,
    epsilon,
  );
  const inputs = pick(options, x, gamma as Tensor, beta as Tensor);
  const axes = countTo(x.rank - 1);
  // The statistics may be disposed by the caller: the backward pass keeps its own hold on the mean.
  const kept = { mean: alias('batchNorm', mean, mean.shape), rstd };
  const rule = (g: Tensor): readonly (Tensor | undefined)[] => {
    if (recording()) return pullback(() => composed(x, axes, options), inputs, g);
    const [dx, dgamma, dbeta] = fusedGradients('batchNormGrad', x, options, kept, g);
    return pick(options, dx, dgamma, dbeta);
  };
  record(output, inputs, rule, [kept.mean, rstd]);
  drop(kept.mean);
  drop(rstd);
  return { output, mean, variance };
}
