/** Claims on real news: sparse rows of 47,236 columns, read from a file, learnt at the cost of what a row has. */
import type { Context, Experiment } from '@saccade/lab';
import { loadLibsvm } from '@saccade/nn';
import { type LinearData, linearScore, memSGD } from '@saccade/sparse-sgd';
import { once } from './data-sets.js';
import { paper } from './paper.js';

const features = 47_236;

const load = (name: string) =>
  once<LinearData>(
    async (context) => await loadLibsvm(context.data(`libsvm/${name}`), { features, signal: context.signal }),
  );
const trainingRows = load('rcv1_vw_train');
const testRows = load('rcv1_vw_test');

const shared = {
  paper,
  full: true,
  needs: 'libsvm/rcv1_vw_train',
  needsFrom: 'The files rcv1_vw_train and rcv1_vw_test in a folder libsvm.',
} as const;

/** Microseconds of a step that sends this, the least of some runs. */
async function stepTime(data: LinearData, compress: string, { seed, signal }: Context): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const options = { compress, rate: 'bottou:1', average: 'final', evaluations: 1, epochs: 2, seed, signal } as const;
    best = Math.min(best, (await memSGD(data, options)).microsecondsPerStep);
  }
  return best;
}

/** All of them. */
export const reutersExperiments: readonly Experiment[] = [
  {
    ...shared,
    id: 'sparse-sgd/reuters-accuracy',
    claim: 'Ten entries of 47,236 a step are enough to tell news about companies from others.',
    measures: 'rows of rcv1_vw_test that are told right after 20 epochs on rcv1_vw_train',
    unit: '%',
    baseline: 'SGD, likewise',
    bar: { atLeast: 86 },
    async run(context) {
      const { seed, signal } = context;
      const [train, test] = [await trainingRows(context), await testRows(context)];
      const right = async (compress: string): Promise<readonly [number, number]> => {
        const options = {
          compress,
          rate: 'bottou:1',
          average: 'final',
          evaluations: 1,
          epochs: 20,
          seed,
          signal,
        } as const;
        const { estimate, loss } = await memSGD(train, options);
        return [100 * (await linearScore(test, estimate)).accuracy, loss];
      };
      const [top, topLoss] = await right('top-k:10');
      const [all, allLoss] = await right('none');
      return {
        measured: top,
        baseline: all,
        notes: [
          `Loss on the training rows: top-10 ${topLoss.toFixed(5)}, SGD ${allLoss.toFixed(5)}; the least there is, 0.45978.`,
        ],
      };
    },
  },
  {
    ...shared,
    id: 'sparse-sgd/reuters-speed',
    claim: 'A step on a sparse row costs what the row has and what is sent, not what the model has.',
    measures: 'time of a step that sends all 47,236 entries over that of one that sends any one',
    unit: 'x',
    baseline: 'a step that sends the largest of all, likewise',
    bar: { atLeast: 3 },
    async run(context) {
      const data = await trainingRows(context);
      const [all, one, largest] = [
        await stepTime(data, 'none', context),
        await stepTime(data, 'rand-k:1', context),
        await stepTime(data, 'top-k:1', context),
      ];
      return {
        measured: all / one,
        baseline: all / largest,
        notes: [
          `Microseconds a step: all ${all.toFixed(1)}, any one ${one.toFixed(1)}, the largest ${largest.toFixed(1)}. A row has 78 entries.`,
        ],
      };
    },
  },
];
