/** The sparse top-k of Sander et al. (2023): the mask of k elements that a p-norm regularises, in closed form. */
import {
  type CustomResult,
  checkOptions,
  customGrad,
  empty,
  kernelsOn,
  OptionError,
  quote,
  requireAbove,
  type Tensor,
} from '@saccade/tensor';
import { topKKernels } from '../kernels/extension.js';
import { requireScores, requireShare } from './check-choice.js';

/** How soft it is. */
export interface SparseOptions {
  /** Over how wide a range of scores the mask rises. Default 0.1. */
  readonly width?: number | undefined;
  /** The norm, in (1, 2]: nearer to 1 is softer at the upper end. Default 4 / 3. */
  readonly p?: number | undefined;
}

/**
 * The mask [batch, n] = clip((x - tau) / width, 0, 1)^(1 / (p - 1)) of scores [batch, n], tau such that each row sums to k; exactly 0 or 1
 * away from the threshold. k is real, in (0, n). -Infinity gets 0, Infinity 1; where more than k are Infinity they share k equally and all
 * others get 0. Infinite scores have no gradient, and there is no second derivative (a GradientError).
 * @throws {OptionError} unless 0 < k < n, width > 0 and 1 < p <= 2 @throws {DTypeError} and {ShapeError} unless scores are float [batch, n]
 */
export function sparseTopK(scores: Tensor, k: number, options: SparseOptions = {}): Tensor {
  const op = 'sparseTopK';
  const { width = 0.1, p = 4 / 3 } = checkOptions(op, options, ['width', 'p']);
  requireAbove(op, 'width', width);
  if (!(p > 1 && p <= 2)) throw new OptionError(`${op}: p must be in (1, 2], got ${quote(p)}`);
  const [batch, n] = requireScores(op, scores);
  requireShare(op, k, n);
  const power = 1 / (p - 1);
  const mask = (x: Tensor): CustomResult => {
    const { device, dtype } = x;
    const kernels = kernelsOn(op, device, topKKernels);
    const value = empty(device, dtype, x.shape);
    kernels.sparse(x, value, batch, n, k, width, power);
    const backward = (dy: Tensor): Tensor[] => {
      const [dx, dk] = [empty(device, dtype, x.shape), empty(device, dtype, [batch])] as const;
      kernels.sparseGrad(x, dy, dx, dk, batch, n, k, width, power);
      return [dx];
    };
    return { value, backward };
  };
  return customGrad(mask, { name: op, firstOrder: true })(scores);
}
