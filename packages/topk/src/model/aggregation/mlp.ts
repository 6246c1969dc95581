/** The aggregation by a perceptron over all patches at once, which position-ordered rows make possible. */
import { MLP } from '@saccade/nn';
import {
  checkOptions,
  flatten,
  type Rng,
  requireCount,
  requireCounts,
  requireRng,
  requireShape,
  requireWithin,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { Aggregation } from './aggregation.js';
import { PatchTokens } from './patch-tokens.js';

/** Options of the aggregation. */
export interface MlpAggregationOptions {
  /** Draws the start values and the dropout. */
  readonly rng: Rng;
  /** k, the number of patches. */
  readonly patches: number;
  /** n, the number of places that a patch can have: its place is then learned from its indicator. Default: it does not count. */
  readonly positions?: number | undefined;
  /** Sizes of the hidden layers. Default one of twice the features. */
  readonly hidden?: readonly number[] | undefined;
  /** Extent of the result. Default: the features of a patch. */
  readonly outSize?: number | undefined;
  /** Probability of dropout behind the hidden layers, in training. Default 0. */
  readonly dropout?: number | undefined;
}

/**
 * The features of all patches side by side, in the order of the rows, through affine maps and ReLUs:
 * [batch, k, features] -> [batch, outSize]. State: `mlp.0.weight` …, `tokens.position`.
 */
export class MlpAggregation extends Aggregation {
  override readonly outSize: number;
  readonly patches: number;
  readonly tokens: PatchTokens;
  readonly mlp: MLP;

  /** @param features of one patch @throws {OptionError} */
  constructor(features: number, options: MlpAggregationOptions) {
    super();
    const op = 'MlpAggregation';
    checkOptions(op, options, ['rng', 'patches', 'positions', 'hidden', 'outSize', 'dropout']);
    const { positions, hidden = [2 * features], outSize = features, dropout = 0 } = options;
    const rng = requireRng(op, options.rng);
    this.patches = requireCount(op, 'patches', options.patches);
    this.outSize = requireCount(op, 'outSize', outSize);
    requireCounts(op, 'hidden', hidden, 0);
    requireWithin(op, 'dropout', dropout, 0, 1);
    this.tokens = new PatchTokens(op, features, { rng, positions, channels: features });
    this.mlp = new MLP([this.patches * features, ...hidden, outSize], { rng, dropout });
  }

  /** @throws {ShapeError} */
  override forward(representations: Tensor, indicators: Tensor): Tensor {
    return scope(() => {
      const tokens = this.tokens.forward(representations, indicators);
      requireShape('MlpAggregation', 'representations', tokens, ['batch', this.patches, this.tokens.features]);
      return this.mlp.forward(flatten(tokens, 1));
    });
  }
}
