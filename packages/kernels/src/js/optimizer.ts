/** Steps of optimizers of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { OptimizerKernels } from '../table/optimizer.js';

export const optimizer: OptimizerKernels<TypedArray> = {
  adam(parameter, gradient, mean, square, newParameter, newMean, newSquare, { beta1, beta2, rate, root, epsilon }) {
    for (let i = 0; i < parameter.length; i++) {
      const g = gradient[i]!;
      const m = beta1 * mean[i]! + (1 - beta1) * g;
      const v = beta2 * square[i]! + (1 - beta2) * g * g;
      newMean[i] = m;
      newSquare[i] = v;
      newParameter[i] = parameter[i]! - (rate * m) / (root * Math.sqrt(v) + epsilon);
    }
  },
};
