/** The sparse top-k of Sander et al. (2023): the mask of k elements that a p-norm regularises, in closed form. */
import { bufferOf, customGrad, empty, OptionError, quote, type Tensor } from '@saccade/tensor';
import { topKKernels } from '../kernels/extension.js';

/** How soft it is. */
export interface SparseOptions {
  /** Over how wide a range of scores the mask rises. Default 0.1. */
  readonly width?: number | undefined;
  /** The norm, in (1, 2]: nearer to 1 is softer at the upper end. Default 4 / 3. */
  readonly p?: number | undefined;
}

/**
 * The mask [batch, n] = clip((x - tau) / width, 0, 1)^(1 / (p - 1)) of scores [batch, n], tau such that each row sums to k; exactly 0 or 1
 * away from the threshold. k is real, in (0, n). @throws {OptionError}
 */
export function sparseTopK(scores: Tensor, k: number, { width = 0.1, p = 4 / 3 }: SparseOptions = {}): Tensor {
  if (!(width > 0 && width < Infinity))
    throw new OptionError(`topK: width must be a number above 0, got ${quote(width)}`);
  if (!(p > 1 && p <= 2)) throw new OptionError(`topK: p must be in (1, 2], got ${quote(p)}`);
  const [batch, n] = scores.shape as readonly [number, number];
  const power = 1 / (p - 1);
  return customGrad((x: Tensor) => {
    const { device, dtype } = x;
    const kernels = device.extend(topKKernels);
    const buffer = (t: Tensor) => bufferOf('topK', t);
    const y = empty(device, dtype, x.shape);
    kernels.sparse(buffer(x), buffer(y), batch, n, k, width, power);
    const backward = (dy: Tensor): Tensor[] => {
      const dx = empty(device, dtype, x.shape);
      const dk = empty(device, dtype, [batch]) as unknown as Tensor;
      kernels.sparseGrad(buffer(x), buffer(dy), buffer(dx), buffer(dk), batch, n, k, width, power);
      return [dx];
    };
    return { value: y, backward };
  })(scores);
}
