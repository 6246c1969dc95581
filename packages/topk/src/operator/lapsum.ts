/** LapSum (2025): a mask of Laplace distribution functions around the one threshold at which it sums to k. */
import {
  bufferOf,
  customGrad,
  empty,
  isTensor,
  OptionError,
  quote,
  reshape,
  ShapeError,
  scope,
  show,
  sum,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { topKKernels } from '../kernels/extension.js';

/** A number, as it is and as a tensor [1] that gradients reach. */
function scalar(name: string, value: number | Tensor, like: Tensor): { number: number; tensor: Tensor } {
  if (isTensor(value)) {
    if (value.size !== 1) throw new ShapeError(`lapSum: ${name} must have one element, got ${show(value.shape)}`);
    return { number: value.item(), tensor: reshape(value, [1]) as unknown as Tensor };
  }
  const { device, dtype } = like;
  return { number: value, tensor: tensor([value], { device, dtype: dtype as 'float32' }) as unknown as Tensor };
}

/**
 * The mask [batch, n] = F((x - b) / alpha) of scores [batch, n], F the Laplace distribution function and b such that each row
 * sums to k. One sort and a closed form; k is real, in (0, n). Gradients flow to the scores, and to k and alpha where those are tensors.
 * @throws {OptionError} unless 0 < k < n and alpha > 0 @throws {DeviceError} for k or alpha as tensors on a GPU, which cannot be read at once
 */
export function lapSum(scores: Tensor, k: number | Tensor, alpha: number | Tensor = 0.1): Tensor {
  return scope(() => {
    const [batch, n] = scores.shape as readonly [number, number];
    const [count, width] = [scalar('k', k, scores), scalar('alpha', alpha, scores)];
    if (!(count.number > 0 && count.number < n)) {
      throw new OptionError(`lapSum: k must be in (0, ${n}), got ${quote(count.number)}`);
    }
    if (!(width.number > 0 && width.number < Infinity)) {
      throw new OptionError(`lapSum: alpha must be a number above 0, got ${quote(width.number)}`);
    }
    const mask = customGrad((x: Tensor, _k: Tensor, _alpha: Tensor) => {
      const { device, dtype } = x;
      const kernels = device.extend(topKKernels);
      const buffer = (t: Tensor) => bufferOf('lapSum', t);
      const y = empty(device, dtype, x.shape);
      kernels.lapsum(buffer(x), buffer(y), batch, n, count.number, width.number);
      const backward = (dy: Tensor): Tensor[] => {
        const dx = empty(device, dtype, x.shape);
        const [dk, dalpha] = [0, 1].map(() => empty(device, dtype, [batch]) as unknown as Tensor) as [Tensor, Tensor];
        const outputs = [buffer(dx), buffer(dk), buffer(dalpha)] as const;
        kernels.lapsumGrad(buffer(x), buffer(dy), ...outputs, batch, n, count.number, width.number);
        return [dx, sum(dk, { keepDims: true }), sum(dalpha, { keepDims: true })];
      };
      return { value: y, backward };
    });
    return mask(scores, count.tensor, width.tensor);
  });
}
