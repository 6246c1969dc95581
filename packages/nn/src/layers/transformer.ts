/** The transformer encoder, also as a decoder of one sequence (causal, with caches). */
import {
  add,
  checkOptions,
  OptionError,
  type Rng,
  requireCount,
  requireRng,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { Module } from '../module.js';
import { type Activation, activationOf } from './activations.js';
import { Dropout } from './dropout.js';
import { KeyValueCache } from './key-value-cache.js';
import { LayerNorm } from './layer-norm.js';
import { Linear } from './linear.js';
import { type AttendOptions, MultiHeadAttention } from './multi-head-attention.js';

/** Options of one layer. */
export interface TransformerLayerOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Channels between the two maps of the feed-forward part. Default 4 channels. */
  readonly hidden?: number | undefined;
  /** Probability of dropout on attention weights, inside the feed-forward part and before both sums. Default 0. */
  readonly dropout?: number | undefined;
  /** In the feed-forward part. Default 'relu'. */
  readonly activation?: Activation | undefined;
  /** Norms before each part instead of behind each sum, which trains without warm-up. Default false. */
  readonly normFirst?: boolean | undefined;
  /** Of the norms. Default 1e-5. */
  readonly epsilon?: number | undefined;
}

const names = ['rng', 'hidden', 'dropout', 'activation', 'normFirst', 'epsilon'] as const;

/** What tokens see of each other. */
export type EncodeOptions = Omit<AttendOptions, 'key' | 'value'>;

/**
 * Self-attention and a feed-forward part, each added to its input and normed: [batch, length, channels] -> the same.
 * State as PyTorch's TransformerEncoderLayer: `self_attn`, `linear1`, `linear2`, `norm1`, `norm2`.
 */
export class TransformerEncoderLayer extends Module<[x: Tensor, options?: EncodeOptions]> {
  readonly selfAttn: MultiHeadAttention;
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout: Dropout;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly normFirst: boolean;
  /** Of the feed-forward part. */
  readonly activation: (x: Tensor) => Tensor;

  /** @throws {OptionError} */
  constructor(channels: number, heads: number, options: TransformerLayerOptions) {
    super();
    const op = 'TransformerEncoderLayer';
    const {
      hidden = 4 * channels,
      dropout = 0,
      activation = 'relu',
      normFirst = false,
      epsilon,
    } = checkOptions(op, options, names);
    const rng = requireRng(op, options.rng);
    requireCount(op, 'hidden', hidden);
    this.activation = activationOf(op, activation);
    this.selfAttn = new MultiHeadAttention(channels, heads, { rng, dropout });
    this.linear1 = new Linear(channels, hidden, { rng });
    this.linear2 = new Linear(hidden, channels, { rng });
    this.norm1 = new LayerNorm(channels, { epsilon });
    this.norm2 = new LayerNorm(channels, { epsilon });
    this.dropout = new Dropout(dropout, { rng });
    this.dropout1 = new Dropout(dropout, { rng });
    this.dropout2 = new Dropout(dropout, { rng });
    this.normFirst = normFirst;
  }

  /** @throws {ShapeError} unless x is [batch, length, channels] */
  override forward(x: Tensor, options: EncodeOptions = {}): Tensor {
    const attend = (y: Tensor): Tensor => this.dropout1.forward(this.selfAttn.forward(y, options));
    return scope(() => {
      if (this.normFirst) {
        const middle = add(x, attend(this.norm1.forward(x)));
        return add(middle, this.#feedForward(this.norm2.forward(middle)));
      }
      const middle = this.norm1.forward(add(x, attend(x)));
      return this.norm2.forward(add(middle, this.#feedForward(middle)));
    });
  }

  #feedForward(x: Tensor): Tensor {
    const inner = this.dropout.forward(this.activation(this.linear1.forward(x)));
    return this.dropout2.forward(this.linear2.forward(inner));
  }
}

/** Options of the encoder. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** A norm behind the last layer. Default: only with `normFirst`. */
  readonly finalNorm?: boolean | undefined;
}

/** What tokens see of each other, in every layer. */
export interface TransformerForwardOptions extends Omit<EncodeOptions, 'cache'> {
  /** Keys and values of each layer, from `newCache()`: tokens are then read one after another. */
  readonly cache?: readonly KeyValueCache[] | undefined;
}

const forwardNames = ['mask', 'keyMask', 'bias', 'causal', 'cache'] as const;

/** Encoder layers one after another: [batch, length, channels] -> the same. State as in PyTorch: `layers.0` …, `norm`. */
export class TransformerEncoder extends Module<[x: Tensor, options?: TransformerForwardOptions]> {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm | undefined;

  /** @throws {OptionError} */
  constructor(depth: number, channels: number, heads: number, options: TransformerOptions) {
    super();
    requireCount('TransformerEncoder', 'depth', depth);
    const { finalNorm = options.normFirst ?? false, ...layer } = checkOptions('TransformerEncoder', options, [
      ...names,
      'finalNorm',
    ]);
    this.layers = Array.from({ length: depth }, () => new TransformerEncoderLayer(channels, heads, layer));
    this.norm = finalNorm ? new LayerNorm(channels, { epsilon: options.epsilon }) : undefined;
  }

  /** An empty cache for each layer. With it pass `causal: true` and only the new tokens. */
  newCache(): KeyValueCache[] {
    return this.layers.map(() => new KeyValueCache());
  }

  /** @throws {ShapeError} unless x is [batch, length, channels] @throws {OptionError} unless there is a cache for each layer */
  override forward(x: Tensor, options: TransformerForwardOptions = {}): Tensor {
    const { cache, ...rest } = checkOptions('TransformerEncoder', options, forwardNames);
    if (cache !== undefined && cache.length !== this.layers.length) {
      throw new OptionError(
        `TransformerEncoder: ${this.layers.length} layers need as many caches, got ${cache.length}`,
      );
    }
    return scope(() => {
      const y = this.layers.reduce((t, layer, i) => layer.forward(t, { ...rest, cache: cache?.[i] }), x);
      return this.norm?.forward(y) ?? y;
    });
  }
}
