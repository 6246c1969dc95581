/** How much noise the exact perturbed top-k carries along: what an expectation of the chosen has beyond their mask. */
import { empty, kernelsOn, requireShape, scope, stopGradient, type Tensor, takeAlong, topk } from '@saccade/tensor';
import { topKKernels } from '../kernels/extension.js';
import type { ExactPlan } from './exact.js';

const op = 'fenchelYoungLoss';

/**
 * E[sum of z_i over the k largest of x + sigma z] of scores [batch, n] and sigma [batch], by their plan: [batch], in sigma. No
 * gradient flows: it is itself the derivative by sigma of E[sum of the k largest].
 */
export function exactNoise(scores: Tensor, sigma: Tensor, { active: m, ranges, k, noise }: ExactPlan): Tensor {
  return scope(() => {
    const [x, s] = [stopGradient(scores), stopGradient(sigma)];
    const { device, dtype } = x;
    const [batch, n] = requireShape(op, 'scores', x, ['batch', 'n']);
    const near = m === n ? x : takeAlong(x, topk(x, m).indices);
    const total = empty(device, dtype, [batch]);
    kernelsOn(op, device, topKKernels).exactNoise(near, s, ranges, total, batch, m, k, noise === 'gumbel');
    return total;
  });
}
