/** Steps of optimizers on a GPU: one map for each of the results. */
import type { OptimizerKernels } from '../table/optimizer.js';
import type { GpuBuffer } from './buffer.js';
import type { GpuKernels } from './plan.js';

export const optimizer: GpuKernels<OptimizerKernels<GpuBuffer>> = {
  adam(plan, parameter, gradient, mean, square, newParameter, newMean, newSquare, step) {
    const { beta1, beta2, rate, root, epsilon } = step;
    plan.map({
      text: 'beta * p + rest * q',
      operands: [mean, gradient],
      numbers: { beta: beta1, rest: 1 - beta1 },
      out: newMean,
    });
    plan.map({
      text: 'beta * p + rest * (q * q)',
      operands: [square, gradient],
      numbers: { beta: beta2, rest: 1 - beta2 },
      out: newSquare,
    });
    plan.map({
      text: 'p - q / (Math.sqrt(r) * root + epsilon) * rate',
      operands: [parameter, newMean, newSquare],
      numbers: { rate, root, epsilon },
      out: newParameter,
    });
  },
};
