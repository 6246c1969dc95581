/** The options of the Fenchel-Young loss and their checks. */
import type { Reduction } from '@saccade/nn';
import {
  checkOptions,
  isTensor,
  OptionError,
  quote,
  type Rng,
  ShapeError,
  sameShape,
  show,
  type Tensor,
} from '@saccade/tensor';
import type { NoiseKind } from '../kernels/js/noise.js';
import { requireCount, requireScores } from './check-choice.js';
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
  const [, n] = requireScores(op, scores);
  requireTarget(op, scores, target);
  requireCount(op, k, n);
  if (!(Number.isFinite(sigma) && sigma >= 0)) {
    throw new OptionError(`${op}: sigma must be a number from 0, got ${quote(sigma)}`);
  }
  checkNoise(op, noise);
  const method = methodOf(op, options);
  const { samples = isTensor(noise) ? (noise.shape[1] as number) : 500 } = options;
  return { k, method, sigma, noise, kind: isTensor(noise) ? 'normal' : noise, samples, rng, reduction };
}

function requireTarget(op: string, scores: Tensor, target: Tensor): void {
  if (isTensor(target) && sameShape(scores.shape, target.shape)) return;
  const got = isTensor(target) ? show(target.shape) : quote(target);
  throw new ShapeError(`${op}: scores and target must be [batch, n] alike, got ${show(scores.shape)} and ${got}`);
}

/** @throws {OptionError} for words and numbers that mean nothing */
function methodOf(op: string, { method, noise, samples, reduction }: FenchelYoungOptions): 'exact' | 'perturbed' {
  const given = isTensor(noise);
  if (method !== undefined && method !== 'exact' && method !== 'perturbed') {
    throw new OptionError(`${op}: method must be 'exact' or 'perturbed', got ${quote(method)}`);
  }
  if (method === 'exact' && given) throw new OptionError(`${op}: the exact method takes no given noise`);
  if (samples !== undefined && (!Number.isSafeInteger(samples) || samples < 1)) {
    throw new OptionError(`${op}: samples must be a whole number from 1, got ${quote(samples)}`);
  }
  if (reduction !== undefined && !['mean', 'sum', 'none'].includes(reduction)) {
    throw new OptionError(`${op}: reduction must be 'mean', 'sum' or 'none', got ${quote(reduction)}`);
  }
  return method ?? (given ? 'perturbed' : 'exact');
}
