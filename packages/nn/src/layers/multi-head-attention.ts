/** Multi-head attention: to itself, to another sequence, causal, and token by token with a cache. */
import {
  attention,
  attentionWeights,
  checkOptions,
  logicalAnd,
  matmul,
  type Rng,
  requireCount,
  requireDivides,
  requireRng,
  requireShape,
  requireWithin,
  reshape,
  scope,
  split,
  type Tensor,
  transpose,
  zeros,
} from '@saccade/tensor';
import { symmetric } from '../initializers.js';
import { Module } from '../module.js';
import { Dropout } from './dropout.js';
import type { KeyValueCache, KeyValues } from './key-value-cache.js';
import { affine, Linear } from './linear.js';

/** Options of the layer. */
export interface MultiHeadAttentionOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Channels of the keys' source. Default: those of the queries. */
  readonly keyChannels?: number | undefined;
  /** Channels of the values' source. Default: those of the keys. */
  readonly valueChannels?: number | undefined;
  /** Adds biases to all four maps. Default true. */
  readonly bias?: boolean | undefined;
  /** Probability with which an attention weight is dropped in training. Default 0. */
  readonly dropout?: number | undefined;
}

/** What is attended to, and what is seen of it. */
export interface AttendOptions {
  /** Source of the keys [batch, keys, keyChannels]. Default: the queries' own. */
  readonly key?: Tensor | undefined;
  /** Source of the values [batch, keys, valueChannels]. Default: that of the keys. */
  readonly value?: Tensor | undefined;
  /**
   * bool, broadcasts to [batch, heads, queries, keys]: true where a query may look (PyTorch's masks say the opposite). It can
   * be [queries, keys], [heads, queries, keys] or, as `paddingMask` gives it, [batch, 1, 1, keys]. A query that sees nothing gets zeros.
   */
  readonly mask?: Tensor | undefined;
  /** bool [batch, keys]: true for tokens, false for padding. */
  readonly keyMask?: Tensor | undefined;
  /**
   * float, added to the scores before the softmax; broadcasts as `mask` does, and both may be given. Gradients flow to it.
   * -Infinity hides a key as the mask does; a number such as -10000 hides it only while the query sees others.
   */
  readonly bias?: Tensor | undefined;
  /** Query i sees no later key; with a cache the queries are the last tokens. Default false. */
  readonly causal?: boolean | undefined;
  /** Keeps keys and values for the next call. */
  readonly cache?: KeyValueCache | undefined;
}

const names = ['rng', 'keyChannels', 'valueChannels', 'bias', 'dropout'] as const;
const attendNames = ['key', 'value', 'mask', 'keyMask', 'bias', 'causal', 'cache'] as const;

/**
 * softmax(Q K^T / sqrt(channels / heads)) V in each head, then one more map: [batch, queries, channels] -> the same.
 * Vaswani et al. 2017. State as in PyTorch: `in_proj_weight` [3 channels, channels] (or `q_proj_weight`, `k_proj_weight`,
 * `v_proj_weight` where keys or values have other channels), `in_proj_bias`, `out_proj.weight`, `out_proj.bias`.
 */
export class MultiHeadAttention extends Module<[query: Tensor, options?: AttendOptions]> {
  readonly channels: number;
  readonly heads: number;
  readonly keyChannels: number;
  readonly valueChannels: number;
  readonly outProj: Linear;
  readonly dropout: Dropout | undefined;
  /** One weight for all three maps, or one each. */
  readonly #weights: readonly [Tensor] | readonly [Tensor, Tensor, Tensor];
  readonly #bias: Tensor | undefined;

  /** @throws {OptionError} unless the heads divide the channels */
  constructor(channels: number, heads: number, options: MultiHeadAttentionOptions) {
    super();
    const op = 'MultiHeadAttention';
    checkOptions(op, options, names);
    const { keyChannels = channels, valueChannels = keyChannels, bias = true, dropout = 0 } = options;
    const rng = requireRng(op, options.rng);
    this.keyChannels = keyChannels;
    this.valueChannels = valueChannels;
    this.channels = requireCount(op, 'channels', channels);
    this.heads = requireDivides(op, 'heads', heads, channels);
    requireCount(op, 'keyChannels', keyChannels);
    requireCount(op, 'valueChannels', valueChannels);
    requireWithin(op, 'dropout', dropout, 0, 1);
    const weight = (name: string, rows: number, columns: number): Tensor =>
      this.parameter(name, symmetric([rows, columns], Math.sqrt(6 / (rows + columns)), rng));
    this.#weights =
      keyChannels === channels && valueChannels === channels
        ? [weight('in_proj_weight', 3 * channels, channels)]
        : [
            weight('q_proj_weight', channels, channels),
            weight('k_proj_weight', channels, keyChannels),
            weight('v_proj_weight', channels, valueChannels),
          ];
    this.#bias = bias ? this.parameter('in_proj_bias', zeros([3 * channels])) : undefined;
    this.outProj = new Linear(channels, channels, { rng, bias });
    this.dropout = dropout > 0 ? new Dropout(dropout, { rng }) : undefined;
  }

  /** @throws {ShapeError} unless query, key and value are [batch, length, channels] of one batch */
  override forward(query: Tensor, options: AttendOptions = {}): Tensor {
    const { key = query, value = key, cache, ...scores } = checkOptions('MultiHeadAttention', options, attendNames);
    this.#check(query, key, value);
    return scope(() => {
      const [q, k, v] = this.#project(query, key, value) as [Tensor, Tensor, Tensor];
      const seen = cache === undefined ? { key: k, value: v } : cache.with(k, v);
      const y = this.outProj.forward(joinHeads(this.#attend(q, seen, scores)));
      cache?.store(seen);
      return y;
    });
  }

  #check(query: Tensor, key: Tensor, value: Tensor): void {
    const op = 'MultiHeadAttention';
    const [batch] = requireShape(op, 'query', query, ['batch', 'length', this.channels]);
    requireShape(op, 'key', key, [batch, 'length', this.keyChannels]);
    requireShape(op, 'value', value, [batch, 'length', this.valueChannels]);
  }

  /** The three maps, each then split into heads: [batch, heads, length, channels / heads]. */
  #project(...sources: readonly Tensor[]): Tensor[] {
    const weights = this.#weights.length === 1 ? split(this.#weights[0], 3) : this.#weights;
    const biases = this.#bias === undefined ? [] : split(this.#bias, 3);
    return sources.map((x, i) => splitHeads(affine(x, weights[i] as Tensor, biases[i]), this.heads));
  }

  #attend(query: Tensor, { key, value }: KeyValues, { mask, keyMask, bias, causal }: AttendOptions): Tensor {
    const tokens = keyMask?.expandDims(1).expandDims(1);
    const both = mask !== undefined && tokens !== undefined ? logicalAnd(mask, tokens) : (mask ?? tokens);
    const scores = { mask: both, bias, causal };
    if (this.dropout === undefined || !this.training) return attention(query, key, value, scores);
    return matmul(this.dropout.forward(attentionWeights(query, key, scores)), value);
  }
}

/** [batch, length, channels] -> [batch, heads, length, channels / heads]. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, length, channels] = requireShape('splitHeads', 'x', x, ['batch', 'length', 'channels']);
  return transpose(reshape(x, [batch, length, heads, channels / heads]), [0, 2, 1, 3]);
}

/** [batch, heads, length, channels] -> [batch, length, heads channels]. */
export function joinHeads(x: Tensor): Tensor {
  const [batch, heads, length, channels] = requireShape('joinHeads', 'x', x, ['batch', 'heads', 'length', 'channels']);
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, heads * channels]);
}
