/** DFTopK (2025): a sigmoid around the middle between the k-th and the next score. */
import {
  add,
  checkOptions,
  div,
  isnan,
  mul,
  onesLike,
  requireAbove,
  scope,
  sigmoid,
  split,
  sub,
  type Tensor,
  topk,
  where,
} from '@saccade/tensor';
import { requireChoice, requireScores } from './check-choice.js';
import type { TemperatureOptions } from './temperature.js';

/**
 * The mask [batch, n] = sigmoid((x - (x_[k] + x_[k+1]) / 2) / tau) of scores [batch, n]. Its sum is about k, not exactly. For
 * k = n there is no next score: all ones, without a gradient. -Infinity gives 0, Infinity 1.
 * @throws {OptionError} unless tau > 0 and k is a whole number in [1, n] @throws {DTypeError} and {ShapeError} unless scores are float [batch, n]
 */
export function dfTopK(scores: Tensor, k: number, options: TemperatureOptions = {}): Tensor {
  const { tau = 0.1 } = checkOptions('dfTopK', options, ['tau']);
  requireAbove('dfTopK', 'tau', tau);
  const [, n] = requireScores('dfTopK', scores);
  requireChoice('dfTopK', k, n);
  if (k === n) return onesLike(scores);
  return scope(() => {
    const best = topk(scores, k + 1).values;
    const [, last, next] = split(best, [k - 1, 1, 1], 1) as [Tensor, Tensor, Tensor];
    const distance = sub(scores, mul(add(last, next), 0.5));
    // Infinite scores meet an infinite middle.
    return sigmoid(div(where(isnan(distance), scores, distance), tau));
  });
}
