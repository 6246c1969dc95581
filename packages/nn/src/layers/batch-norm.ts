/** Batch norm with running statistics. */
import {
  add,
  assign,
  batchNorm,
  checkOptions,
  mul,
  ones,
  requireCount,
  requireFrom,
  requireWithin,
  rsqrt,
  ShapeError,
  scope,
  show,
  sub,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { requireTensors } from '../check.js';
import { Module } from '../module.js';

/** Options of batch norm. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number | undefined;
  /** Share of the newest batch in the running statistics. Default 0.1. */
  readonly momentum?: number | undefined;
  /** Learns a scale and a shift for each channel. Default true. */
  readonly affine?: boolean | undefined;
  /**
   * Averages the variance divided by the number of rows instead of one less, as TensorFlow and Flax do; a batch of one row
   * is then no error. Default false, as in PyTorch.
   */
  readonly biased?: boolean | undefined;
}

/**
 * Each channel (last axis) shifted and scaled to mean 0 and variance 1 over all other axes: in training by the statistics
 * of the batch, in evaluation by their running averages. Any rank from 2. Ioffe and Szegedy 2015.
 * State: `weight`, `bias`, `running_mean`, `running_var` [channels], `num_batches_tracked`.
 */
export class BatchNorm extends Module {
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
  readonly batchesTracked: Tensor;
  readonly epsilon: number;
  readonly momentum: number;
  readonly biased: boolean;

  /** @throws {OptionError} */
  constructor(channels: number, options: BatchNormOptions = {}) {
    super();
    const names = ['epsilon', 'momentum', 'affine', 'biased'] as const;
    const { epsilon = 1e-5, momentum = 0.1, affine = true, biased = false } = checkOptions('BatchNorm', options, names);
    requireCount('BatchNorm', 'channels', channels);
    this.epsilon = requireFrom('BatchNorm', 'epsilon', epsilon);
    this.momentum = requireWithin('BatchNorm', 'momentum', momentum, 0, 1);
    this.biased = biased;
    this.weight = affine ? this.parameter('weight', ones([channels])) : undefined;
    this.bias = affine ? this.parameter('bias', zeros([channels])) : undefined;
    this.runningMean = this.buffer('running_mean', zeros([channels]));
    this.runningVar = this.buffer('running_var', ones([channels]));
    this.batchesTracked = this.buffer('num_batches_tracked', tensor(0, { dtype: 'int32' }));
  }

  /** @throws {ShapeError} unless x is [..., channels], in training with more than one row (or `biased`) */
  override forward(x: Tensor): Tensor {
    requireTensors('BatchNorm', { x });
    const channels = this.runningMean.size;
    if (x.rank < 2 || x.shape.at(-1) !== channels) {
      throw new ShapeError(`BatchNorm: expected [batch, ..., ${channels}], got ${show(x.shape)}`);
    }
    return scope(() => (this.training ? this.#byBatch(x) : this.#byRunningStatistics(x)));
  }

  #byBatch(x: Tensor): Tensor {
    const rows = x.size / this.runningMean.size;
    const { epsilon, momentum, biased } = this;
    if (rows < (biased ? 1 : 2)) {
      const what = rows === 1 ? 'one row has no variance' : 'there are no rows';
      throw new ShapeError(`BatchNorm: ${what} to train by, got ${show(x.shape)}`);
    }
    const { output, mean, variance } = batchNorm(x, { gamma: this.weight, beta: this.bias, epsilon });
    const follow = (running: Tensor, now: Tensor): void => {
      assign(running, add(mul(running, 1 - momentum), mul(now, momentum)));
    };
    follow(this.runningMean, mean);
    follow(this.runningVar, biased ? variance : mul(variance, rows / (rows - 1)));
    assign(this.batchesTracked, add(this.batchesTracked, 1));
    return output;
  }

  /** x scale + shift, with both worked out for each channel. */
  #byRunningStatistics(x: Tensor): Tensor {
    const rstd = rsqrt(add(this.runningVar, this.epsilon));
    const scale = this.weight === undefined ? rstd : mul(this.weight, rstd);
    const offset = mul(this.runningMean, scale);
    return add(mul(x, scale), this.bias === undefined ? mul(offset, -1) : sub(this.bias, offset));
  }
}
