/** The contribution of one path length, estimated from random paths, with an interval: a check of the recursion, and statistics of single paths. */
import {
  checkOptions,
  isTensor,
  mean,
  mul,
  OptionError,
  type Rng,
  requireCount,
  requireOneOf,
  requireRng,
  reshape,
  ShapeError,
  scope,
  show,
  std,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { applyFrozenNorm } from '../model/norm.js';
import type { ModelInput, RankModel } from '../model/rank-model.js';
import { compositeNorm } from '../residual/composite-norm.js';
import { alongPaths, repeated } from './follow-paths.js';
import type { FrozenLayer } from './frozen-layer.js';
import { headWeights } from './head-weights.js';
import { type DrawnPath, type Path, PathSampler } from './path-sampler.js';
import { type PassOptions, passNames, reduceLayers } from './reduce-layers.js';
import { studentQuantile } from './student-quantile.js';

/** What to draw. */
export interface SamplePathsOptions extends PassOptions {
  /** Heads on a path, from 0 to the number of layers. */
  readonly length: number;
  /** How many paths. */
  readonly samples: number;
  readonly rng: Rng;
  /** Whether all paths are drawn alike (default), or those whose heads' W_h have a larger composite norm more often, and count less for it. */
  readonly importance?: 'uniform' | 'norms' | undefined;
  /** Of the interval. Default 0.95. */
  readonly confidence?: number | undefined;
  /** A linear functional of contributions [samples, tokens, channels], as [samples, ...]. Default: all entries. */
  readonly functional?: ((contributions: Tensor) => Tensor) | undefined;
}

/** What the sample says of all paths of the length. Its tensors are the caller's to dispose. */
export interface PathSample {
  readonly length: number;
  /** [tokens, channels], or of the functional. */
  readonly estimate: Tensor;
  /** Of each entry; undefined for one sample, which says nothing of it. */
  readonly standardError: Tensor | undefined;
  /** Standard errors that the interval reaches to either side; undefined for one sample. */
  readonly reach: number | undefined;
  /** The paths: for each layer a head, or the number of heads where they are passed by. */
  readonly paths: readonly Path[];
  /** |P_path X W_path|_{1,inf} of each. */
  readonly norms: readonly number[];
}

const op = 'samplePaths';
const names = [...passNames, 'length', 'samples', 'rng', 'importance', 'confidence', 'functional'] as const;

/**
 * An unbiased estimate of what all paths of one length contribute, from tokens alone: the mean of weight P_path X W_path over random paths, where the weight is one over a
 * path's probability. `pathContributions` computes the same exactly. Takes memory for `samples` sequences.
 * @param tokens one text as ids, an image, or states [tokens, channels]
 * @throws {OptionError} for a length that no path has, fewer samples than 1, and what `pathContributions` refuses @throws {ShapeError}
 */
export async function samplePaths(
  model: RankModel,
  tokens: ModelInput,
  options: SamplePathsOptions,
): Promise<PathSample> {
  const {
    length,
    samples,
    rng,
    importance = 'uniform',
    confidence = 0.95,
    functional,
    ...pass
  } = checkOptions(op, options, names);
  requireCount(op, 'samples', samples);
  requireRng(op, rng);
  requireOneOf(op, 'importance', importance, ['uniform', 'norms']);
  if (!(confidence > 0 && confidence < 1))
    throw new OptionError(`${op}: confidence must be between 0 and 1, got ${confidence}`);
  return await scope(async () => {
    const { weights, needsAll } = await headWeights(model, importance, pass);
    const sampler = new PathSampler(op, weights, length, needsAll);
    const drawn = Array.from({ length: samples }, () => sampler.draw(rng));
    const start = (states: Tensor): Tensor => repeated(states, samples);
    const paths = drawn.map(({ path }) => path);
    const step = (stack: Tensor, layer: FrozenLayer): Tensor => alongPaths(op, stack, layer, paths);
    const { carried, finalNorm } = await reduceLayers(op, model, tokens, pass, start, step);
    return await estimated(finalNorm === undefined ? carried : applyFrozenNorm(carried, finalNorm), drawn, functional, {
      length,
      confidence,
    });
  });
}

async function estimated(
  contributions: Tensor,
  drawn: readonly DrawnPath[],
  functional: SamplePathsOptions['functional'],
  { length, confidence }: { readonly length: number; readonly confidence: number },
): Promise<PathSample> {
  const count = drawn.length;
  const norms = scope(() => compositeNorm(contributions));
  const told = scope(() => {
    const values = functional === undefined ? contributions : functional(contributions);
    if (!isTensor(values) || values.shape[0] !== count) {
      throw new ShapeError(
        `${op}: functional must give [${count}, ...], got ${isTensor(values) ? show(values.shape) : typeof values}`,
      );
    }
    const weights = tensor(
      drawn.map(({ weight }) => weight),
      { dtype: values.dtype as 'float32', device: values.device },
    );
    const weighted = mul(values, reshape(weights, [count, ...values.shape.slice(1).map(() => 1)]));
    const estimate = mean(weighted, { axis: 0 });
    const error = count > 1 ? mul(std(weighted, { axis: 0, correction: 1 }), 1 / Math.sqrt(count)) : undefined;
    return { estimate, error };
  });
  return {
    length,
    estimate: told.estimate,
    standardError: told.error,
    reach: count > 1 ? studentQuantile(confidence, count - 1) : undefined,
    paths: drawn.map(({ path }) => path),
    norms: Array.from((await norms.data()) as ArrayLike<number>),
  };
}
