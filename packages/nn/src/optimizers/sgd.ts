/** Stochastic gradient descent, with momentum. */
import { assign, checkOptions, OptionError, requireWithin, type Tensor } from '@saccade/tensor';
import { Optimizer, type OptimizerOptions, optimizerOptionNames, type Update } from './optimizer.js';
import type { Trainable } from './trainable.js';

/** Options of SGD. */
export interface SGDOptions extends OptimizerOptions {
  /** Share of the last velocity that stays. Default 0. */
  readonly momentum?: number | undefined;
  /** Looks ahead by one velocity. Default false. */
  readonly nesterov?: boolean | undefined;
}

/** v = momentum v + g; parameter -= rate v, or with Nesterov's look-ahead rate (g + momentum v). Sutskever et al. 2013. */
export class SGD extends Optimizer {
  readonly #momentum: number;
  readonly #nesterov: boolean;

  /** @throws {OptionError} for a negative rate or decay, a momentum outside [0, 1], or Nesterov without momentum */
  constructor(trained: Trainable, options: SGDOptions) {
    const { momentum = 0, nesterov = false } = checkOptions('SGD', options, [
      ...optimizerOptionNames,
      'momentum',
      'nesterov',
    ]);
    requireWithin('SGD', 'momentum', momentum, 0, 1);
    if (nesterov && momentum === 0) throw new OptionError('SGD: nesterov needs a momentum above 0');
    super(trained, options, momentum > 0 ? ['velocity'] : []);
    this.#momentum = momentum;
    this.#nesterov = nesterov;
  }

  protected override move({ parameter, gradient, memory, rate }: Update): Tensor {
    const { velocity } = memory;
    if (velocity === undefined) return parameter.sub(gradient.mul(rate));
    assign(velocity, velocity.mul(this.#momentum).add(gradient));
    const direction = this.#nesterov ? gradient.add(velocity.mul(this.#momentum)) : velocity;
    return parameter.sub(direction.mul(rate));
  }
}
