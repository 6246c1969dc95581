/** Aggregations that look at no order: the mean, the maximum and the normed sum of the patches. */
import { LayerNorm } from '@saccade/nn';
import { max, mean, requireCount, requireShape, scope, sum, type Tensor } from '@saccade/tensor';
import { Aggregation } from './aggregation.js';

/** The mean of the patches: [batch, k, features] -> [batch, features]. No state. */
export class MeanAggregation extends Aggregation {
  override readonly outSize: number;

  /** @param features of one patch @throws {OptionError} unless a whole number from 1 */
  constructor(features: number) {
    super();
    this.outSize = requireCount('MeanAggregation', 'features', features);
  }

  /** @throws {ShapeError} */
  override forward(representations: Tensor, _indicators?: Tensor): Tensor {
    requireShape('MeanAggregation', 'representations', representations, ['batch', 'k', this.outSize]);
    return mean(representations, { axis: 1 });
  }
}

/** The largest value of each feature among the patches: [batch, k, features] -> [batch, features]. No state. */
export class MaxAggregation extends Aggregation {
  override readonly outSize: number;

  /** @param features of one patch @throws {OptionError} unless a whole number from 1 */
  constructor(features: number) {
    super();
    this.outSize = requireCount('MaxAggregation', 'features', features);
  }

  /** @throws {ShapeError} */
  override forward(representations: Tensor, _indicators?: Tensor): Tensor {
    requireShape('MaxAggregation', 'representations', representations, ['batch', 'k', this.outSize]);
    return max(representations, { axis: 1 });
  }
}

/** The sum of the patches through a layer norm with epsilon 1e-6: [batch, k, features] -> [batch, features]. State: `norm`. */
export class SumLayerNormAggregation extends Aggregation {
  override readonly outSize: number;
  readonly norm: LayerNorm;

  /** @param features of one patch @throws {OptionError} unless a whole number from 1 */
  constructor(features: number) {
    super();
    this.outSize = requireCount('SumLayerNormAggregation', 'features', features);
    this.norm = new LayerNorm(features, { epsilon: 1e-6 });
  }

  /** @throws {ShapeError} */
  override forward(representations: Tensor, _indicators?: Tensor): Tensor {
    requireShape('SumLayerNormAggregation', 'representations', representations, ['batch', 'k', this.outSize]);
    return scope(() => this.norm.forward(sum(representations, { axis: 1 })));
  }
}
