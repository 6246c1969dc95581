/** What the paper proves, beside what happens: the memory and the loss of a run stay below their bounds, far below. */
import { type Context, chart, type Experiment, type Outcome, type Point } from '@saccade/lab';
import { type LinearData, type MemSGDResult, memSGD, theory, unitRows } from '@saccade/sparse-sgd';
import { decodeSafetensors } from '@saccade/tensor';
import { paper } from './paper.js';
import { webPages, words } from './web-pages.js';

const pages = 5000;

/** A run with the theorem's step sizes and mean, and |m|^2 at each of its points. */
async function watched(data: LinearData, { seed, signal }: Context): Promise<{ run: MemSGDResult; memory: number[] }> {
  const memory: number[] = [];
  const save = async (bytes: Uint8Array): Promise<void> => {
    const { data } = decodeSafetensors(bytes).tensors.get('memory')!;
    memory.push((data as Float64Array).reduce((sum, value) => sum + value * value, 0));
  };
  const shift = theory.shift({ d: words, k: 1 });
  const checkpoint = { to: { load: async () => undefined, save } };
  const rate = `decay:8,${shift}`;
  return { run: await memSGD(data, { compress: 'top-k:1', epochs: 4, rate, seed, checkpoint, signal }), memory };
}

async function belowBounds(context: Context): Promise<Outcome> {
  const data = unitRows(await webPages(context.seed, pages));
  const { run, memory } = await watched(data, context);
  const best = await memSGD(data, { compress: 'none', epochs: 20, seed: context.seed, signal: context.signal });
  const lambda = 1 / pages;
  const norm = (x: ArrayLike<number>): number => Math.hypot(...Array.from(x));
  // Rows have length 1: gradients are at most 1 + lambda |x|, and their change is at most 1/4 + lambda.
  const largest = Math.max(norm(run.weights), norm(best.weights));
  const problem = {
    d: words,
    k: 1,
    mu: lambda,
    L: 0.25 + lambda,
    G: 1 + lambda * largest,
    distance: norm(best.weights),
  };
  const { distance, L, ...ofMemory } = problem;
  const later = run.curve.slice(1);
  const bounds = theory.curve('memory', later, ofMemory);
  const lossBounds = theory.curve('loss', later, problem);
  const at = (values: readonly number[]): Point[] => later.map(({ step }, i) => [step, values[i]!]);
  const excess = later.map(({ loss }) => loss - best.loss);
  const shares = bounds.map(({ loss }, i) => memory[i + 1]! / loss);
  return {
    measured: Math.max(...shares, ...lossBounds.map(({ loss }, i) => excess[i]! / loss)),
    baseline: 1,
    figures: [
      chart({
        title: 'The memory and the loss, and their bounds',
        caption: 'Top-1 of 300 entries, with the step sizes and the mean of Theorem 2.4.',
        x: { label: 'steps' },
        y: { label: '|m|², loss above the least', log: true },
        series: [
          { name: '|m|²', points: at(memory.slice(1)) },
          { name: 'bound of |m|² (Lemma 3.2)', points: at(bounds.map(({ loss }) => loss)) },
          { name: 'loss above the least', points: at(excess) },
          { name: 'bound of the loss (Theorem 2.4)', points: at(lossBounds.map(({ loss }) => loss)) },
        ],
      }),
    ],
    notes: [`The memory comes to ${Math.max(...shares).toPrecision(2)} of its bound at most.`],
  };
}

/** The claim. */
export const theoryExperiments: readonly Experiment[] = [
  {
    id: 'sparse-sgd/below-the-bounds',
    paper,
    claim: 'Memory and loss stay below what the paper proves of them, which is far more than what happens.',
    measures: 'largest share of a bound that the memory or the loss comes to',
    baseline: 'the bound',
    bar: { atMost: 1 },
    run: belowBounds,
  },
];
