/**
 * The sampled perturbed top-k: the mean of the hard choices of x + sigma z over samples, and the gradients of that mean. No tensor [samples, k, n]
 * is ever made, and the backward pass draws its noise again.
 */
import {
  concat,
  customGrad,
  type DType,
  empty,
  isTracked,
  kernelsOn,
  less,
  mul,
  requireShape,
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

const op = 'topK';

/** The choices of all samples, behind them those that the baseline wants, as places among the candidates; and how often each is the r-th. */
interface Counted {
  readonly indices: Tensor;
  /** [batch, all, k], all >= samples. */
  readonly slots: Tensor;
  readonly weights: Tensor;
}

/** Counts what was chosen, int32 [batch, all, k], of n, in the first `samples`. */
function count(chosen: Tensor, n: number, dtype: DType, samples: number): Counted {
  const { device } = chosen;
  const [batch, all, k] = requireShape(op, 'chosen', chosen, ['batch', 'all', 'k']);
  const kernels = kernelsOn(op, device, topKKernels);
  const counts = empty(device, 'int32', [batch]);
  kernels.perturbedCount(chosen, counts, batch, all * k, n);
  // A GPU cannot be read at once: there all elements are candidates.
  const m = device.readSync === undefined ? n : counts.dataSync<'int32'>().reduce((a, b) => Math.max(a, b), 1);
  const indices = empty(device, 'int32', [batch, m]);
  const slots = empty(device, 'int32', [batch, all, k]);
  const weights = empty(device, dtype, [batch, k, m]);
  kernels.perturbedWeights(chosen, indices, slots, weights, batch, all, samples, n, k, m);
  return { indices, slots, weights };
}

/** What rewards are divided by: sigma, but Infinity, which makes the gradient 0, where noise of that scale changes nothing. */
function divisor(sigma: Tensor): Tensor {
  return where(less(sigma, SMALLEST), Infinity, sigma);
}

/** What the backward pass reads. */
interface Sampled extends Omit<Counted, 'weights'> {
  readonly noise: Noise;
  readonly n: number;
  readonly chosenNoise: Tensor;
  readonly moments: Tensor;
  /** What rewards are divided by. */
  readonly scale: Tensor;
}

/** c_s for each sample, [batch, samples]. */
function coefficients({ slots, moments, scale }: Sampled, dy: Tensor, gradient: PerturbedGradient): Tensor {
  const { device } = dy;
  const [batch, k, m] = requireShape(op, 'dy', dy, ['batch', 'k', 'm']);
  const [, all] = requireShape(op, 'slots', slots, [batch, 'all', k]);
  const [, samples] = requireShape(op, 'moments', moments, [batch, 'samples']);
  const name = gradient === 'hard-baseline' ? 'hard' : gradient === 'full' && samples > 1 ? 'leave-one-out' : 'none';
  const c = empty(device, dy.dtype, [batch, samples]);
  const { perturbedCoefficients } = kernelsOn(op, device, topKKernels);
  perturbedCoefficients(slots, dy, scale, c, batch, all, samples, k, m, baselines.indexOf(name));
  return c;
}

/** sum_s c_s nu(z_s), [batch, n]. */
function scoreGradient({ noise, n }: Sampled, c: Tensor): Tensor {
  const { device, dtype } = c;
  const [batch, samples] = requireShape(op, 'coefficients', c, ['batch', 'samples']);
  const byScore = zeros([batch, n], { device, dtype });
  const { perturbedGrad } = kernelsOn(op, device, topKKernels);
  noise.each(device, batch * samples, (z, first, part, stride) =>
    perturbedGrad(z, c, byScore, first, part, samples, n, stride, noise.kind === 'gumbel'),
  );
  return byScore;
}

/** The release's diagonal estimate by score. */
function diagonalGradient({ noise, n, indices, slots, chosenNoise, scale }: Sampled, dy: Tensor): Tensor {
  const { device, dtype } = dy;
  const [batch, k, m] = requireShape(op, 'dy', dy, ['batch', 'k', 'm']);
  const [, all] = requireShape(op, 'slots', slots, [batch, 'all', k]);
  const at = empty(device, dtype, [batch, m]);
  const { perturbedDiagonal } = kernelsOn(op, device, topKKernels);
  perturbedDiagonal(slots, chosenNoise, dy, scale, at, batch, all, all, k, m, noise.kind === 'gumbel');
  return scatterAddAlong([batch, n], indices, at);
}

/**
 * The perturbed top-k of scores [batch, n] under noise of scale sigma [batch], estimated from samples: rows in the order asked for. Gradients flow
 * to scores and, but for `diag`, to sigma.
 */
export function perturbedTopK(
  scores: Tensor,
  sigma: Tensor,
  k: number,
  noise: Noise,
  samples: number,
  order: Order,
  gradient: PerturbedGradient,
): Selection {
  return scope(() => {
    const [batch, n] = requireShape(op, 'scores', scores, ['batch', 'n']);
    const [x, s] = [stopGradient(scores), stopGradient(sigma)];
    // The gradient by sigma alone needs the moments.
    const { chosen, chosenNoise, moments } = drawChoices(x, s, noise, samples, k, order, isTracked(sigma));
    const hard = (): Tensor => hardIndices(x, k, order).reshape([batch, 1, k]);
    const all = gradient === 'hard-baseline' ? concat([chosen, hard()], 1) : chosen;
    const { indices, slots, weights } = count(all, n, x.dtype, samples);
    const drawn = { noise, n, indices, slots, chosenNoise, moments, scale: divisor(s) };
    const backward = (dy: Tensor, [byScore, bySigma]: readonly boolean[]): (Tensor | undefined)[] => {
      if (gradient === 'diag') return [byScore ? diagonalGradient(drawn, dy) : undefined];
      const c = coefficients(drawn, dy, gradient);
      return [byScore ? scoreGradient(drawn, c) : undefined, bySigma ? sum(mul(c, moments), { axis: 1 }) : undefined];
    };
    const estimate = customGrad(
      (_scores: Tensor, _sigma: Tensor) => ({
        value: weights,
        backward,
        saved: [indices, slots, chosenNoise, moments, drawn.scale, ...noise.saved],
      }),
      { name: 'topK: perturbed', firstOrder: true },
    );
    return new Selection(indices, estimate(scores, sigma), n, indices.shape[1] === n);
  });
}
