/** Monte-Carlo estimates of path lengths beside what the recursion gives for them. */
import { oneOf, UsageError, wholeNumber } from '@saccade/command';
import { dispose, div, mul, Rng, scope, sum, type Tensor } from '@saccade/tensor';
import type { ModelInput, RankModel } from '../model/rank-model.js';
import type { Contribution } from '../paths/contribution.js';
import type { PathContributions } from '../paths/contribution-report.js';
import type { PassOptions } from '../paths/reduce-layers.js';
import { samplePaths } from '../paths/sample-paths.js';

/** The options of sampling. */
export const samplingDefinitions = {
  sample: { type: 'string' },
  length: { type: 'string' },
  importance: { type: 'string' },
} as const;

/** Their help. */
export const samplingHelp = `  --sample N           beside the exact norms an estimate from N random paths of each length, which needs
                       memory for N texts
  --length K           of this length alone
  --importance NAME    which paths are drawn: uniform (default), or by the norms of their heads' weights
`;

/** What `readArguments` makes of them. */
export interface SamplingValues {
  readonly sample?: string | undefined;
  readonly length?: string | undefined;
  readonly importance?: string | undefined;
}

/** What is drawn. */
export interface Sampling {
  readonly samples: number;
  /** Default: all lengths that paths have. */
  readonly length: number | undefined;
  readonly importance: 'uniform' | 'norms';
}

/** What random paths of one length say. The estimate is of the linear functional <Y, E> |E| / <E, E>, which is |E| for what is exact, E. */
export interface SampledLength {
  readonly length: number;
  /** |E|_{1,inf} of all paths of the length, from the tokens alone. */
  readonly exact: number;
  readonly estimate: number;
  /** Undefined for one sample, like the interval. */
  readonly standardError?: number;
  /** Of 95 % confidence. */
  readonly interval?: readonly [low: number, high: number];
  readonly paths: number;
  /** |P_path X W_path|_{1,inf}: mean, and largest. */
  readonly onePath: { readonly mean: number; readonly largest: number };
}

/** @throws {UsageError} */
export function samplingOf(values: SamplingValues): Sampling | undefined {
  const samples = wholeNumber('sample', values.sample);
  const length = wholeNumber('length', values.length, 0);
  const importance = oneOf('importance', values.importance, ['uniform', 'norms']) ?? 'uniform';
  if (samples !== undefined) return { samples, length, importance };
  const extra = (['length', 'importance'] as const).find((name) => values[name] !== undefined);
  if (extra !== undefined) throw new UsageError(`--${extra} is for --sample N`);
  return undefined;
}

/** Samples each length in turn, with random numbers of its own. @param exact of the same tokens and variant @param lengths that paths have */
export async function sampleLengths(
  model: RankModel,
  tokens: ModelInput,
  exact: PathContributions,
  { samples, importance, lengths, seed }: Sampling & { readonly lengths: readonly number[]; readonly seed: number },
  pass: (length: number) => PassOptions,
): Promise<SampledLength[]> {
  const source = exact.sources.find(({ source }) => source === 'tokens') as PathContributions['sources'][number];
  const rng = new Rng(seed).derive(1);
  const sampled: SampledLength[] = [];
  for (const length of lengths) {
    const { norm } = source.lengths[length] as Contribution;
    const part = scope(() => towards(source.byLength.at(length), norm));
    const sample = await samplePaths(model, tokens, {
      ...{ ...pass(length), length, samples, importance, rng: rng.derive(length) },
      functional: (contributions) => sum(mul(contributions, part), { axis: [1, 2] }),
    });
    const { estimate, standardError, reach = Number.NaN, norms } = sample;
    const [value, error] = [await numberOf(estimate), standardError && (await numberOf(standardError))];
    dispose([part, estimate, ...(standardError ? [standardError] : [])]);
    sampled.push({
      ...{ length, exact: norm, estimate: value, paths: samples },
      ...(error !== undefined && {
        standardError: error,
        interval: [value - reach * error, value + reach * error] as const,
      }),
      onePath: {
        mean: norms.reduce((total, norm) => total + norm, 0) / norms.length,
        largest: norms.reduce((most, norm) => Math.max(most, norm), 0),
      },
    });
  }
  return sampled;
}

/** E |E| / <E, E>, by way of E / |E|, whose squares are in range. */
function towards(exact: Tensor, norm: number): Tensor {
  const unit = mul(exact, norm > 0 ? 1 / norm : 0);
  return norm > 0 ? div(unit, sum(mul(unit, unit))) : unit;
}

async function numberOf(t: Tensor): Promise<number> {
  return Number((await t.data())[0]);
}
