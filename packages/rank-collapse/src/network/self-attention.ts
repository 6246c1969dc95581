/** The heads of one layer and the map that brings them together: SA(X) = sum_h P_h X W_h + 1 b^T (the paper's section 2). */
import { Dropout, joinHeads, Module, splitHeads } from '@saccade/nn';
import { add, attention, attentionWeights, matmul, type Rng, scope, type Tensor, zeros } from '@saccade/tensor';
import { SmallLinear } from './small-linear.js';

/** Sizes of the heads. */
export interface HeadOptions {
  readonly width: number;
  readonly heads: number;
  /** Probability with which an attention weight is dropped in training. */
  readonly dropout: number;
  readonly rng: Rng;
}

/** Queries, keys and values of all heads: [batch, heads, tokens, width / heads] each. */
interface HeadInputs {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
}

/** P_h (X W_V,h + 1 b_V,h^T) of all heads side by side: [batch, tokens, width] -> the same. State: `query`, `key` (affine maps), `value` [width, width], `value_bias`. */
export class SelfAttention extends Module {
  readonly query: SmallLinear;
  readonly key: SmallLinear;
  readonly value: Tensor;
  readonly valueBias: Tensor;
  readonly heads: number;
  readonly dropout: Dropout | undefined;

  constructor({ width, heads, dropout, rng }: HeadOptions) {
    super();
    this.heads = heads;
    this.query = new SmallLinear(width, width, rng);
    this.key = new SmallLinear(width, width, rng);
    this.value = this.parameter('value', bareMatrix(width, rng));
    this.valueBias = this.parameter('value_bias', zeros([width]));
    this.dropout = dropout > 0 ? new Dropout(dropout, { rng }) : undefined;
  }

  override forward(x: Tensor): Tensor {
    return scope(() => {
      const { query, key, value } = this.#inputs(x);
      if (this.dropout === undefined || !this.training) return joinHeads(attention(query, key, value));
      return joinHeads(matmul(this.dropout.forward(attentionWeights(query, key)), value));
    });
  }

  /** P of all heads: [batch, heads, tokens, tokens]. */
  weights(x: Tensor): Tensor {
    return scope(() => {
      const query = splitHeads(this.query.forward(x), this.heads);
      return attentionWeights(query, splitHeads(this.key.forward(x), this.heads));
    });
  }

  /** One head alone: [batch, tokens, width / heads]. */
  head(x: Tensor, head: number): Tensor {
    const rows = this.channelsOf(head);
    const project = (weight: Tensor, bias: Tensor): Tensor =>
      add(matmul(x, weight.at(rows), { transposeB: true }), bias.at(rows));
    return scope(() => {
      const query = project(this.query.weight, this.query.bias);
      const key = project(this.key.weight, this.key.bias);
      return attention(query, key, project(this.value, this.valueBias));
    });
  }

  /** Where a head stands among the channels, as `at` takes it. */
  channelsOf(head: number): string {
    const dims = this.valueBias.size / this.heads;
    return `${head * dims}:${(head + 1) * dims}`;
  }

  #inputs(x: Tensor): HeadInputs {
    const value = add(matmul(x, this.value, { transposeB: true }), this.valueBias);
    return {
      query: splitHeads(this.query.forward(x), this.heads),
      key: splitHeads(this.key.forward(x), this.heads),
      value: splitHeads(value, this.heads),
    };
  }
}

/** The map of the heads' values back to the tokens: x dense^T + 1 b^T. State: `dense` [width, width], `dense_bias`. */
export class HeadOutput extends Module {
  readonly dense: Tensor;
  readonly denseBias: Tensor;

  constructor(width: number, rng: Rng) {
    super();
    this.dense = this.parameter('dense', bareMatrix(width, rng));
    this.denseBias = this.parameter('dense_bias', zeros([width]));
  }

  override forward(x: Tensor): Tensor {
    return scope(() => add(matmul(x, this.dense, { transposeB: true }), this.denseBias));
  }

  /** What one head gives, whose channels are `columns` of the map: [batch, tokens, width / heads] -> [batch, tokens, width]. */
  ofHead(x: Tensor, columns: string): Tensor {
    return scope(() => add(matmul(x, this.dense.at(':', columns), { transposeB: true }), this.denseBias));
  }
}

/** A matrix that the release holds as a bare parameter: uniform in ±1 / sqrt(width). */
function bareMatrix(width: number, rng: Rng): Tensor {
  const bound = 1 / Math.sqrt(width);
  return rng.uniform([width, width], { low: -bound, high: bound });
}
