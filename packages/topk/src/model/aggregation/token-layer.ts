/** A transformer layer over the tokens of patches, with the norms and the dropout where the paper's code has them. */
import { Dropout, LayerNorm, type Linear, Module, MultiHeadAttention } from '@saccade/nn';
import { add, type Rng, relu, scope, type Tensor } from '@saccade/tensor';
import { flaxDense } from '../flax-layers.js';

/** Epsilon of all norms of the aggregations. */
export const NORM_EPSILON = 1e-6;

/** How a layer is made. */
interface TokenLayerOptions {
  readonly rng: Rng;
  readonly hidden: number;
  readonly dropout: number;
  readonly normFirst: boolean;
}

/** drop(linear2(relu(linear1(x)))). */
export class FeedForward extends Module {
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly dropout: Dropout;

  constructor(channels: number, { rng, hidden, dropout }: Omit<TokenLayerOptions, 'normFirst'>) {
    super();
    this.linear1 = flaxDense(channels, hidden, { rng });
    this.linear2 = flaxDense(hidden, channels, { rng });
    this.dropout = new Dropout(dropout, { rng });
  }

  override forward(x: Tensor): Tensor {
    return scope(() => this.dropout.forward(this.linear2.forward(relu(this.linear1.forward(x)))));
  }
}

/**
 * x = norm1(x + drop(attention(x))), then norm2(x + feedForward(x)). With `normFirst` instead x = norm1(x), then
 * x + drop(attention(x)), then x + feedForward(norm2(x)): as in the paper's code, and unlike the usual form, the first norm
 * replaces x before the sum too. State: `self_attn`, `feed_forward.linear1`, `feed_forward.linear2`, `norm1`, `norm2`.
 */
export class TokenLayer extends Module {
  readonly selfAttn: MultiHeadAttention;
  readonly feedForward: FeedForward;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout: Dropout;
  readonly normFirst: boolean;

  constructor(channels: number, heads: number, options: TokenLayerOptions) {
    super();
    const { rng, dropout, normFirst } = options;
    this.selfAttn = new MultiHeadAttention(channels, heads, { rng });
    this.feedForward = new FeedForward(channels, options);
    this.norm1 = new LayerNorm(channels, { epsilon: NORM_EPSILON });
    this.norm2 = new LayerNorm(channels, { epsilon: NORM_EPSILON });
    this.dropout = new Dropout(dropout, { rng });
    this.normFirst = normFirst;
  }

  override forward(x: Tensor): Tensor {
    const attend = (t: Tensor): Tensor => add(t, this.dropout.forward(this.selfAttn.forward(t)));
    return scope(() => {
      if (this.normFirst) {
        const middle = attend(this.norm1.forward(x));
        return add(middle, this.feedForward.forward(this.norm2.forward(middle)));
      }
      const middle = this.norm1.forward(attend(x));
      return this.norm2.forward(add(middle, this.feedForward.forward(middle)));
    });
  }
}
