/** How good a Monte Carlo gradient is for a user's sizes, measured against the exact one. */
import {
  add,
  checkOptions,
  isTensor,
  mul,
  OptionError,
  Rng,
  requireCount,
  requireShape,
  reshape,
  ShapeError,
  scope,
  show,
  sum,
  type Tensor,
  valueAndGradOf,
} from '@saccade/tensor';
import type { NoiseKind } from '../kernels/js/noise.js';
import { requireChoice } from './check-choice.js';
import { type Scores, scoresTensor } from './check-scores.js';
import type { PerturbedGradient } from './perturbed.js';
import { topK } from './top-k.js';

/** What `gradientHealth` takes. */
export interface GradientHealthOptions {
  /** How many elements there are. Default: that of the scores. */
  readonly n?: number | undefined;
  /** How many are chosen. */
  readonly k: number;
  /** Scale of the noise. Default 0.05. */
  readonly sigma?: number | undefined;
  /** Samples a gradient. Default 500. */
  readonly samples?: number | undefined;
  /** Scores of one row. Default: n uniform ones in [0, 1). */
  readonly scores?: Scores | undefined;
  /**
   * The gradient by the weights, [k, n]; or `'shared'` (default): 1 + normal numbers, the same in each row, as of a loss to which the
   * order does not matter; or `'independent'`: normal numbers.
   */
  readonly cotangent?: Tensor | 'shared' | 'independent' | undefined;
  /** Default 'normal'. */
  readonly noise?: NoiseKind | undefined;
  /** How often each gradient is drawn. Default 12. */
  readonly draws?: number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Ends the measurement. */
  readonly signal?: AbortSignal | undefined;
}

/** One way to estimate, against the exact gradient g. Lengths are relative to that of g. */
export interface EstimateHealth {
  readonly gradient: PerturbedGradient;
  /** Mean cosine of the angle to g: 1 is the same direction. */
  readonly cosine: number;
  /** Mean of |estimate - g|^2 / |g|^2. */
  readonly relativeError: number;
  /** |mean estimate - g|: what does not go away with more samples, and the error of the mean over the draws. */
  readonly bias: number;
  /** Root of the mean of |estimate - mean|^2: what falls with the root of the number of samples. */
  readonly deviation: number;
}

/** What was measured. */
export interface GradientHealth {
  readonly n: number;
  readonly k: number;
  readonly sigma: number;
  readonly samples: number;
  readonly draws: number;
  /** Length of the exact gradient. */
  readonly norm: number;
  readonly estimates: readonly EstimateHealth[];
}

const op = 'gradientHealth';

const gradients: readonly PerturbedGradient[] = ['full', 'plain', 'hard-baseline', 'diag'];

const names = ['n', 'k', 'sigma', 'samples', 'scores', 'cotangent', 'noise', 'draws', 'seed', 'signal'] as const;

/**
 * Compares each gradient of `perturbed` with that of `exact`, for the caller's n, k, sigma and samples: is a sampled gradient good enough here?
 * @throws {OptionError} where neither n nor scores are given, or something is out of range @throws {ShapeError}
 */
export async function gradientHealth(options: GradientHealthOptions): Promise<GradientHealth> {
  const {
    k,
    sigma = 0.05,
    samples = 500,
    noise = 'normal',
    draws = 12,
    seed = 0,
    signal,
  } = checkOptions(op, options, names);
  requireCount(op, 'draws', draws);
  return await scope(async () => {
    const [ofScores, ofCotangent, ofNoise] = new Rng(seed).split(3) as [Rng, Rng, Rng];
    const x = scoresOf(options, ofScores);
    const [, n] = requireShape(op, 'scores', x, [1, 'n']);
    requireChoice(op, k, n);
    const g = cotangentOf(options.cotangent ?? 'shared', k, n, ofCotangent);
    const gradientBy = async (method: 'exact' | 'perturbed', grad?: PerturbedGradient): Promise<Float64Array> => {
      const given = { k, sigma, noise, method, ...(method === 'exact' ? {} : { samples, grad, rng: ofNoise }) };
      const [, byScore] = valueAndGradOf(x, () => sum(mul(topK(x, given).toDense(), g)));
      return Float64Array.from(await byScore.data());
    };
    const exact = await gradientBy('exact');
    if (dot(exact, exact) === 0) {
      throw new OptionError(
        `${op}: the exact gradient is 0 here, so there is nothing to compare with; a larger sigma helps`,
      );
    }
    const estimates: EstimateHealth[] = [];
    for (const gradient of gradients) {
      const drawn: Float64Array[] = [];
      for (let i = 0; i < draws; i++) {
        signal?.throwIfAborted();
        drawn.push(await scope(() => gradientBy('perturbed', gradient)));
      }
      estimates.push({ gradient, ...compare(drawn, exact) });
    }
    return { n, k, sigma, samples, draws, norm: Math.sqrt(dot(exact, exact)), estimates };
  });
}

function scoresOf({ scores, n }: GradientHealthOptions, rng: Rng): Tensor {
  if (scores === undefined) {
    if (n === undefined) throw new OptionError(`${op}: expected n, or the scores themselves`);
    return rng.uniform([1, requireCount(op, 'n', n)]);
  }
  const x = scoresTensor(op, scores);
  if (x.shape[0] !== 1 || (n !== undefined && x.shape[1] !== n)) {
    throw new ShapeError(`${op}: scores must be one row${n === undefined ? '' : ` of ${n}`}, got ${show(x.shape)}`);
  }
  return x;
}

/** [1, k, n]. */
function cotangentOf(given: Tensor | 'shared' | 'independent', k: number, n: number, rng: Rng): Tensor {
  if (given === 'independent') return rng.normal([1, k, n]);
  if (given === 'shared') return add(rng.normal([1, 1, n]), 1);
  if (!isTensor(given) || given.size !== k * n) {
    throw new ShapeError(`${op}: cotangent must be [k, n] = ${show([k, n])}`);
  }
  return reshape(given, [1, k, n]);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, i) => total + value * (b[i] as number), 0);
}

/** |a - b|^2. */
function distance(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, i) => total + (value - (b[i] as number)) ** 2, 0);
}

function compare(drawn: readonly Float64Array[], exact: Float64Array): Omit<EstimateHealth, 'gradient'> {
  const norm = dot(exact, exact);
  const mean = exact.map((_, i) => drawn.reduce((total, g) => total + (g[i] as number), 0) / drawn.length);
  const average = (of: (g: Float64Array) => number): number =>
    drawn.reduce((total, g) => total + of(g), 0) / drawn.length;
  const cosine = average((g) => dot(g, exact) / Math.sqrt(dot(g, g) * norm));
  return {
    cosine,
    relativeError: average((g) => distance(g, exact)) / norm,
    bias: Math.sqrt(distance(mean, exact) / norm),
    deviation: Math.sqrt(average((g) => distance(g, mean)) / norm),
  };
}
