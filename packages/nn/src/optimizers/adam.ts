/** Adam, and Adam with decoupled decay. */
import { optimizerSteps } from '@saccade/kernels';
import {
  assign,
  checkOptions,
  deviceOf,
  empty,
  kernelsOn,
  OptionError,
  quote,
  requireFrom,
  type Tensor,
} from '@saccade/tensor';
import { Optimizer, type OptimizerOptions, optimizerOptionNames, type Update } from './optimizer.js';
import type { Trainable } from './trainable.js';

/** Options of both. */
export interface AdamOptions extends OptimizerOptions {
  /** How much of the running means of gradients and of their squares stays each step. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number] | undefined;
  /** Added to the root of the mean square. Default 1e-8. */
  readonly epsilon?: number | undefined;
}

/**
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 * parameter -= rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon). Kingma and Ba 2015.
 */
export class Adam extends Optimizer {
  readonly #betas: readonly [number, number];
  readonly #epsilon: number;

  /** @throws {OptionError} for a negative rate, decay or epsilon, or betas outside [0, 1) */
  constructor(trained: Trainable, options: AdamOptions) {
    const names = [...optimizerOptionNames, 'betas', 'epsilon'] as const;
    const { betas = [0.9, 0.999], epsilon = 1e-8 } = checkOptions(new.target.name, options, names);
    if (!Array.isArray(betas) || betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1)) {
      throw new OptionError(`${new.target.name}: betas must be two numbers from 0 to below 1, got ${quote(betas)}`);
    }
    requireFrom(new.target.name, 'epsilon', epsilon);
    super(trained, options, ['mean', 'square']);
    this.#betas = betas;
    this.#epsilon = epsilon;
  }

  protected override move({ parameter, gradient, memory, rate, step }: Update): Tensor {
    const [beta1, beta2] = this.#betas;
    const { mean, square } = memory as { readonly mean: Tensor; readonly square: Tensor };
    const device = deviceOf('Adam', parameter);
    const like = (t: Tensor): Tensor => empty(device, t.dtype, t.shape);
    const [moved, newMean, newSquare] = [like(parameter), like(mean), like(square)];
    const factors = {
      beta1,
      beta2,
      rate: rate / (1 - beta1 ** step),
      root: 1 / Math.sqrt(1 - beta2 ** step),
      epsilon: this.#epsilon,
    };
    const { adam } = kernelsOn('Adam', device, optimizerSteps);
    adam(parameter, gradient, mean, square, moved, newMean, newSquare, factors);
    assign(mean, newMean);
    assign(square, newSquare);
    return moved;
  }
}

/** Adam whose parameters shrink by rate decay each step (default decay 0.01). Loshchilov and Hutter 2019. */
export class AdamW extends Adam {
  /** @throws {OptionError} as Adam */
  constructor(trained: Trainable, options: AdamOptions) {
    super(trained, { ...options, decay: options?.decay ?? 0.01 });
  }
}
