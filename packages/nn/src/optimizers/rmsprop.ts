/** RMSprop, with momentum. */
import { assign, checkOptions, maximum, requireFrom, requireWithin, type Tensor } from '@saccade/tensor';
import { Optimizer, type OptimizerOptions, optimizerOptionNames, type Update } from './optimizer.js';
import type { Trainable } from './trainable.js';

/** Options of RMSprop. */
export interface RMSpropOptions extends OptimizerOptions {
  /** How much of the running mean of squares stays each step. Default 0.99. */
  readonly alpha?: number | undefined;
  /** Added to the root of the mean square. Default 1e-8. */
  readonly epsilon?: number | undefined;
  /** Share of the last velocity that stays. Default 0. */
  readonly momentum?: number | undefined;
  /** Takes the variance of the gradients instead of their mean square. Default false. */
  readonly centered?: boolean | undefined;
}

/**
 * s = alpha s + (1 - alpha) g^2; d = g / (sqrt(s) + epsilon); parameter -= rate d, or with momentum v = momentum v + d;
 * parameter -= rate v. Centered: sqrt(s - m^2) with m = alpha m + (1 - alpha) g. Tieleman and Hinton 2012, Graves 2013;
 * as in PyTorch.
 */
export class RMSprop extends Optimizer {
  readonly #alpha: number;
  readonly #epsilon: number;
  readonly #momentum: number;

  /** @throws {OptionError} for a negative rate, decay or epsilon, or alpha or momentum outside [0, 1] */
  constructor(trained: Trainable, options: RMSpropOptions) {
    const names = [...optimizerOptionNames, 'alpha', 'epsilon', 'momentum', 'centered'] as const;
    const { alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false } = checkOptions('RMSprop', options, names);
    requireWithin('RMSprop', 'alpha', alpha, 0, 1);
    requireFrom('RMSprop', 'epsilon', epsilon);
    requireWithin('RMSprop', 'momentum', momentum, 0, 1);
    super(trained, options, ['square', ...(centered ? ['mean'] : []), ...(momentum > 0 ? ['velocity'] : [])]);
    this.#alpha = alpha;
    this.#epsilon = epsilon;
    this.#momentum = momentum;
  }

  protected override move({ parameter, gradient, memory, rate }: Update): Tensor {
    const { mean, velocity } = memory;
    const square = memory.square as Tensor;
    const average = (old: Tensor, next: Tensor): void => {
      assign(old, old.mul(this.#alpha).add(next.mul(1 - this.#alpha)));
    };
    average(square, gradient.square());
    if (mean !== undefined) average(mean, gradient);
    // Rounding may bring a variance of 0 below it.
    const spread = mean === undefined ? square : maximum(square.sub(mean.square()), 0);
    const direction = gradient.div(spread.sqrt().add(this.#epsilon));
    if (velocity === undefined) return parameter.sub(direction.mul(rate));
    assign(velocity, velocity.mul(this.#momentum).add(direction));
    return parameter.sub(velocity.mul(rate));
  }
}
