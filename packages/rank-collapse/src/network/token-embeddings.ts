/** Tokens of ids: word and position, through an affine map and a norm. */
import { Embedding, LayerNorm, Module } from '@saccade/nn';
import { add, type Rng, requireShape, ShapeError, scope, type Tensor } from '@saccade/tensor';
import { SmallLinear, smallNormal } from './small-linear.js';

/** Sizes of the tables. */
export interface TokenEmbeddingsOptions {
  readonly vocabulary: number;
  readonly positions: number;
  readonly padding?: number | undefined;
  readonly width: number;
  readonly epsilon: number;
  readonly rng: Rng;
}

/** LN((word + position) W^T + b): int32 [batch, tokens] -> [batch, tokens, width]. State: `word_embeddings`, `position_embeddings`, `lin`, `LayerNorm`. */
export class TokenEmbeddings extends Module {
  readonly wordEmbeddings: Embedding;
  readonly positionEmbeddings: Embedding;
  readonly lin: SmallLinear;
  readonly norm: LayerNorm;

  constructor({ vocabulary, positions, padding, width, epsilon, rng }: TokenEmbeddingsOptions) {
    super();
    this.wordEmbeddings = new Embedding(vocabulary, width, { rng, padding, initializer: smallNormal });
    this.positionEmbeddings = new Embedding(positions, width, { rng, initializer: smallNormal });
    this.lin = new SmallLinear(width, width, rng);
    this.norm = new LayerNorm(width, { epsilon });
  }

  protected override nameOf(property: string): string {
    return property === 'norm' ? 'LayerNorm' : property;
  }

  /** @throws {ShapeError} unless tokens are [batch, tokens], no more of them than there are positions */
  override forward(tokens: Tensor): Tensor {
    const op = 'SelfAttentionNetwork';
    const [, length] = requireShape(op, 'tokens', tokens, ['batch', 'tokens']);
    const [positions] = this.positionEmbeddings.weight.shape;
    if (length > (positions ?? 0)) {
      throw new ShapeError(`${op}: there are ${positions} positions, got ${length} tokens`);
    }
    return scope(() => {
      const places = this.positionEmbeddings.weight.at(`0:${length}`);
      return this.norm.forward(this.lin.forward(add(this.wordEmbeddings.forward(tokens), places)));
    });
  }
}
