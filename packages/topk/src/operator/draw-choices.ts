/** What the k largest are in every sample of perturbed scores: the work that all sampled methods begin with. */
import { empty, kernelsOn, requireShape, type Tensor } from '@saccade/tensor';
import { topKKernels } from '../kernels/extension.js';
import { orders } from '../kernels/table.js';
import type { Order } from './hard.js';
import type { Noise } from './noise.js';

/** What was chosen: positions and the noise there [batch, samples, k], and each sample's moment [batch, samples]. */
export interface Draw {
  readonly chosen: Tensor;
  readonly chosenNoise: Tensor;
  readonly moments: Tensor;
}

/** Chooses for all samples; `withMoments` where the gradient by sigma is wanted. */
export function drawChoices(
  scores: Tensor,
  sigma: Tensor,
  noise: Noise,
  samples: number,
  k: number,
  order: Order,
  withMoments: boolean,
): Draw {
  const { device } = scores;
  const [batch, n] = requireShape('topK', 'scores', scores, ['batch', 'n']);
  const chosen = empty(device, 'int32', [batch, samples, k]);
  const chosenNoise = empty(device, scores.dtype, [batch, samples, k]);
  const moments = empty(device, scores.dtype, [batch, samples]);
  const kernels = kernelsOn('topK', device, topKKernels);
  const [place, gumbel] = [orders.indexOf(order), noise.kind === 'gumbel'];
  noise.each(device, batch * samples, (z, first, count, stride) =>
    kernels.perturbedSelect(
      ...([scores, sigma, z] as const),
      ...([chosen, chosenNoise, moments] as const),
      ...([first, count, samples, n, k, stride] as const),
      place,
      gumbel,
      withMoments,
    ),
  );
  return { chosen, chosenNoise, moments };
}
