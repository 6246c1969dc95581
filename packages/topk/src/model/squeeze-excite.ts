/** Squeeze and excite: channels weighed by what the whole picture holds. */
import { type Linear, Module } from '@saccade/nn';
import {
  checkOptions,
  mean,
  mul,
  type Rng,
  relu,
  requireCount,
  requireRng,
  requireShape,
  scope,
  sigmoid,
  type Tensor,
} from '@saccade/tensor';
import { flaxDense } from './flax-layers.js';

/** Options of the layer. */
export interface SqueezeExciteOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** How many times fewer channels there are in between, at least 1. Default 16. */
  readonly reduction?: number | undefined;
}

/**
 * x sigmoid(excite relu(squeeze mean(x))), the mean over all positions: [batch, height, width, channels] -> the same.
 * No biases. Hu et al. 2018. State: `squeeze.weight` [channels / reduction, channels], `excite.weight` its transposed shape.
 */
export class SqueezeExcite extends Module {
  readonly channels: number;
  readonly squeeze: Linear;
  readonly excite: Linear;

  /** @throws {OptionError} */
  constructor(channels: number, options: SqueezeExciteOptions) {
    super();
    const op = 'SqueezeExcite';
    const { reduction = 16 } = checkOptions(op, options, ['rng', 'reduction']);
    const rng = requireRng(op, options.rng);
    this.channels = requireCount(op, 'channels', channels);
    requireCount(op, 'reduction', reduction);
    const narrow = Math.max(1, Math.floor(channels / reduction));
    this.squeeze = flaxDense(channels, narrow, { rng, bias: false });
    this.excite = flaxDense(narrow, channels, { rng, bias: false });
  }

  /** @throws {ShapeError} unless x is [batch, height, width, channels] */
  override forward(x: Tensor): Tensor {
    requireShape('SqueezeExcite', 'images', x, ['batch', 'height', 'width', this.channels]);
    return scope(() => {
      const whole = mean(x, { axis: [1, 2], keepDims: true });
      return mul(x, sigmoid(this.excite.forward(relu(this.squeeze.forward(whole)))));
    });
  }
}
