/** Exact contributions by path length of a network as large as BERT-base, and their estimate from random paths. */
import { type Context, type Experiment, type Svg, svg } from '@saccade/lab';
import { lengthChart, pathContributions, pathCounts, type RankModel, samplePaths } from '@saccade/rank-collapse';
import { dispose, Rng, scope, type Tensor } from '@saccade/tensor';
import { paper } from './paper.js';
import { type EncoderShape, normal, randomEncoder } from './random-encoder.js';

const [TOKENS, WIDTH, HEADS, LAYERS] = [128, 768, 12, 12];
const base: EncoderShape = {
  layers: LAYERS,
  heads: HEADS,
  width: WIDTH,
  hidden: 0,
  norms: 'none',
  bias: 0,
  dtype: 'float32',
  spread: 0.02,
};

/** The sum of a network's contributions, compared with its output. */
interface Sum {
  readonly error: number;
  readonly norms: readonly number[];
}

const known = new Map<string, Sum>();

async function sumOf(name: string, shape: EncoderShape, { seed, signal, progress }: Context): Promise<Sum> {
  const found = known.get(`${name} ${seed}`);
  if (found !== undefined) return found;
  const rng = new Rng(seed);
  using encoder = randomEncoder(shape, rng);
  const sum = await scope(async () => {
    const tokens = normal(rng, [TOKENS, WIDTH], 1, 'float32');
    const onProgress = ({ layer, layers }: { layer: number; layers: number }): void =>
      void progress(layer / layers, name);
    const { check, lengths } = await pathContributions(encoder.model, tokens, { signal, onProgress });
    return { error: (check as { error: number }).error, norms: lengths.map(({ norm }) => norm) };
  });
  known.set(`${name} ${seed}`, sum);
  return sum;
}

function lengthPicture({ norms }: Sum): Svg {
  const counts = pathCounts(LAYERS, HEADS);
  const bars = norms.map((norm, length) => ({ length, norm, proportion: counts[length]?.proportion ?? 0 }));
  return svg({
    title: 'What paths of each length contribute',
    caption: 'Almost all paths are long, and almost all of the output comes from short ones.',
    svg: lengthChart(bars, { title: 'Contribution by path length' }),
  });
}

/** Norms of lengths from 9 on, over that of length 0. */
const longShare = ({ norms }: Sum): number =>
  norms.slice(9).reduce((sum, norm) => sum + norm, 0) / (norms[0] as number);

const longPaths = (): number =>
  pathCounts(LAYERS, HEADS)
    .slice(9)
    .reduce((sum, { proportion }) => sum + proportion, 0);

/** How often an interval of 95 % holds the exact value. */
async function coverage(importance: 'uniform' | 'norms', context: Context): Promise<number> {
  const rng = new Rng(context.seed);
  const shape = { ...base, layers: 4, heads: 3, width: 24, spread: 0.2 };
  using encoder = randomEncoder(shape, rng);
  const length = 2;
  return await scope(async () => {
    const tokens = normal(rng, [10, 24], 1, 'float32');
    const { sources } = await pathContributions(encoder.model, tokens);
    const [first] = sources;
    const exact = (first as { byLength: Tensor }).byLength.at(length);
    return await covered(encoder.model, tokens, await exact.data<'float32'>(), { length, importance, rng }, context);
  });
}

async function covered(
  model: RankModel,
  tokens: Tensor,
  exact: ArrayLike<number>,
  how: { readonly length: number; readonly importance: 'uniform' | 'norms'; readonly rng: Rng },
  { progress }: Context,
): Promise<number> {
  const repetitions = 200;
  let hits = 0;
  for (let i = 0; i < repetitions; i++) {
    const found = await samplePaths(model, tokens, { ...how, samples: 50 });
    const [estimate, error] = [
      await found.estimate.data<'float32'>(),
      await (found.standardError as Tensor).data<'float32'>(),
    ];
    // One entry a repetition, as all entries of one move together.
    const at = i % exact.length;
    const reach = (found.reach as number) * (error[at] as number);
    if (Math.abs((estimate[at] as number) - (exact[at] as number)) <= reach) hits++;
    dispose(found);
    if (i % 10 === 0) await progress(i / repetitions);
  }
  return (100 * hits) / repetitions;
}

const sumClaim = (id: string, what: string, shape: EncoderShape, full: boolean): Experiment => ({
  id: `rank-collapse/${id}`,
  paper,
  claim: `The contributions of all path lengths add up to the output of ${what}.`,
  measures: 'largest difference between sum and output, relative to the largest value, float32',
  baseline: 'one unit in the last place of float32, relative',
  bar: { atMost: 1e-5 },
  ...(full && { full }),
  async run(context) {
    const sum = await sumOf(id, shape, context);
    return { measured: sum.error, baseline: 2 ** -23, ...(id === 'sum' && { figures: [lengthPicture(sum)] }) };
  },
});

export const pathExperiments: readonly Experiment[] = [
  sumClaim('sum', 'attention with skips as large as BERT-base', base, false),
  sumClaim(
    'sum-post-norm',
    'a whole encoder as large as BERT-base, norms behind the sums',
    { ...base, hidden: 3072, norms: 'post', bias: 0.1 },
    true,
  ),
  sumClaim(
    'sum-pre-norm',
    'a whole encoder as large as BERT-base, norms before the parts',
    { ...base, hidden: 3072, norms: 'pre', bias: 0.1 },
    true,
  ),
  {
    id: 'rank-collapse/many-long-paths',
    paper,
    claim: 'The many long paths say little: lengths from 9 on are 99 % of all paths.',
    measures: 'sum of the norms of their contributions, over that of length 0',
    baseline: 'their share of all paths',
    bar: { atMost: 1e-4 },
    async run(context) {
      return { measured: longShare(await sumOf('sum', base, context)), baseline: longPaths() };
    },
  },
  ...(['uniform', 'norms'] as const).flatMap((importance) =>
    [
      { id: 'at-least', bar: { atLeast: 90 }, text: 'at least 90' },
      { id: 'at-most', bar: { atMost: 99 }, text: 'at most 99' },
    ].map(
      ({ id, bar, text }): Experiment => ({
        id: `rank-collapse/coverage-${importance}-${id}`,
        paper,
        claim: `Intervals of 95 % from 50 random paths hold the exact value in ${text} % of 200 repetitions${importance === 'norms' ? ', where paths of large norm are drawn more often' : ''}.`,
        measures: 'repetitions in which the interval holds the exact value',
        unit: '%',
        baseline: 'what intervals of 95 % promise',
        bar: bar as Experiment['bar'],
        async run(context) {
          return { measured: await coverage(importance, context), baseline: 95 };
        },
      }),
    ),
  ),
];
