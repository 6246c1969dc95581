/** The Fenchel-Young loss of a perturbed top-k (Berthet et al. 2020): teaches scores directly which elements are the right ones. */
import {
  add,
  type CustomResult,
  customGrad,
  expandDims,
  flatten,
  full,
  isfinite,
  mean,
  mul,
  onesLike,
  requireShape,
  scatterAddAlong,
  scope,
  stopGradient,
  sub,
  sum,
  type Tensor,
  where,
} from '@saccade/tensor';
import type { NoiseKind } from '../kernels/js/noise.js';
import { isAffordable } from './affordable.js';
import { checkScores } from './check-scores.js';
import { drawChoices } from './draw-choices.js';
import { exactTopK, planExact } from './exact.js';
import { exactNoise } from './exact-noise.js';
import { checkFenchelYoung, type FenchelYoungOptions } from './fenchel-young-options.js';
import type { Noise } from './noise.js';
import { noiseOf } from './noise-option.js';
import { warnOnce } from './warn-once.js';

/**
 * E[sum of the k largest of x + sigma z] - <target, x> for scores x [batch, n] and the mask that they should lead to, target
 * [batch, n] with rows that sum to k. Convex; its gradient by the scores is the mask of the perturbed top-k less the target,
 * so it vanishes where they agree. Without noise it is at least 0. Infinite scores do not count.
 * @throws {ShapeError} unless scores and target are [batch, n] alike @throws {DTypeError} unless scores are floats
 * @throws {OptionError} for options out of range, and for NaN among the scores (on CPU devices)
 */
export function fenchelYoungLoss(scores: Tensor, target: Tensor, options: FenchelYoungOptions): Tensor {
  const op = 'fenchelYoungLoss';
  const { k, sigma, noise, kind, method, samples, rng, reduction } = checkFenchelYoung(op, scores, target, options);
  return scope(() => {
    const x = checkScores(op, scores, k, 'throw');
    const [batch] = requireShape(op, 'scores', x, ['batch', 'n']);
    const scale = full([batch], sigma, { dtype: scores.dtype, device: scores.device });
    const sampled = (): Tensor => sampledBest(x, scale, k, noiseOf(op, noise, kind, rng, x, samples), samples);
    const best = method === 'exact' ? exactBest(x, scale, k, kind, sampled) : sampled();
    const losses = sub(best, inner(target, x));
    if (reduction === 'none') return losses;
    return reduction === 'sum' ? sum(losses) : mean(losses);
  });
}

/** <mask, x> of each row over the finite scores: [batch]. */
function inner(mask: Tensor, scores: Tensor): Tensor {
  return sum(mul(mask, where(isfinite(scores), scores, 0)), { axis: 1 });
}

/**
 * E[sum of the k largest] is homogeneous in (x, sigma), so it is <mask, x> + sigma E[noise of the chosen]; the gradient by x is
 * the mask. Where there is no room for that, samples have to do.
 */
function exactBest(scores: Tensor, scale: Tensor, k: number, kind: NoiseKind, sampled: () => Tensor): Tensor {
  const plan = planExact(scores, scale, k, kind);
  if (!isAffordable(plan, scores)) {
    warnOnce(
      `fenchelYoungLoss: ${plan.active} scores are within reach of the noise, too many for method 'exact'; samples are drawn`,
    );
    return sampled();
  }
  // The mask is an input, so that the gradient can be differentiated again.
  const mask = exactTopK(scores, scale, plan).toMask();
  return customGrad((x: Tensor, weights: Tensor) => ({
    value: add(inner(weights, x), mul(scale, exactNoise(x, scale, plan))),
    backward: (dy) => [mul(expandDims(dy, 1), weights)],
  }))(scores, mask);
}

/** The mean over samples of the k largest. */
function sampledBest(scores: Tensor, scale: Tensor, k: number, noise: Noise, samples: number): Tensor {
  const best = (x: Tensor): CustomResult => {
    const drawn = drawChoices(stopGradient(x), scale, noise, samples, k, 'position', false);
    const [chosen, chosenNoise] = [flatten(drawn.chosen, 1), flatten(drawn.chosenNoise, 1)];
    const share = mul(onesLike(chosenNoise), 1 / samples);
    const mask = scatterAddAlong(x.shape, chosen, share);
    const value = add(inner(mask, x), mul(scale, sum(mul(chosenNoise, share), { axis: 1 })));
    return { value, backward: (dy) => [mul(expandDims(dy, 1), mask)] };
  };
  return customGrad(best, { name: 'fenchelYoungLoss', firstOrder: true })(scores);
}
