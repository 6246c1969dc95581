/** What a network learns that sees only patches: where to look is trained by the gradient of the operator alone. */
import { type Context, chart, type Experiment, type Figure, type Outcome, table } from '@saccade/lab';
import type { PatchSelector, SelectionOptions } from '@saccade/topk';
import { billiardData, trainBilliard } from './billiard.js';
import { lookedAt } from './looked-at.js';
import { type NeedleData, needleData, trainNeedle, type Watch } from './needle.js';
import { paper } from './paper.js';

/** One way to choose, and what came of it for each seed of start values. */
interface Trained {
  readonly name: string;
  readonly rights: readonly number[];
  readonly losses: readonly number[];
  readonly seconds: number;
  readonly figure: Figure;
}

/** A way to choose, and how many seeds it is trained from. */
type Plan = readonly [name: string, selection: SelectionOptions, seeds: number];

type Train = (
  data: NeedleData,
  seed: number,
  selection: SelectionOptions,
  watch: Watch,
) => Promise<{ selector: PatchSelector; losses: number[]; right: number }>;

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Trains each way to choose from its seeds, one after another. */
async function trainAll(
  data: NeedleData,
  train: Train,
  plans: readonly Plan[],
  { signal, progress }: Context,
): Promise<Trained[]> {
  const total = plans.reduce((sum, [, , seeds]) => sum + seeds, 0);
  let done = 0;
  const trained: Trained[] = [];
  for (const [name, selection, seeds] of plans) {
    const rights: number[] = [];
    let losses: number[] = [];
    let figure: Figure | undefined;
    const started = performance.now();
    for (let seed = 0; seed < seeds; seed++) {
      const onStep = (fraction: number, loss: number): Promise<void> =>
        progress((done + fraction) / total, `${name}, seed ${seed}: loss ${loss.toFixed(3)}`);
      const run = await train(data, seed, selection, { signal, onStep });
      rights.push(run.right);
      if (seed === 0) losses = run.losses;
      figure ??= await lookedAt(`Where ${name} looks`, run.selector, data.test, data.mean);
      run.selector.dispose();
      done += 1;
    }
    trained.push({ name, rights, losses, seconds: (performance.now() - started) / 1000, figure: figure as Figure });
  }
  return trained;
}

/** Losses of all, what was read right, and pictures of the first. */
function show(title: string, trained: readonly Trained[]): Figure[] {
  return [
    chart({
      title: `${title}: loss`,
      caption: 'The first seed of each; the mean of 40 steps is drawn thick.',
      x: { label: 'step' },
      y: { label: 'loss' },
      series: trained.map(({ name, losses }) => ({
        name,
        points: losses.map((loss, step) => [step, loss]),
        smooth: 40,
      })),
    }),
    table({
      title: `${title}: test images read right, in percent`,
      head: ['choice in training', 'seeds', 'mean', 'seconds a run'],
      rows: trained.map(({ name, rights, seconds }) => [
        name,
        rights.map((right) => right.toFixed(1)).join(', '),
        Number(mean(rights).toFixed(1)),
        Number((seconds / rights.length).toFixed(1)),
      ]),
    }),
    ...trained.slice(0, 1).map(({ figure }) => figure),
  ];
}

const diag: SelectionOptions = { method: 'perturbed', samples: 100, grad: 'diag' };

/** What several experiments ask about is trained once. */
function once<T>(make: (context: Context) => Promise<T>): (context: Context) => Promise<T> {
  let made: Promise<T> | undefined;
  return (context) => {
    made ??= make(context);
    return made;
  };
}

const needles = once(async (context) => {
  const data = await needleData(context.seed + 100);
  const plans: Plan[] = [
    ['exact', { method: 'exact' }, 3],
    ['hard', { method: 'hard' }, 2],
    ['random', { method: 'random' }, 1],
  ];
  return await trainAll(data, trainNeedle, plans, context);
});

/** What the experiments about needles share. */
const needle = {
  paper,
  unit: '%',
  full: true,
} as const;

function rightOf(trained: readonly Trained[], name: string): number[] {
  return [...(trained.find((one) => one.name === name)?.rights ?? [])];
}

/** Says which of the two gradients is ahead. */
function verdict(exact: number, released: number): string {
  const ahead = exact >= released ? 'the exact gradient' : 'diag, the released gradient,';
  return `Here ${ahead} is ahead, ${Math.max(exact, released).toFixed(1)} against ${Math.min(exact, released).toFixed(1)} %; seeds differ by as much.`;
}

const needleExperiments: Experiment[] = [
  {
    ...needle,
    id: 'topk/needle-is-found',
    claim:
      'A network that sees a small copy and four patches learns by the exact gradient where the digit is, and reads it.',
    measures: 'test images read right, mean of three seeds',
    baseline: 'trained with the hard choice',
    bar: { atLeast: 74 },
    async run(context): Promise<Outcome> {
      const trained = await needles(context);
      return {
        measured: mean(rightOf(trained, 'exact')),
        baseline: mean(rightOf(trained, 'hard')),
        figures: show('Needle digits', trained),
      };
    },
  },
  {
    ...needle,
    id: 'topk/needle-needs-the-gradient',
    claim: 'Without a gradient through the choice the network reads far fewer.',
    measures: 'percentage points that the exact choice is ahead of the hard one in training',
    baseline: 'the hard choice itself',
    bar: { atLeast: 30 },
    async run(context): Promise<Outcome> {
      const trained = await needles(context);
      return { measured: mean(rightOf(trained, 'exact')) - mean(rightOf(trained, 'hard')), baseline: 0 };
    },
  },
  {
    ...needle,
    id: 'topk/needle-random',
    claim: 'Four random patches are next to useless.',
    measures: 'test images read right with random patches',
    baseline: 'chance',
    bar: { atMost: 20 },
    async run(context): Promise<Outcome> {
      return { measured: mean(rightOf(await needles(context), 'random')), baseline: 10 };
    },
  },
  {
    ...needle,
    id: 'topk/needle-spread',
    claim: 'Training by the exact gradient comes out alike from different start values.',
    measures: 'percentage points between the best and the worst of three seeds',
    baseline: 'the released gradient in the reference runs',
    bar: { atMost: 10 },
    async run(context): Promise<Outcome> {
      const rights = rightOf(await needles(context), 'exact');
      return { measured: Math.max(...rights) - Math.min(...rights), baseline: 12.8 };
    },
  },
  {
    ...needle,
    id: 'topk/needle-released-gradient',
    claim: 'The released gradient, though not one, learns the needle too.',
    measures: 'test images read right, mean of three seeds, 100 samples',
    baseline: 'the exact gradient',
    bar: { atLeast: 50 },
    async run(context): Promise<Outcome> {
      const data = await needleData(context.seed + 100);
      const trained = await trainAll(data, trainNeedle, [['diag', diag, 3]], context);
      const exact = mean(rightOf(await needles(context), 'exact'));
      const released = mean(rightOf(trained, 'diag'));
      return {
        measured: released,
        baseline: exact,
        figures: show('Needle digits, diag', trained),
        notes: [verdict(exact, released)],
      };
    },
  },
];

const billiards = once(async (context) => {
  const data = await billiardData(context.seed + 100);
  const plans: Plan[] = [
    ['exact', { method: 'exact' }, 2],
    ['diag', diag, 2],
    ['hard', { method: 'hard' }, 1],
  ];
  return await trainAll(data, trainBilliard, plans, context);
});

const billiardExperiments: Experiment[] = [
  {
    ...needle,
    id: 'topk/billiard-rightmost',
    claim: 'With a transformer over the patches the network finds the rightmost ball and reads its number.',
    measures: 'test images read right, the better of the exact and the released gradient (two seeds each)',
    baseline: 'trained with the hard choice',
    bar: { atLeast: 50 },
    async run(context): Promise<Outcome> {
      const trained = await billiards(context);
      const [exact, released] = [mean(rightOf(trained, 'exact')), mean(rightOf(trained, 'diag'))];
      return {
        measured: Math.max(exact, released),
        baseline: mean(rightOf(trained, 'hard')),
        figures: show('Billiard', trained),
        notes: [verdict(exact, released)],
      };
    },
  },
  {
    ...needle,
    id: 'topk/billiard-hard',
    claim: 'Trained with the hard choice it reads few numbers.',
    measures: 'test images read right',
    baseline: 'chance',
    bar: { atMost: 25 },
    async run(context): Promise<Outcome> {
      return { measured: mean(rightOf(await billiards(context), 'hard')), baseline: 100 / 9 };
    },
  },
];

/** All of them. */
export const learningExperiments: readonly Experiment[] = [...needleExperiments, ...billiardExperiments];
