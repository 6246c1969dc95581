/** Trained layers made smaller: as they are, and after some more training. */
import { CollaborativeAttention, type FromConcatenatedOptions } from '@saccade/collab-attention';
import { type Context, chart, type Experiment, type Point } from '@saccade/lab';
import { Rng } from '@saccade/tensor';
import { paper } from './paper.js';
import { HEADS, percentRight, train, WIDTH } from './recall-model.js';
import { KEY_DIM, trainedModel } from './trained-model.js';

/** Each head truncated by itself: the start as it is, without a sweep. */
const truncated = { init: 'head-svd', maxIterations: 0 } as const;

/** Questions answered by the trained model with its attention in the shared form. */
async function compressed(context: Context, options: Omit<FromConcatenatedOptions, 'heads'>): Promise<number> {
  const { model, attention } = await trainedModel(context);
  const { layer } = await CollaborativeAttention.fromConcatenated(attention.weights, { heads: HEADS, ...options });
  model.attention = layer;
  const right = await percentRight(model);
  attention.dispose();
  model.dispose();
  return right;
}

/** One claim: so many dimensions keep the accuracy. */
function withoutTraining(rank: number, bar: number): Experiment {
  return {
    id: `collab-attention/compress-to-${rank}`,
    paper,
    claim: `Of ${KEY_DIM} trained key dimensions ${rank} shared ones keep the accuracy, without training on.`,
    measures: `questions answered with ${rank} shared dimensions`,
    unit: '%',
    baseline: 'each head truncated by itself, to as many numbers',
    bar: { atLeast: bar },
    async run(context) {
      const measured = await compressed(context, { rank });
      const baseline = await compressed(context, { rank, ...truncated });
      const ranks = context.full ? [4, 6, 8, 12, 16, 24, 32, 48] : [];
      const [shared, alone]: [Point[], Point[]] = [[], []];
      for (const [i, own] of ranks.entries()) {
        shared.push([own, await compressed(context, { rank: own })]);
        alone.push([own, await compressed(context, { rank: own, ...truncated })]);
        await context.progress((i + 1) / ranks.length, `${own} dimensions`);
      }
      const series = [
        { name: 'shared', points: shared },
        { name: 'each head by itself', points: alone },
      ];
      const figures =
        ranks.length === 0
          ? []
          : [chart({ title: 'Compressed', x: { label: 'key dimensions' }, y: { label: 'answered, %' }, series })];
      return { measured, baseline, figures };
    },
  };
}

const [FINE_RANK, FINE_STEPS] = [4, 60];

/** Questions answered after some steps from a start, the mean of two trained models. */
async function fineTuned(context: Context, start: 'shared' | 'truncated' | 'random'): Promise<number> {
  const { seed } = context;
  return (
    ((await fineTunedOne({ ...context, seed }, start)) + (await fineTunedOne({ ...context, seed: seed + 1 }, start))) /
    2
  );
}

async function fineTunedOne(context: Context, start: 'shared' | 'truncated' | 'random'): Promise<number> {
  const { model, attention } = await trainedModel(context);
  const rng = new Rng(context.seed);
  const options = { heads: HEADS, rank: FINE_RANK, ...(start === 'truncated' ? truncated : {}) };
  model.attention =
    start === 'random'
      ? new CollaborativeAttention({ width: WIDTH, heads: HEADS, sharedDim: FINE_RANK, rng })
      : (await CollaborativeAttention.fromConcatenated(attention.weights, options)).layer;
  const { seed, signal } = context;
  await train(model, { steps: FINE_STEPS, rate: 1e-3, seed: seed + 1, signal });
  const right = await percentRight(model);
  attention.dispose();
  model.dispose();
  return right;
}

export const compressExperiments: readonly Experiment[] = [
  withoutTraining(16, 98),
  withoutTraining(8, 93),
  {
    id: 'collab-attention/compress-then-fine-tune',
    paper,
    claim: 'Four shared dimensions and sixty more steps bring most of the accuracy back.',
    measures: 'questions answered after sixty steps from the decomposition, the mean of two models',
    unit: '%',
    baseline: 'the same from a random start',
    bar: { atLeast: 82 },
    full: true,
    async run(context) {
      return { measured: await fineTuned(context, 'shared'), baseline: await fineTuned(context, 'random') };
    },
  },
  {
    id: 'collab-attention/better-start',
    paper,
    claim: 'For training on, shared dimensions are a better start than heads truncated by themselves.',
    measures: 'points by which more questions are answered after sixty steps, the mean of two models',
    unit: '%',
    baseline: 'questions answered from truncated heads',
    bar: { atLeast: 20 },
    full: true,
    async run(context) {
      const [shared, alone] = [await fineTuned(context, 'shared'), await fineTuned(context, 'truncated')];
      return { measured: shared - alone, baseline: alone };
    },
  },
];
