/** NeuralSort (Grover et al. 2019): rows of ranks as a softmax, with its sums over pairs by sorting, not by n^2 differences. */
import {
  abs,
  add,
  argsort,
  at,
  broadcastTo,
  cast,
  checkOptions,
  cumsum,
  customGrad,
  div,
  expandDims,
  flip,
  greaterEqual,
  isnan,
  mul,
  neg,
  pad,
  range,
  requireAbove,
  requireShape,
  scope,
  softmax,
  sub,
  sum,
  type Tensor,
  takeAlong,
  where,
} from '@saccade/tensor';
import { requireChoice, requireScores } from './check-choice.js';
import type { TemperatureOptions } from './temperature.js';

/**
 * Rows [batch, k, n] = softmax_j(((n + 1 - 2 r) x_j - sum_l |x_j - x_l|) / tau), r = 1 ... k, of scores [batch, n], the best rank
 * first. Each row sums to 1, columns may sum to more. O(n log n + k n). Tied scores share the gradient.
 * @throws {OptionError} unless tau > 0 and k is a whole number in [1, n] @throws {DTypeError} and {ShapeError} unless scores are float [batch, n]
 */
export function neuralSort(scores: Tensor, k: number, options: TemperatureOptions = {}): Tensor {
  const { tau = 0.1 } = checkOptions('neuralSort', options, ['tau']);
  requireAbove('neuralSort', 'tau', tau);
  const [, n] = requireScores('neuralSort', scores);
  requireChoice('neuralSort', k, n);
  return customGrad((x: Tensor) => {
    // Both ways to order ties: what is antisymmetric in a tied pair cancels in their mean.
    const orders = [argsort(x, { descending: true }), flip(argsort(x), 1)] as const;
    const places = [argsort(orders[0]), argsort(orders[1])] as const;
    const value = scope(() => softmax(div(logits(x, k, orders[0], places[0]), tau)));
    return { value, backward: (dy) => [scope(() => gradient(x, value, dy, orders, places, tau))] };
  })(scores);
}

/** The ranks 1 ... k as a column that numbers along axis 1 can be compared with: [k, 1]. */
function ranks(x: Tensor, k: number): Tensor {
  return expandDims(range(1, k + 1, 1, { dtype: x.dtype, device: x.device }), 1);
}

/**
 * The logits relative to the largest of each row, which is at the place r of the sorted row: from place q to q + 1 they
 * change by |2 (q - r) + 1| times the gap of the scores, always away from it. So nothing cancels.
 */
function logits(x: Tensor, k: number, order: Tensor, place: Tensor): Tensor {
  const [batch, n] = requireShape('neuralSort', 'scores', x, ['batch', 'n']);
  const sorted = takeAlong(x, order, { axis: 1 });
  const gap = sub(at(sorted, ':', `:${n - 1}`), at(sorted, ':', '1:'));
  const steps = sub(range(1, n, 1, { dtype: x.dtype, device: x.device }), ranks(x, k)); // q - r
  const after = greaterEqual(steps, 0);
  const slope = abs(add(mul(steps, 2), 1));
  // Two equal infinities are no gap.
  const fall = mul(slope, expandDims(where(isnan(gap), 0, gap), 1));
  const right = cumsum(where(after, fall, 0), { axis: 2 });
  const left = cumsum(where(after, 0, fall), { axis: 2, reverse: true });
  const bySize = neg(
    add(
      pad(right, [
        [0, 0],
        [0, 0],
        [1, 0],
      ]),
      pad(left, [
        [0, 0],
        [0, 0],
        [0, 1],
      ]),
    ),
  );
  return takeAlong(bySize, broadcastTo(expandDims(place, 1), [batch, k, n]), { axis: 2 });
}

/**
 * With s the gradient by the logits, G_j its sum over the rows, m_j the (mean) rank of x_j:
 * dx_j = (sum_r 2 (m_j - r) s_rj - sum_l G_l sign(x_j - x_l)) / tau.
 */
function gradient(
  x: Tensor,
  y: Tensor,
  dy: Tensor,
  orders: readonly [Tensor, Tensor],
  places: readonly [Tensor, Tensor],
  tau: number,
): Tensor {
  const s = mul(y, sub(dy, sum(mul(y, dy), { axis: 2, keepDims: true })));
  const total = sum(s, { axis: 1 });
  const rank = add(mul(cast(add(...places), x.dtype), 0.5), 1);
  const [, k] = requireShape('neuralSort', 'rows', y, ['batch', 'k', 'n']);
  const apart = sub(expandDims(rank, 1), ranks(x, k));
  const own = mul(sum(mul(apart, s), { axis: 1 }), 2);
  const others = mul(add(signs(total, orders[0], places[0]), signs(total, orders[1], places[1])), 0.5);
  return div(sub(own, others), tau);
}

/** sum_l G_l sign(place_l - place_j): what comes after j in order counts positive. */
function signs(total: Tensor, order: Tensor, place: Tensor): Tensor {
  const sorted = takeAlong(total, order, { axis: 1 });
  const after = cumsum(sorted, { axis: 1, exclusive: true, reverse: true });
  const before = cumsum(sorted, { axis: 1, exclusive: true });
  return takeAlong(sub(after, before), place, { axis: 1 });
}
