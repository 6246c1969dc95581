/** SoftSort (Prillo and Eisenschlos 2020): each rank looks for the score that is nearest to the one of that rank. */
import {
  abs,
  checkOptions,
  div,
  expandDims,
  isnan,
  neg,
  requireAbove,
  scope,
  softmax,
  sub,
  type Tensor,
  topk,
  where,
} from '@saccade/tensor';
import { requireChoice, requireScores } from './check-choice.js';
import type { TemperatureOptions } from './temperature.js';

/**
 * Rows [batch, k, n] = softmax_j(-|x_[r] - x_j| / tau) of scores [batch, n], the best rank first. Each row sums to 1, columns
 * may sum to more. Among tied scores the gradient through x_[r] goes to the lower position.
 * @throws {OptionError} unless tau > 0 and k is a whole number in [1, n] @throws {DTypeError} and {ShapeError} unless scores are float [batch, n]
 */
export function softSort(scores: Tensor, k: number, options: TemperatureOptions = {}): Tensor {
  const { tau = 0.1 } = checkOptions('softSort', options, ['tau']);
  requireAbove('softSort', 'tau', tau);
  const [, n] = requireScores('softSort', scores);
  requireChoice('softSort', k, n);
  return scope(() => {
    const ranked = expandDims(topk(scores, k).values, 2);
    const difference = sub(ranked, expandDims(scores, 1));
    const distance = abs(where(isnan(difference), 0, difference)); // infinite scores are at no distance from themselves
    return softmax(neg(div(distance, tau)));
  });
}
