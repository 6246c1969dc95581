/** What ends each half of a layer: a map back to the tokens, dropout, the input added, and a norm. */
import { Dropout, LayerNorm, Module } from '@saccade/nn';
import { add, layerNorm, type Rng, scope, type Tensor } from '@saccade/tensor';
import { HeadOutput } from './self-attention.js';
import { SmallLinear } from './small-linear.js';

/** Sizes and habits. */
export interface AddAndNormOptions {
  readonly width: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** Probability with which a value is dropped in training. */
  readonly dropout: number;
  readonly rng: Rng;
}

const nameOf = (property: string): string => (property === 'norm' ? 'LayerNorm' : property);

/** Behind the heads. State: `dense`, `dense_bias`, `LayerNorm`. */
export class AttentionOutput extends HeadOutput {
  readonly norm: LayerNorm;
  readonly dropout: Dropout;

  constructor({ width, epsilon, dropout, rng }: AddAndNormOptions) {
    super(width, rng);
    this.norm = new LayerNorm(width, { epsilon });
    this.dropout = new Dropout(dropout, { rng });
  }

  protected override nameOf(property: string): string {
    return nameOf(property);
  }

  /** LN(x + output), or without the input LN(output), of what the map made of the heads: [batch, tokens, width] -> the same. */
  finish(mapped: Tensor, x: Tensor | undefined): Tensor {
    return scope(() => {
      const dropped = this.dropout.forward(mapped);
      return this.norm.forward(x === undefined ? dropped : add(dropped, x));
    });
  }

  /** The norm without what it has learned. */
  plainNorm(x: Tensor): Tensor {
    return layerNorm(x, { epsilon: this.norm.epsilon });
  }
}

/** Behind the inner half of an MLP: LN(x + dense(inner)). State: `dense`, `LayerNorm`. */
export class MlpOutput extends Module<[inner: Tensor, x: Tensor]> {
  readonly dense: SmallLinear;
  readonly norm: LayerNorm;
  readonly dropout: Dropout;

  constructor({ width, epsilon, dropout, rng }: AddAndNormOptions) {
    super();
    this.dense = new SmallLinear(width, width, rng);
    this.norm = new LayerNorm(width, { epsilon });
    this.dropout = new Dropout(dropout, { rng });
  }

  protected override nameOf(property: string): string {
    return nameOf(property);
  }

  override forward(inner: Tensor, x: Tensor): Tensor {
    return scope(() => this.norm.forward(add(this.dropout.forward(this.dense.forward(inner)), x)));
  }
}
