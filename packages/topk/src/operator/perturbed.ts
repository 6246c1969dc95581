/**
 * The sampled perturbed top-k: the mean of the hard choices of x + sigma z over samples, and the gradients of that mean. No tensor [samples, k, n]
 * is ever made, and the backward pass draws its noise again.
 */
import type { Buffer } from '@saccade/kernels';
import {
  bufferOf,
  concat,
  customGrad,
  empty,
  less,
  mapTree,
  mul,
  reshape,
  scatterAddAlong,
  scope,
  stopGradient,
  sum,
  type Tensor,
  where,
  zeros,
} from '@saccade/tensor';
import { topKKernels } from '../kernels/extension.js';
import { baselines } from '../kernels/table.js';
import { drawChoices } from './draw-choices.js';
import { requireFirstOrder } from './first-order.js';
import { hardIndices, type Order } from './hard.js';
import type { Noise } from './noise.js';
import { Selection } from './selection.js';

/**
 * How the gradient is estimated from samples. `full` is unbiased, with the mean of the other samples as a baseline; `plain` has no
 * baseline, `hard-baseline` the unperturbed choice. `diag` is what the paper's released code computes: the diagonal of each block of the Jacobian
 * alone, which is biased but less noisy.
 */
export type PerturbedGradient = 'full' | 'plain' | 'hard-baseline' | 'diag';

/** A sigma below this is 0: float32 has no room for what it would be divided into. */
const SMALLEST = 1e-35;

function buffer(t: Tensor): Buffer {
  return bufferOf('topK', t);
}

/** The choices of all samples, behind them those that the baseline wants, as places among the candidates; and how often each is the r-th. */
interface Counted {
  readonly indices: Tensor;
  /** [batch, all, k], all >= samples. */
  readonly slots: Tensor;
  readonly weights: Tensor;
}

/** Counts what was chosen, int32 [batch, all, k], in the first `samples`. */
function count(chosen: Tensor, scores: Tensor, samples: number): Counted {
  const { device, dtype } = scores;
  const n = scores.shape[1] as number;
  const [batch, all, k] = chosen.shape as readonly [number, number, number];
  const kernels = device.extend(topKKernels);
  const counts = empty(device, 'int32', [batch]);
  kernels.perturbedCount(buffer(chosen), buffer(counts), batch, all * k, n);
  // A GPU cannot be read at once: there all elements are candidates.
  const m = device.readSync === undefined ? n : counts.dataSync<'int32'>().reduce((a, b) => Math.max(a, b), 1);
  const indices = empty(device, 'int32', [batch, m]);
  const slots = empty(device, 'int32', [batch, all, k]);
  const weights = empty(device, dtype, [batch, k, m]);
  const outputs = [buffer(indices), buffer(slots), buffer(weights)] as const;
  kernels.perturbedWeights(buffer(chosen), ...outputs, batch, all, samples, n, k, m);
  return { indices, slots, weights };
}

/** What rewards are divided by: sigma, but Infinity, which makes the gradient 0, where noise of that scale changes nothing. */
function divisor(sigma: Tensor): Tensor {
  return where(less(sigma, SMALLEST), Infinity, sigma);
}

/** sum_s c_s nu(z_s) by score, and sum_s c_s moment_s by sigma. */
function sampledGradient(
  scores: Tensor,
  noise: Noise,
  counted: Counted,
  moments: Tensor,
  scale: Tensor,
  dy: Tensor,
  gradient: PerturbedGradient,
  bySigma: boolean,
): Tensor[] {
  const { device, dtype } = scores;
  const [batch, n] = scores.shape as readonly [number, number];
  const [, k, m] = dy.shape as readonly [number, number, number];
  const all = counted.slots.shape[1] as number;
  const samples = moments.shape[1] as number;
  const kernels = device.extend(topKKernels);
  const name = gradient === 'hard-baseline' ? 'hard' : gradient === 'full' && samples > 1 ? 'leave-one-out' : 'none';
  const weights = empty(device, dtype, [batch, samples]);
  const inputs = [buffer(counted.slots), buffer(dy), buffer(scale)] as const;
  kernels.perturbedCoefficients(...inputs, buffer(weights), batch, all, samples, k, m, baselines.indexOf(name));
  const byScore = zeros([batch, n], { device, dtype: dtype });
  noise.each(device, batch * samples, (values, first, part, stride) =>
    kernels.perturbedGrad(
      values,
      buffer(weights),
      buffer(byScore),
      first,
      part,
      samples,
      n,
      stride,
      noise.kind === 'gumbel',
    ),
  );
  return bySigma ? [byScore, sum(mul(weights, moments), { axis: 1 })] : [byScore];
}

/** The release's diagonal estimate. Nothing flows to sigma. */
function diagonalGradient(
  scores: Tensor,
  noise: Noise,
  counted: Counted,
  chosenNoise: Tensor,
  scale: Tensor,
  dy: Tensor,
): [byScore: Tensor] {
  const { device, dtype } = scores;
  const [batch, all, k] = counted.slots.shape as readonly [number, number, number];
  const m = dy.shape[2] as number;
  const at = empty(device, dtype, [batch, m]);
  const inputs = [buffer(counted.slots), buffer(chosenNoise), buffer(dy), buffer(scale)] as const;
  const isGumbel = noise.kind === 'gumbel';
  device.extend(topKKernels).perturbedDiagonal(...inputs, buffer(at), batch, all, all, k, m, isGumbel);
  return [scatterAddAlong(scores.shape, counted.indices, at)];
}

/**
 * The perturbed top-k of scores [batch, n] under noise of scale sigma [batch], estimated from samples: rows in the order asked for. Gradients flow
 * to scores and, if `bySigma`, but for `diag`, to sigma.
 */
export function perturbedTopK(
  scores: Tensor,
  sigma: Tensor,
  k: number,
  noise: Noise,
  samples: number,
  order: Order,
  gradient: PerturbedGradient,
  bySigma: boolean,
): Selection {
  return scope(() => {
    const [x, s] = [stopGradient(scores), stopGradient(sigma)];
    const drawn = drawChoices(x, s, noise, samples, k, order, bySigma);
    const hard = (): Tensor => hardIndices(x, k, order).reshape([x.shape[0] as number, 1, k]);
    const chosen = gradient === 'hard-baseline' ? concat([drawn.chosen, hard()], 1) : drawn.chosen;
    const found = count(chosen, x, samples);
    const scale = divisor(s);
    const weights = customGrad((from: Tensor, _sigma: Tensor) => {
      // Named anew in here, these live as long as the tape.
      const counted = mapTree(found, (t) => reshape(t, t.shape));
      const [moments, chosenNoise, by] = [drawn.moments, drawn.chosenNoise, scale].map((t) => reshape(t, t.shape)) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const backward = (dy: Tensor): Tensor[] => {
        requireFirstOrder('topK: perturbed');
        if (gradient === 'diag') return diagonalGradient(from, noise, counted, chosenNoise, by, dy);
        return sampledGradient(from, noise, counted, moments, by, dy, gradient, bySigma);
      };
      return { value: counted.weights, backward };
    })(scores, sigma);
    const n = scores.shape[1] as number;
    return new Selection(found.indices, weights, n, found.indices.shape[1] === n);
  });
}
