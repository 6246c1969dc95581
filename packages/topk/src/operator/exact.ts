/**
 * The perturbed top-k without noise: the limit of infinitely many samples, by a dynamic programme over the elements and an integral over
 * the threshold. Y[r, i] = P(element i is the r-th, by position, of the k largest of x + sigma z).
 */
import {
  type CustomResult,
  customGrad,
  empty,
  kernelsOn,
  mul,
  requireShape,
  scope,
  sort,
  stack,
  stopGradient,
  sub,
  type Tensor,
  takeAlong,
  tensor,
  topk,
} from '@saccade/tensor';
import { topKKernels } from '../kernels/extension.js';
import { exactGradScratch } from '../kernels/js/exact-plan.js';
import type { NoiseKind } from '../kernels/js/noise.js';
import type { Order } from './hard.js';
import { everyIndex, Selection } from './selection.js';

/** Where to integrate. */
export interface ExactPlan {
  readonly noise: NoiseKind;
  readonly k: number;
  /** Where the threshold lies, [batch, 3]. */
  readonly ranges: Tensor;
  /** How many elements, the largest ones, can enter in any row. */
  readonly active: number;
  /** Private memory that one thread needs for the gradient. */
  readonly bytes: number;
}

/** The plan for scores [batch, n] under noise of scale sigma [batch]. */
export function planExact(scores: Tensor, sigma: Tensor, k: number, noise: NoiseKind): ExactPlan {
  return scope(() => planUnrecorded(stopGradient(scores), stopGradient(sigma), k, noise));
}

function planUnrecorded(scores: Tensor, sigma: Tensor, k: number, noise: NoiseKind): ExactPlan {
  const { device, dtype } = scores;
  const [batch, n] = requireShape('topK', 'scores', scores, ['batch', 'n']);
  const best = topk(scores, Math.min(k + 1, n)).values;
  const ranges = empty(device, dtype, [batch, 3]);
  const counts = empty(device, 'int32', [batch]);
  const { exactPlan } = kernelsOn('topK', device, topKKernels);
  exactPlan(best, scores, sigma, ranges, counts, batch, n, k, noise === 'gumbel');
  // A GPU cannot be read at once: there all elements are candidates.
  const active = device.readSync === undefined ? n : counts.dataSync<'int32'>().reduce((a, b) => Math.max(a, b), k);
  return { noise, k, ranges, active, bytes: exactGradScratch(active, k) };
}

/** Weights [batch, k, m] of active scores [batch, m]; `forward` has the ranges for the value, `ranges` those for the gradient. */
function weightsOf(scores: Tensor, sigma: Tensor, forward: Tensor, { ranges, k, noise }: ExactPlan): Tensor {
  const gumbel = noise === 'gumbel';
  const weights = (x: Tensor, s: Tensor): CustomResult => {
    const { device, dtype } = x;
    const [batch, m] = requireShape('topK', 'scores', x, ['batch', 'm']);
    const kernels = kernelsOn('topK', device, topKKernels);
    const value = empty(device, dtype, [batch, k, m]);
    kernels.exactForward(x, s, forward, value, batch, m, k, gumbel);
    const backward = (dy: Tensor): Tensor[] => {
      const [byScore, bySigma] = [empty(device, dtype, [batch, m]), empty(device, dtype, [batch])] as const;
      kernels.exactGrad(x, s, ranges, dy, byScore, bySigma, batch, m, k, gumbel);
      return [byScore, bySigma];
    };
    return { value, backward, saved: [ranges] };
  };
  return customGrad(weights, { name: 'topK: exact', firstOrder: true })(scores, sigma);
}

/**
 * The exact perturbed top-k of scores [batch, n] under noise of scale sigma [batch], rows by position. Gradients flow to both.
 * `straightThrough` gives the hard choice the gradient of the exact one.
 */
export function exactTopK(scores: Tensor, sigma: Tensor, plan: ExactPlan, straightThrough = false): Selection {
  return scope(() => {
    const { device, dtype } = scores;
    const [batch, n] = requireShape('topK', 'scores', scores, ['batch', 'n']);
    const m = plan.active;
    const indices = m === n ? everyIndex(batch, n, device) : sort(topk(stopGradient(scores), m).indices).values;
    const near = m === n ? scores : takeAlong(scores, indices);
    // An empty range of thresholds is how a plan says: the hard choice.
    const empty = (): Tensor => mul(plan.ranges, tensor([1, 0, 0], { device, dtype }));
    const weights = weightsOf(near, sigma, straightThrough ? empty() : plan.ranges, plan);
    return new Selection(indices, weights, n, m === n);
  });
}

/** Rows by value: the r-th best is in the top r but not in the top r - 1. Costs k times as much as rows by position. */
export function exactByValue(scores: Tensor, sigma: Tensor, k: number, noise: NoiseKind, order: Order): Selection {
  return scope(() => {
    const masks = Array.from({ length: k }, (_, r) =>
      exactTopK(scores, sigma, planExact(scores, sigma, r + 1, noise)).toMask(),
    );
    const rows = masks.map((mask, r) => (r === 0 ? mask : sub(mask, masks[r - 1] as Tensor)));
    if (order === 'value-ascending') rows.reverse();
    return Selection.fromDense(stack(rows, 1));
  });
}
