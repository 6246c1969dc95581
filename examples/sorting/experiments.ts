/** A transformer of `@saccade/nn` learns to sort from examples alone. */
import { type Context, chart, type Experiment, type Figure, type Point, table } from '@saccade/lab';
import { inference } from '@saccade/nn';
import { Rng } from '@saccade/tensor';
import { draw, percentBlind, percentRight, Sorter, task, train } from './src/sorter.js';

const paper = {
  title: 'Attention is not all you need (Dong et al. 2021): its sorting task',
  url: 'https://arxiv.org/abs/2103.03404',
};
const baseline = 'at each place the letter that is most often there';
/** Seeds of what is tested with lie apart from those of what is trained on. */
const testSeed = (seed: number): number => seed + 1_000_000;

interface Trained {
  readonly sorter: Sorter;
  readonly right: number;
  readonly losses: Point[];
  readonly seconds: number;
}

async function trained(
  layers: number,
  steps: number,
  { seed, signal }: Context,
  show: (part: number, note: string) => Promise<void>,
): Promise<Trained> {
  const sorter = new Sorter(layers, new Rng(seed));
  const losses: Point[] = [];
  const started = performance.now();
  await train(sorter, {
    steps,
    seed,
    onStep: async (step, loss) => {
      signal.throwIfAborted();
      losses.push([step, loss]);
      await show(step / steps, `${layers} layers, loss ${loss.toFixed(3)}`);
    },
  });
  const seconds = (performance.now() - started) / 1000;
  return { sorter, right: await percentRight(sorter, 2000, testSeed(seed)), losses, seconds };
}

/** Some test sequences and what the sorter makes of them. */
async function examplesTable(sorter: Sorter, seed: number): Promise<Figure> {
  const text = (ids: Int32Array): string => Array.from(ids, (id) => String.fromCharCode(97 + id)).join('');
  const [letters, sorted, answers] = await inference(sorter, async () => {
    const { letters, sorted } = draw(6, new Rng(testSeed(seed)));
    const answer = sorter.forward(letters).argmax({ axis: -1 });
    return Promise.all([letters.data<'int32'>(), sorted.data<'int32'>(), answer.data<'int32'>()]);
  });
  const row = (i: number): string[] =>
    [letters, answers, sorted].map((all) => text(all.slice(i * task.length, (i + 1) * task.length)));
  return table({ title: 'Some sequences', head: ['given', 'answered', 'in order'], rows: [0, 1, 2, 3, 4, 5].map(row) });
}

/** The claims about sorting. */
export const experiments: readonly Experiment[] = [
  {
    id: 'sorting/accuracy',
    paper,
    claim: 'A transformer of two layers learns to sort 8 letters of 10 from examples alone.',
    measures: 'places with the right letter, in 2,000 sequences that it has not seen',
    unit: '%',
    baseline,
    bar: { atLeast: 97 },
    async run(context) {
      const { sorter, right, losses, seconds } = await trained(2, 1000, context, context.progress);
      const sequences = await examplesTable(sorter, context.seed);
      const note = `${sorter.size.toLocaleString('en')} weights, 1000 steps with 64 new sequences each, in ${seconds.toFixed(1)} s.`;
      sorter.dispose();
      const loss = chart({
        title: 'Loss',
        x: { label: 'step' },
        y: { label: 'cross-entropy', log: true },
        series: [{ name: 'training', points: losses, smooth: 25 }],
      });
      return {
        measured: right,
        baseline: await percentBlind(2000, testSeed(context.seed)),
        figures: [loss, sequences],
        notes: [note],
      };
    },
  },
  {
    id: 'sorting/depth',
    paper,
    claim: 'It does so with two, four and six layers.',
    measures: 'places with the right letter, for the depth that does worst',
    unit: '%',
    baseline,
    bar: { atLeast: 97 },
    full: true,
    async run(context) {
      const depths = [2, 4, 6];
      const series: { name: string; points: Point[]; smooth: number }[] = [];
      const results: number[] = [];
      for (const [i, layers] of depths.entries()) {
        const show = (part: number, note: string): Promise<void> => context.progress((i + part) / depths.length, note);
        const { sorter, right, losses } = await trained(layers, 1000, context, show);
        sorter.dispose();
        results.push(right);
        series.push({ name: `${layers} layers`, points: losses, smooth: 25 });
      }
      const title = 'Loss by depth';
      return {
        measured: Math.min(...results),
        baseline: await percentBlind(2000, testSeed(context.seed)),
        figures: [chart({ title, x: { label: 'step' }, y: { label: 'cross-entropy', log: true }, series })],
        notes: depths.map((layers, i) => `${layers} layers: ${(results[i] as number).toFixed(2)} %.`),
      };
    },
  },
];
