/** Dropout: random zeros in training. */
import { checkOptions, mul, type Rng, scope, type Tensor, where } from '@saccade/tensor';
import { requireRng, requireTensors, requireWithin } from '../check.js';
import { Module } from '../module.js';

/** In training sets values to 0 with a probability and scales the rest by 1 / (1 - probability); in evaluation does nothing. Srivastava et al. 2014. */
export class Dropout extends Module {
  readonly probability: number;
  readonly rng: Rng;

  /** @param options.rng the stream is split from it, so that layers draw independently @throws {OptionError} unless the probability is in [0, 1] */
  constructor(probability: number, options: { readonly rng: Rng }) {
    super();
    const { rng } = checkOptions('Dropout', options, ['rng']);
    this.probability = requireWithin('Dropout', 'probability', probability, 0, 1);
    this.rng = this.generator('rng', requireRng('Dropout', rng).split(1)[0] as Rng);
  }

  override forward(x: Tensor): Tensor {
    requireTensors('Dropout', { x });
    return this.training ? drop(x, this.probability, this.rng) : x;
  }
}

/** The operation itself. */
function drop(x: Tensor, probability: number, rng: Rng): Tensor {
  if (probability === 0) return x;
  if (probability === 1) return mul(x, 0);
  return scope(() => {
    const kept = rng.bernoulli(x.shape, 1 - probability, { device: x.device });
    return where(kept, mul(x, 1 / (1 - probability)), 0);
  });
}
