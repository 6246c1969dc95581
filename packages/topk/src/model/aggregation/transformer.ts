/** The aggregation that lets patches look at each other: a transformer over them and a pooling. */
import {
  at,
  broadcastTo,
  checkOptions,
  concat,
  max,
  mean,
  OptionError,
  quote,
  type Rng,
  requireCount,
  requireDivides,
  requireRng,
  requireWithin,
  scope,
  sum,
  type Tensor,
} from '@saccade/tensor';
import { Aggregation } from './aggregation.js';
import { PatchTokens } from './patch-tokens.js';
import { TokenLayer } from './token-layer.js';

/** What becomes of the tokens at the end; 'none' keeps them all, 'cls' takes a further one that is learned. */
export type TokenPooling = 'none' | 'sum' | 'mean' | 'max' | 'cls';

/** Options of the aggregation. */
export interface TransformerAggregationOptions {
  /** Draws the start values and the dropout. */
  readonly rng: Rng;
  /** n, the number of places that a patch can have: its place is then learned from its indicator. Default: it does not count. */
  readonly positions?: number | undefined;
  /** Channels of a token. Default: the features of a patch. */
  readonly channels?: number | undefined;
  /** Default 3. */
  readonly layers?: number | undefined;
  /** Must divide the channels. Default 8. */
  readonly heads?: number | undefined;
  /** Channels inside the feed-forward parts. Default twice the channels. */
  readonly hidden?: number | undefined;
  /** Probability of dropout before both sums of a layer, in training. Default 0.1. */
  readonly dropout?: number | undefined;
  /** Default 'sum'. */
  readonly pooling?: TokenPooling | undefined;
  /** Norms before the parts instead of behind the sums, in the form of the paper's code. Default false. */
  readonly normFirst?: boolean | undefined;
}

// biome-ignore format: a list
const names = [
  'rng', 'positions', 'channels', 'layers', 'heads', 'hidden', 'dropout', 'pooling', 'normFirst',
] as const;

const poolings: Readonly<Record<TokenPooling, (tokens: Tensor) => Tensor>> = {
  none: (tokens) => tokens,
  sum: (tokens) => sum(tokens, { axis: 1 }),
  mean: (tokens) => mean(tokens, { axis: 1 }),
  max: (tokens) => max(tokens, { axis: 1 }),
  cls: (tokens) => at(tokens, ':', 0),
};

/**
 * Tokens, transformer layers, pooling: [batch, k, features] and indicators [batch, k, positions] -> [batch, channels], with
 * pooling 'none' [batch, k, channels]. The patch transformer of Cordonnier et al. 2021. State: `tokens.position`,
 * `tokens.project`, `cls` [1, 1, channels], `layers.0.self_attn` ….
 */
export class TransformerAggregation extends Aggregation {
  override readonly outSize: number;
  readonly pooling: TokenPooling;
  readonly tokens: PatchTokens;
  readonly cls: Tensor | undefined;
  readonly layers: readonly TokenLayer[];

  /** @param features of one patch @throws {OptionError} */
  constructor(features: number, options: TransformerAggregationOptions) {
    super();
    const op = 'TransformerAggregation';
    checkOptions(op, options, names);
    const { channels = features, layers = 3, heads = 8, pooling = 'sum', normFirst = false } = options;
    const { positions, hidden = 2 * channels, dropout = 0.1 } = options;
    const rng = requireRng(op, options.rng);
    if (!Object.hasOwn(poolings, pooling)) {
      throw new OptionError(`${op}: pooling must be one of ${Object.keys(poolings).join(', ')}, got ${quote(pooling)}`);
    }
    this.outSize = requireCount(op, 'channels', channels);
    requireCount(op, 'layers', layers, 0);
    requireDivides(op, 'heads', heads, channels);
    requireCount(op, 'hidden', hidden);
    requireWithin(op, 'dropout', dropout, 0, 1);
    this.pooling = pooling;
    this.tokens = new PatchTokens(op, features, { rng, positions, channels });
    const start = pooling === 'cls' ? rng.normal([1, 1, channels], { deviation: 1 / channels }) : undefined;
    this.cls = start && this.parameter('cls', start);
    this.layers = Array.from(
      { length: layers },
      () => new TokenLayer(channels, heads, { rng, hidden, dropout, normFirst }),
    );
  }

  /** @throws {ShapeError} */
  override forward(representations: Tensor, indicators: Tensor): Tensor {
    return scope(() => {
      const patches = this.tokens.forward(representations, indicators);
      const batch = patches.shape[0] as number;
      const { cls } = this;
      const tokens = cls === undefined ? patches : concat([broadcastTo(cls, [batch, 1, this.outSize]), patches], 1);
      return poolings[this.pooling](this.layers.reduce((t, layer) => layer.forward(t), tokens));
    });
  }
}
