/** LapSum (2025): a mask of Laplace distribution functions around the one threshold at which it sums to k. */
import {
  type CustomResult,
  customGrad,
  empty,
  isTensor,
  kernelsOn,
  requireAbove,
  reshape,
  ShapeError,
  scope,
  show,
  sum,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { topKKernels } from '../kernels/extension.js';
import { requireScores, requireShare } from './check-choice.js';

const op = 'lapSum';

/** What a number or a tensor of one element holds. */
function numberOf(name: string, value: number | Tensor): number {
  if (!isTensor(value)) return value;
  if (value.size !== 1) throw new ShapeError(`${op}: ${name} must have one element, got ${show(value.shape)}`);
  return value.item();
}

/** The same as a tensor [1] that gradients reach. */
function inputOf(value: number | Tensor, { device, dtype }: Tensor): Tensor {
  if (isTensor(value)) return reshape(value, [1]);
  return tensor([value], { device, dtype: dtype });
}

/**
 * The mask [batch, n] = F((x - b) / alpha) of scores [batch, n], F the Laplace distribution function and b such that each row
 * sums to k. One sort and a closed form; k is real, in (0, n). Gradients flow to the scores, and to k and alpha where those are tensors.
 * -Infinity gets 0, Infinity 1; where more than k are Infinity they share k equally, all others get 0, and no gradient flows. Infinite scores have no
 * gradient, and there is no second derivative (a GradientError).
 * @throws {OptionError} unless 0 < k < n and alpha > 0 @throws {DTypeError} and {ShapeError} unless scores are float [batch, n] @throws {DeviceError} for k or alpha as tensors on a GPU, which cannot be read at once
 */
export function lapSum(scores: Tensor, k: number | Tensor, alpha: number | Tensor = 0.1): Tensor {
  return scope(() => {
    const [batch, n] = requireScores(op, scores);
    const [count, width] = [numberOf('k', k), numberOf('alpha', alpha)];
    requireShare(op, count, n);
    requireAbove(op, 'alpha', width);
    const mask = (x: Tensor, _k: Tensor, _alpha: Tensor): CustomResult => {
      const { device, dtype } = x;
      const kernels = kernelsOn(op, device, topKKernels);
      const value = empty(device, dtype, x.shape);
      kernels.lapsum(x, value, batch, n, count, width);
      const backward = (dy: Tensor): Tensor[] => {
        const dx = empty(device, dtype, x.shape);
        const [dk, dalpha] = [empty(device, dtype, [batch]), empty(device, dtype, [batch])] as const;
        kernels.lapsumGrad(x, dy, dx, dk, dalpha, batch, n, count, width);
        return [dx, sum(dk, { keepDims: true }), sum(dalpha, { keepDims: true })];
      };
      return { value, backward };
    };
    return customGrad(mask, { name: op, firstOrder: true })(scores, inputOf(k, scores), inputOf(alpha, scores));
  });
}
