/** Ordinary heads of any key dimension, one beside another: what is compared with, and compressed. */
import type { CollaborateOptions, ConcatenatedWeights } from '@saccade/collab-attention';
import { joinHeads, Linear, Module, splitHeads } from '@saccade/nn';
import { attention, type Rng, scope, type Tensor } from '@saccade/tensor';

/** softmax(Q K^T / sqrt(dims of a head)) V in each head, and a map of all. */
export class OrdinaryAttention extends Module<[x: Tensor, options: CollaborateOptions]> {
  readonly heads: number;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly dense: Linear;

  /** @param keyDim of all heads together */
  constructor(width: number, heads: number, keyDim: number, rng: Rng) {
    super();
    this.heads = heads;
    this.query = new Linear(width, keyDim, { rng });
    this.key = new Linear(width, keyDim, { rng });
    this.value = new Linear(width, width, { rng });
    this.dense = new Linear(width, width, { rng });
  }

  override forward(x: Tensor, { context = x }: CollaborateOptions): Tensor {
    return scope(() => {
      const q = splitHeads(this.query.forward(x), this.heads);
      const k = splitHeads(this.key.forward(context), this.heads);
      const v = splitHeads(this.value.forward(context), this.heads);
      return this.dense.forward(joinHeads(attention(q, k, v)));
    });
  }

  /** As `CollaborativeAttention.fromConcatenated` takes them. */
  get weights(): ConcatenatedWeights {
    return {
      ...{ queryWeight: this.query.weight, queryBias: this.query.bias },
      ...{ keyWeight: this.key.weight, keyBias: this.key.bias },
      ...{ valueWeight: this.value.weight, valueBias: this.value.bias },
      ...{ denseWeight: this.dense.weight, denseBias: this.dense.bias },
    };
  }
}
