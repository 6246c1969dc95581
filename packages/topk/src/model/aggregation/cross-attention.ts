/** The aggregation of iterative patch selection: learned queries that look at the patches. */
import { Dropout, joinHeads, LayerNorm, type Linear, splitHeads } from '@saccade/nn';
import {
  add,
  attentionWeights,
  broadcastTo,
  checkOptions,
  matmul,
  mean,
  type Rng,
  requireCount,
  requireDivides,
  requireRng,
  requireWithin,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { flaxDense } from '../flax-layers.js';
import { Aggregation } from './aggregation.js';
import { PatchTokens } from './patch-tokens.js';
import { FeedForward, NORM_EPSILON } from './token-layer.js';

/** Options of the aggregation. */
export interface CrossAttentionAggregationOptions {
  /** Draws the start values and the dropout. */
  readonly rng: Rng;
  /** n, the number of places that a patch can have: its place is then learned from its indicator. Default: it does not count. */
  readonly positions?: number | undefined;
  /** Channels of a token and of the result. Default: the features of a patch. */
  readonly channels?: number | undefined;
  /** Must divide the channels. Default 8. */
  readonly heads?: number | undefined;
  /** Channels inside the feed-forward part. Default twice the channels. */
  readonly hidden?: number | undefined;
  /** Probability of dropout, in training: of attention weights and before both sums. Default 0.1. */
  readonly dropout?: number | undefined;
}

/**
 * A learned query attends to the patches, is added to what it found and normed, and passes a feed-forward part the same
 * way: [batch, k, features] and indicators [batch, k, positions] -> [batch, channels]. Bergner et al. 2023. State: `query`
 * [1, 1, channels], `query_map`, `key_map`, `value_map`, `out_map` (no biases), `feed_forward`, `norm1`, `norm2`, `tokens`.
 */
export class CrossAttentionAggregation extends Aggregation {
  override readonly outSize: number;
  readonly heads: number;
  readonly tokens: PatchTokens;
  readonly query: Tensor;
  readonly queryMap: Linear;
  readonly keyMap: Linear;
  readonly valueMap: Linear;
  readonly outMap: Linear;
  readonly feedForward: FeedForward;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly weightDropout: Dropout;
  readonly dropout: Dropout;

  /** @param features of one patch @throws {OptionError} */
  constructor(features: number, options: CrossAttentionAggregationOptions) {
    super();
    const op = 'CrossAttentionAggregation';
    checkOptions(op, options, ['rng', 'positions', 'channels', 'heads', 'hidden', 'dropout']);
    const { positions, channels = features, heads = 8, hidden = 2 * channels, dropout = 0.1 } = options;
    const rng = requireRng(op, options.rng);
    this.outSize = requireCount(op, 'channels', channels);
    this.heads = requireDivides(op, 'heads', heads, channels);
    requireCount(op, 'hidden', hidden);
    requireWithin(op, 'dropout', dropout, 0, 1);
    const map = (): Linear => flaxDense(channels, channels, { rng, bias: false });
    const bound = Math.sqrt(heads / channels);
    this.tokens = new PatchTokens(op, features, { rng, positions, channels });
    this.query = this.parameter('query', rng.uniform([1, 1, channels], { low: -bound, high: bound }));
    this.queryMap = map();
    this.keyMap = map();
    this.valueMap = map();
    this.outMap = map();
    this.feedForward = new FeedForward(channels, { rng, hidden, dropout });
    this.norm1 = new LayerNorm(channels, { epsilon: NORM_EPSILON });
    this.norm2 = new LayerNorm(channels, { epsilon: NORM_EPSILON });
    this.weightDropout = new Dropout(dropout, { rng });
    this.dropout = new Dropout(dropout, { rng });
  }

  /** @throws {ShapeError} */
  override forward(representations: Tensor, indicators: Tensor): Tensor {
    return scope(() => {
      const tokens = this.tokens.forward(representations, indicators);
      const weights = this.weightDropout.forward(this.#weights(tokens));
      const found = joinHeads(matmul(weights, splitHeads(this.valueMap.forward(tokens), this.heads)));
      const seen = this.norm1.forward(add(this.query, this.dropout.forward(this.outMap.forward(found))));
      return this.norm2.forward(add(seen, this.feedForward.forward(seen))).squeeze(1);
    });
  }

  /**
   * How much the query looks at each patch, the mean over the heads: [batch, k], rows that sum to 1. Iterative patch
   * selection keeps the patches with the largest. @throws {ShapeError}
   */
  scores(representations: Tensor, indicators: Tensor): Tensor {
    return scope(() => mean(this.#weights(this.tokens.forward(representations, indicators)), { axis: [1, 2] }));
  }

  /** [batch, heads, 1, k]. */
  #weights(tokens: Tensor): Tensor {
    const query = broadcastTo(this.queryMap.forward(this.query), [tokens.shape[0] as number, 1, this.outSize]);
    return attentionWeights(splitHeads(query, this.heads), splitHeads(this.keyMap.forward(tokens), this.heads));
  }
}
