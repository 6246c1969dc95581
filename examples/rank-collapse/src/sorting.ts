/** Learning to sort: the short paths through a trained network carry it. */
import { type Chart, type Context, chart, type Experiment, type Table, table } from '@saccade/lab';
import { type LengthEffectiveness, pathEffectiveness } from '@saccade/rank-collapse';
import { Rng } from '@saccade/tensor';
import { paper } from './paper.js';
import { freeNet, sortingNet, trainNet } from './sorting-nets.js';

/** What the trained network and its paths answer. */
interface PathRun {
  readonly full: number;
  readonly trivial: number;
  readonly few: readonly LengthEffectiveness[];
  readonly many: readonly LengthEffectiveness[];
}

const runs = new Map<number, PathRun>();

/** 46 epochs are 1,472 steps. Trained once for each seed. */
async function pathRun(context: Context): Promise<PathRun> {
  const { seed, signal, progress } = context;
  const found = runs.get(seed);
  if (found !== undefined) return found;
  const net = sortingNet(seed, true);
  const { accuracy } = await trainNet(net, { epochs: 46, part: [0, 0.8] }, context);
  const paths = (count: number, from: number): Promise<LengthEffectiveness[]> =>
    pathEffectiveness(net.network, net.task, {
      ...{ paths: count, rng: new Rng(seed).derive(2), signal },
      onProgress: (done) => progress(from + 0.1 * done, `${count} paths at once`),
    });
  const run = { full: accuracy, trivial: net.task.trivial, few: await paths(5, 0.8), many: await paths(20, 0.9) };
  freeNet(net);
  runs.set(seed, run);
  return run;
}

function byLength({ full, trivial, few, many }: PathRun): Chart {
  const points = (of: readonly LengthEffectiveness[]) => of.map(({ length, mean }) => [length, 100 * mean] as const);
  return chart({
    title: 'What paths of one length answer',
    caption: 'Means over five draws of paths; attention is computed from each path’s own tokens.',
    x: { label: 'layers that a path goes through' },
    y: { label: 'letters at their places, %' },
    series: [
      { name: '5 paths', points: points(few), style: 'bars' },
      { name: '20 paths', points: points(many), style: 'bars' },
    ],
    rules: [
      { y: 100 * full, label: 'all paths: the network' },
      { y: 100 * trivial, label: 'always the most frequent letter' },
    ],
  });
}

function accuracies({ few, many }: PathRun): Table {
  const cell = ({ mean, deviation = 0 }: LengthEffectiveness): string =>
    `${(100 * mean).toFixed(1)} ± ${(100 * deviation).toFixed(1)} %`;
  const rows = few.map((one, i) => [one.length, cell(one), cell(many[i] as LengthEffectiveness)]);
  return table({ title: 'Accuracy by path length', head: ['length', '5 paths', '20 paths'], rows });
}

const longest = ({ many }: PathRun): number => Math.max(...many.slice(3).map(({ mean }) => mean));

export const sortingExperiments: readonly Experiment[] = [
  {
    id: 'rank-collapse/sorting',
    paper,
    claim: 'A network of attention with skips, and without any MLP, learns to sort.',
    measures: 'letters at their places after 1,472 steps; the paper has 98 %',
    unit: '%',
    baseline: 'always the most frequent letter',
    bar: { atLeast: 97 },
    full: true,
    async run(context) {
      const run = await pathRun(context);
      return { measured: 100 * run.full, baseline: 100 * run.trivial };
    },
  },
  {
    id: 'rank-collapse/short-paths',
    paper,
    claim: 'Paths through one layer sort far better than longer ones.',
    measures: 'letters at their places by 20 paths of length 1, beyond the best length from 3 on',
    unit: '%',
    baseline: 'the best length from 3 on itself',
    bar: { atLeast: 25 },
    full: true,
    async run(context) {
      const run = await pathRun(context);
      const one = run.many[1]?.mean ?? 0;
      const figures = [byLength(run), accuracies(run)];
      return { measured: 100 * (one - longest(run)), baseline: 100 * longest(run), figures };
    },
  },
  {
    id: 'rank-collapse/one-layer-paths',
    paper,
    claim: 'Twenty paths through one layer each, together, put at least two letters in five at their places.',
    measures: 'letters at their places by 20 paths of length 1',
    unit: '%',
    baseline: '20 times the path of length 0, that is none of the layers',
    bar: { atLeast: 40 },
    full: true,
    async run(context) {
      const run = await pathRun(context);
      return { measured: 100 * (run.many[1]?.mean ?? 0), baseline: 100 * (run.many[0]?.mean ?? 0) };
    },
  },
  {
    id: 'rank-collapse/long-paths',
    paper,
    claim: 'Paths through three layers or more know little beyond chance.',
    measures: 'letters at their places by 20 paths of the best length from 3 on',
    unit: '%',
    baseline: '20 paths of length 1',
    bar: { atMost: 20 },
    full: true,
    async run(context) {
      const run = await pathRun(context);
      return { measured: 100 * longest(run), baseline: 100 * (run.many[1]?.mean ?? 0) };
    },
  },
];
