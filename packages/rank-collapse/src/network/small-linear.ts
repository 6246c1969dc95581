/** Affine maps that start as BERT's: small normal weights, and no bias at first. */
import { type Initializer, Linear, normalInitializer } from '@saccade/nn';
import { assign, type Rng, scope, type Tensor, zerosLike } from '@saccade/tensor';

/** Weights N(0, 0.02), those of embeddings too. */
export const smallNormal: Initializer = normalInitializer(0.02);

/** y = x weight^T + bias, with weights N(0, 0.02) and a bias of 0: [..., inputs] -> [..., outputs]. State: `weight`, `bias`. */
export class SmallLinear extends Linear {
  declare readonly bias: Tensor;

  constructor(inputs: number, outputs: number, rng: Rng) {
    super(inputs, outputs, { rng, initializer: smallNormal });
    scope(() => assign(this.bias, zerosLike(this.bias)));
  }
}
