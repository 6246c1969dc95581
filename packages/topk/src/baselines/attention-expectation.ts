/** What attention sampling makes of the features of the drawn patches: unbiased estimates of their mean under the attention. */
import {
  add,
  broadcastTo,
  checkOptions,
  cumsum,
  customGrad,
  div,
  equal,
  expandDims,
  mean,
  mul,
  range,
  requireOneOf,
  requireShape,
  scope,
  sub,
  sum,
  type Tensor,
  where,
} from '@saccade/tensor';

/** How the patches were drawn. */
export interface AttentionExpectationOptions {
  /** As in `attentionSampling`. Default false. */
  readonly replacement?: boolean | undefined;
  /**
   * Without replacement, the gradient by the attention: 'release' (default) is that of the authors' code, 'unbiased' the one
   * whose mean over all draws is the gradient of the expectation, which that of the release is not.
   */
  readonly gradient?: 'release' | 'unbiased' | undefined;
}

/**
 * The expected feature [batch, channels], estimated from the features [batch, k, channels] of k patches in the order in which they
 * were drawn, and their attention [batch, k]. With replacement it is their mean; without, the mean over i of
 * e_i = sum_(j < i) a_j f_j + r_i f_i with r_i = 1 - sum_(j < i) a_j: what was drawn before counts by its attention, the new one by
 * all the rest. Sums run up to i, not over it, so nothing is divided by what is left behind the last patch.
 * The gradient by the attention accounts for the chance of the draw: f_i / a_i with replacement, and without it
 * r_i f_i / a_i + (k - 1 - i) f_i ('unbiased') or r_i e_i / a_i + sum_(j < i) (f_j - f_i) ('release'). An attention of 0, which is
 * never drawn, divides nothing.
 * @throws {ShapeError} unless the shapes fit @throws {OptionError} for another gradient
 */
export function attentionExpectation(
  features: Tensor,
  attention: Tensor,
  options: AttentionExpectationOptions = {},
): Tensor {
  const op = 'attentionExpectation';
  const { replacement = false, gradient = 'release' } = checkOptions(op, options, ['replacement', 'gradient']);
  requireOneOf(op, 'gradient', gradient, ['release', 'unbiased']);
  const [batch, k] = requireShape(op, 'features', features, ['batch', 'k', 'channels']);
  requireShape(op, 'attention', attention, [batch, k]);
  return replacement ? drawnAgain(features, attention, k) : drawnApart(features, attention, k, gradient === 'unbiased');
}

/** 1 / a, but 0 where nothing could have been drawn. */
function inverse(a: Tensor): Tensor {
  const isZero = equal(a, 0);
  return where(isZero, 0, div(1, where(isZero, 1, a)));
}

function drawnAgain(features: Tensor, attention: Tensor, k: number): Tensor {
  return customGrad((f: Tensor, a: Tensor) => ({
    value: mean(f, { axis: 1 }),
    backward: (dy) =>
      scope(() => {
        const g = div(expandDims(dy, 1), k);
        return [broadcastTo(g, f.shape), mul(sum(mul(g, f), { axis: 2 }), inverse(a))];
      }),
  }))(features, attention);
}

/** 1 - sum_(j < i) a_j: what is left for the i-th, [batch, k, 1]. */
function rest(a: Tensor): Tensor {
  return expandDims(sub(1, cumsum(a, { axis: 1, exclusive: true })), 2);
}

/** sum_(j < i) a_j f_j + rest_i f_i: [batch, k, channels]. */
function estimates(f: Tensor, a: Tensor): Tensor {
  const before = cumsum(mul(expandDims(a, 2), f), { axis: 1, exclusive: true });
  return add(before, mul(rest(a), f));
}

function drawnApart(features: Tensor, attention: Tensor, k: number, unbiased: boolean): Tensor {
  return customGrad((f: Tensor, a: Tensor) => ({
    value: scope(() => mean(estimates(f, a), { axis: 1 })),
    backward: (dy) =>
      scope(() => {
        const g = div(expandDims(dy, 1), k);
        const places = range(0, k, 1, { dtype: f.dtype, device: f.device }).reshape([1, k, 1]);
        const later = sub(k - 1, places); // so many that are drawn after it use it too
        const byFeature = mul(add(rest(a), mul(expandDims(a, 2), later)), g);
        const drawn = mul(unbiased ? f : estimates(f, a), mul(rest(a), expandDims(inverse(a), 2)));
        const used = unbiased ? mul(later, f) : sub(cumsum(f, { axis: 1, exclusive: true }), mul(places, f));
        return [byFeature, sum(mul(g, add(drawn, used)), { axis: 2 })];
      }),
  }))(features, attention);
}
