/** What `topK` takes, and its checks. */
import {
  checkOptions,
  isTensor,
  OptionError,
  quote,
  Rng,
  requireCount,
  requireOneOf,
  ShapeError,
  show,
  type Tensor,
} from '@saccade/tensor';
import type { NoiseKind } from '../kernels/js/noise.js';
import type { NaNPolicy } from './check-scores.js';
import type { Order } from './hard.js';
import { checkNoise, type NoiseOption } from './noise-option.js';
import type { PerturbedGradient } from './perturbed.js';

/** The methods; `orderedMethods` of them give k rows, the others one mask. */
export const methods = [
  'exact',
  'perturbed',
  'hard',
  'straight-through',
  'sinkhorn',
  'lapsum',
  'sparse',
  'dftopk',
  'neuralsort',
  'softsort',
] as const;

/** How `topK` softens the choice. */
export type TopKMethod = (typeof methods)[number];

/** What `topK` takes. */
export interface TopKOptions {
  /** How many to choose: a whole number in [1, n]; for `lapsum` and `sparse` any in (0, n). */
  readonly k: number;
  /**
   * - `exact` (default): the perturbed top-k in the limit of infinitely many samples, value and gradient without noise.
   * - `perturbed`: its Monte Carlo estimate, as in the paper.
   * - `hard`: the k largest, no gradient. `straight-through`: the same with the gradient of `exact`.
   * - `sinkhorn`, `neuralsort`, `softsort`: k soft rows, the best rank first. `lapsum`, `sparse`, `dftopk`: one mask.
   */
  readonly method?: TopKMethod | undefined;
  /** Scale of the noise, in the units of the scores: a number, or a tensor [] or [batch] that gradients reach. Default 0.05. */
  readonly sigma?: number | Tensor | undefined;
  /** Samples of `perturbed`. Default 500, or as many as given noise has. */
  readonly samples?: number | undefined;
  /** `'normal'` (default), `'gumbel'`, or for `perturbed` the noise itself [batch, samples, n]. */
  readonly noise?: NoiseOption | undefined;
  /** What given noise is drawn from. Default 'normal'. */
  readonly noiseKind?: NoiseKind | undefined;
  /** Order of the rows of `exact`, `perturbed`, `hard` and `straight-through`. Default 'position'. */
  readonly order?: Order | undefined;
  /** How `perturbed` estimates its gradient. Default 'full'. */
  readonly grad?: PerturbedGradient | undefined;
  /** Where `perturbed` draws its noise from. */
  readonly rng?: Rng | undefined;
  /** NaN scores: an error (default) or never selected. */
  readonly onNaN?: NaNPolicy | undefined;
  /** Temperature of `dftopk`, `neuralsort` and `softsort`, in the units of the scores. Default 0.1. */
  readonly tau?: number | undefined;
  /** Width of `lapsum`, in the units of the scores. Default 0.1. */
  readonly alpha?: number | undefined;
  /** Width of `sparse`, in the units of the scores. Default 0.1. */
  readonly width?: number | undefined;
  /** The norm of `sparse`: in (1, 2]. Default 4 / 3. */
  readonly p?: number | undefined;
  /** Entropy of `sinkhorn`. Default 0.01. */
  readonly epsilon?: number | undefined;
  /** Iterations of `sinkhorn`. Default 2000. */
  readonly iterations?: number | undefined;
}

const names = [
  'k',
  'method',
  'sigma',
  'samples',
  'noise',
  'noiseKind',
  'order',
  'grad',
  'rng',
  'onNaN',
  'tau',
  'alpha',
  'width',
  'p',
  'epsilon',
  'iterations',
] as const;

const orders: readonly Order[] = ['position', 'value', 'value-ascending'];
const gradients: readonly PerturbedGradient[] = ['full', 'plain', 'hard-baseline', 'diag'];

/** With all defaults. */
export type CheckedTopKOptions = TopKOptions & {
  readonly [Name in 'method' | 'sigma' | 'noise' | 'noiseKind' | 'samples' | 'order' | 'grad' | 'onNaN']: NonNullable<
    TopKOptions[Name]
  >;
};

/** @throws {OptionError} for an option that does not exist or is out of range, whatever the scores @throws {ShapeError} */
export function checkTopKOptions(options: TopKOptions, batch: number, n: number): CheckedTopKOptions {
  checkOptions('topK', options, names);
  const {
    k,
    method = 'exact',
    sigma = 0.05,
    noise = 'normal',
    order = 'position',
    grad = 'full',
    onNaN = 'throw',
  } = options;
  requireOneOf('topK', 'method', method, methods);
  requireOneOf('topK', 'order', order, orders);
  requireOneOf('topK', 'grad', grad, gradients);
  checkNoise('topK', noise);
  const noiseKind = options.noiseKind ?? (noise === 'gumbel' ? 'gumbel' : 'normal');
  requireOneOf('topK', 'noiseKind', noiseKind, ['normal', 'gumbel']);
  if (isTensor(noise) && method !== 'perturbed') {
    throw new OptionError(`topK: noise can be given for method 'perturbed' only, not for '${method}'`);
  }
  const samples = options.samples ?? (isTensor(noise) ? (noise.shape[1] ?? 0) : 500);
  requireCount('topK', 'samples', samples);
  if (options.rng !== undefined && !(options.rng instanceof Rng)) {
    throw new OptionError(`topK: rng must be an Rng, got ${quote(options.rng)}`);
  }
  checkK(k, method, n);
  checkSigma(sigma, batch);
  return { ...options, k, method, sigma, noise, order, grad, onNaN, noiseKind, samples };
}

function checkK(k: number, method: TopKMethod, n: number): void {
  // Among no elements nothing is chosen, whatever k.
  const most = n === 0 ? Infinity : n;
  if (method === 'lapsum' || method === 'sparse') {
    if (!(k > 0 && k < most)) throw new OptionError(`topK: k must be in (0, ${n}), got ${quote(k)}`);
  } else if (!Number.isInteger(k) || k < 1 || k > most) {
    throw new OptionError(`topK: k must be an integer in [1, ${n}], got ${quote(k)}`);
  }
}

function checkSigma(sigma: number | Tensor, batch: number): void {
  if (typeof sigma === 'number') {
    if (!(sigma >= 0 && Math.fround(sigma) < Infinity))
      throw new OptionError(`topK: sigma must be a number from 0, got ${sigma}`);
    return;
  }
  if (!isTensor(sigma)) throw new OptionError(`topK: sigma must be a number or a tensor, got ${quote(sigma)}`);
  if (!(sigma.size === 1 && sigma.rank <= 1) && !(sigma.rank === 1 && sigma.size === batch)) {
    throw new ShapeError(`topK: sigma must be a number, [] or [batch] = [${batch}], got ${show(sigma.shape)}`);
  }
  if (sigma.device.readSync === undefined) return;
  for (const value of sigma.dataSync()) {
    if (!(value >= 0 && value < Infinity)) throw new OptionError(`topK: sigma must be from 0, got ${value}`);
  }
}
