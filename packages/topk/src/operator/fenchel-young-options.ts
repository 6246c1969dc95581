/** The options of the Fenchel-Young loss and their checks. */
import type { Reduction } from '@saccade/nn';
import {
  checkOptions,
  isTensor,
  OptionError,
  type Rng,
  requireCount,
  requireFrom,
  requireOneOf,
  requireShape,
  type Tensor,
} from '@saccade/tensor';
import type { NoiseKind } from '../kernels/js/noise.js';
import { requireChoice, requireScores } from './check-choice.js';
import { checkNoise, type NoiseOption } from './noise-option.js';

/** How the loss perturbs, as in `topK`. */
export interface FenchelYoungOptions {
  readonly k: number;
  /** 'exact' (default) has no sampling error; 'perturbed' is the mean over samples, and what given noise implies. */
  readonly method?: 'exact' | 'perturbed' | undefined;
  /** Scale of the noise, a number from 0. Default 0.05. */
  readonly sigma?: number | undefined;
  /** 'normal' (default), 'gumbel', or the noise itself [batch, samples, n]. */
  readonly noise?: NoiseOption | undefined;
  /** Default 500, or what the given noise has. */
  readonly samples?: number | undefined;
  readonly rng?: Rng | undefined;
  /** 'mean' (default), 'sum', or 'none' for the losses [batch]. */
  readonly reduction?: Reduction | undefined;
}

const names = ['k', 'method', 'sigma', 'noise', 'samples', 'rng', 'reduction'] as const;

/** The options with their defaults. */
export interface FenchelYoungSettings {
  readonly k: number;
  readonly method: 'exact' | 'perturbed';
  readonly sigma: number;
  readonly noise: NoiseOption;
  readonly kind: NoiseKind;
  readonly samples: number;
  readonly rng: Rng | undefined;
  readonly reduction: Reduction;
}

/** @throws {DTypeError}, {ShapeError} and {OptionError} as `fenchelYoungLoss` */
export function checkFenchelYoung(
  op: string,
  scores: Tensor,
  target: Tensor,
  options: FenchelYoungOptions,
): FenchelYoungSettings {
  const { k, sigma = 0.05, noise = 'normal', rng, reduction = 'mean' } = checkOptions(op, options, names);
  const [batch, n] = requireScores(op, scores);
  requireShape(op, 'target', target, [batch, n]);
  requireChoice(op, k, n);
  requireFrom(op, 'sigma', sigma);
  checkNoise(op, noise);
  const method = methodOf(op, options);
  const { samples = isTensor(noise) ? (noise.shape[1] as number) : 500 } = options;
  return { k, method, sigma, noise, kind: isTensor(noise) ? 'normal' : noise, samples, rng, reduction };
}

/** @throws {OptionError} for words and numbers that mean nothing */
function methodOf(op: string, { method, noise, samples, reduction }: FenchelYoungOptions): 'exact' | 'perturbed' {
  const given = isTensor(noise);
  if (method !== undefined) requireOneOf(op, 'method', method, ['exact', 'perturbed']);
  if (method === 'exact' && given) throw new OptionError(`${op}: the exact method takes no given noise`);
  if (samples !== undefined) requireCount(op, 'samples', samples);
  if (reduction !== undefined) requireOneOf(op, 'reduction', reduction, ['mean', 'sum', 'none']);
  return method ?? (given ? 'perturbed' : 'exact');
}
