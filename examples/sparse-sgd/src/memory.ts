/** Claims about the memory: with it one entry a step is as good as all, without it not; and about the shift of the step sizes. */
import type { Context, Experiment } from '@saccade/lab';
import { a9a, type DataSet, generated, mushrooms, once, type Rows, w8a } from './data-sets.js';
import { figuresOf, lossAfter, type Runs, runAll } from './memory-runs.js';
import { paper } from './paper.js';

/** What is asked of a set. */
interface Demand {
  readonly epochs: number;
  /** Loss of top-1 without memory over that of SGD, at least. */
  readonly forgetful: number;
  /** Loss of rand-1 without shift over that with, after a tenth of an epoch, at least. */
  readonly hasty: number;
}

type Trained = { readonly rows: Rows; readonly runs: Runs };

function withinOfSgd({ sgd, top, rand }: Runs): number {
  return 100 * Math.max(...[top, rand].map(({ loss }) => Math.abs(loss / sgd.loss - 1)));
}

function claims(set: DataSet, { epochs, forgetful, hasty }: Demand): Experiment[] {
  const train = once<Trained>(async (context: Context) => {
    const rows = await set.load(context);
    return { rows, runs: await runAll(rows, epochs, context) };
  });
  const shared = { paper, ...set.needs };
  const on = set.suffix === '' ? '' : `On ${set.title}: `;
  return [
    {
      ...shared,
      id: `sparse-sgd/one-entry-is-enough${set.suffix}`,
      claim: `${on}With memory, sending one entry a step, the largest or any, ends with the loss of SGD, which sends all.`,
      measures: `larger distance of the losses of top-1 and rand-1 from SGD’s after ${epochs} epochs`,
      unit: '%',
      baseline: 'top-1 without memory, likewise',
      bar: { atMost: 0.2 },
      async run(context) {
        const { rows, runs } = await train(context);
        return {
          measured: withinOfSgd(runs),
          baseline: 100 * (runs.forgetful.loss / runs.sgd.loss - 1),
          figures: figuresOf(set, rows, runs),
        };
      },
    },
    {
      ...shared,
      id: `sparse-sgd/memory-is-needed${set.suffix}`,
      claim: `${on}Without memory, sending the largest entry alone does not work.`,
      measures: `loss of top-1 without memory over SGD’s after ${epochs} epochs`,
      unit: 'x',
      baseline: 'top-1 with memory',
      bar: { atLeast: forgetful },
      async run(context) {
        const { runs } = await train(context);
        return { measured: runs.forgetful.loss / runs.sgd.loss, baseline: runs.top.loss / runs.sgd.loss };
      },
    },
    {
      ...shared,
      id: `sparse-sgd/shift-is-needed${set.suffix}`,
      claim: `${on}Without the shift of the step sizes by d/k, the first steps of rand-1 throw the model far off.`,
      measures: 'loss of rand-1 without shift over that with shift, after a tenth of an epoch',
      unit: 'x',
      baseline: 'the same at the end',
      bar: { atLeast: hasty },
      async run(context) {
        const { runs } = await train(context);
        const early = lossAfter(runs.hasty, 0.1) / lossAfter(runs.rand, 0.1);
        return { measured: early, baseline: runs.hasty.loss / runs.rand.loss };
      },
    },
  ];
}

/** The bars of the paper's small form, which are about w8a. */
const usual: Demand = { epochs: 3, forgetful: 4, hasty: 50 };

/**
 * a9a has another pattern: its labels are so noisy that the least loss is 0.33, which leaves no room for four times that below a model of zeros,
 * 0.69; and 123 features are learnt by rand-1 to within 1 % in three epochs, not 0.2 %.
 */
const noisy: Demand = { epochs: 10, forgetful: 1.5, hasty: 2 };

/** All of them. */
export const memoryExperiments: readonly Experiment[] = [
  ...claims(generated, usual),
  ...claims(w8a, usual),
  ...claims(mushrooms, usual),
  ...claims(a9a, noisy),
];
