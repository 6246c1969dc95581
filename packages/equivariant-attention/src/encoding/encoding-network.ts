/** The small network that turns coordinates into encodings (the paper's rho^P; appendix of the release: 1 -> 16 -> d). */
import { LayerNorm, type Linear, Module } from '@saccade/nn';
import { type Rng, scope, silu, type Tensor } from '@saccade/tensor';
import { pointwise } from '../layers/pointwise.js';

/** Channels between the two maps. */
const hidden = 16;

/** Options of the network. */
export interface EncodingNetworkOptions {
  /** Added to the variance in the norm. */
  readonly epsilon: number;
  /** Start values are normal with deviation `initScale` / sqrt(inputs), biases 0. */
  readonly initScale: number;
  readonly rng: Rng;
}

/** output(swish(norm(hidden(x)))): [count, inputs] -> [count, outputs]. */
export class EncodingNetwork extends Module {
  readonly hidden: Linear;
  readonly norm: LayerNorm;
  readonly output: Linear;

  constructor(inputs: number, outputs: number, { epsilon, initScale, rng }: EncodingNetworkOptions) {
    super();
    this.hidden = pointwise(inputs, hidden, { rng, initScale });
    this.norm = new LayerNorm(hidden, { epsilon });
    this.output = pointwise(hidden, outputs, { rng, initScale });
  }

  override forward(x: Tensor): Tensor {
    return scope(() => this.output.forward(silu(this.norm.forward(this.hidden.forward(x)))));
  }
}
