/** The paper's multi-core figure with top-k really on: multi-core.md says why it is run anew, and what came out. */
import type { Context, Experiment } from '@saccade/lab';
import { loadLibsvm } from '@saccade/nn';
import { type LinearData, unitRows } from '@saccade/sparse-sgd';
import { w8a } from './data-sets.js';
import { denseRows } from './dense-rows.js';
import { paper } from './paper.js';
import { runRace } from './race.js';
import type { Race } from './race-runs.js';

function claim(id: string, what: string, race: Race, more: Partial<Experiment>): Experiment {
  return {
    paper,
    id: `sparse-sgd/${id}`,
    claim: what,
    measures: 'updates of rand-k over those of top-k to the same loss, the least of all numbers of workers',
    unit: 'x',
    baseline: 'updates of SGD over those of top-k, one worker',
    bar: { atLeast: 1.1 },
    run: (context) => runRace(race, context),
    ...more,
  };
}

/** The paper's settings but for the rows, which are generated; k and d as for its data set epsilon. */
const dense = { k: 10, rate: 'bottou:1', epochs: 2, evaluations: 20, workers: [1, 2, 4], seeds: 3 } as const;

/** The step sizes of the paper’s figures about one core, whose first steps throw the model to losses of 5 to 200, the farther the longer memories wait. */
const web = {
  ...{ k: 10, rate: 'decay:2,d/k', epochs: 1, evaluations: 100, workers: [1, 2, 4], seeds: 10 },
  losses: [2, 1, 0.4, 0.2, 0.14],
};

const loadW8a = async (context: Context): Promise<LinearData> => (await w8a.load(context)).data;
const loadNews = async (context: Context): Promise<LinearData> =>
  unitRows(await loadLibsvm(context.data('libsvm/rcv1_vw_train'), { features: 47_236, signal: context.signal }));

/** All of them. */
export const multiCoreExperiments: readonly Experiment[] = [
  claim(
    'figure-4-quick',
    'With two workers too, sending the 10 largest of 2,000 entries takes fewer updates than sending any 10 (short form).',
    {
      ...{ ...dense, title: 'n = 3,000, d = 2,000', epochs: 1, evaluations: 10, workers: [1, 2], seeds: 1 },
      load: ({ seed }) => denseRows(seed, 3000, 2000),
    },
    {},
  ),
  claim(
    'figure-4',
    'With one, two and four workers sending the 10 largest of 2,000 entries takes fewer updates than sending any 10.',
    { ...dense, title: 'n = 8,000, d = 2,000', load: ({ seed }) => denseRows(seed, 8000, 2000) },
    { full: true },
  ),
  claim(
    'figure-4-w8a',
    'The same on w8a, 10 of 300 entries, with the step sizes of the paper’s other figures.',
    { ...web, title: 'w8a', load: loadW8a },
    { ...w8a.needs, bar: { atLeast: 1 }, full: true },
  ),
  claim(
    'figure-4-reuters',
    'The same on news, 50 of 47,236 entries.',
    { ...dense, title: 'rcv1_vw_train', k: 50, epochs: 5, evaluations: 10, load: loadNews },
    { needs: 'libsvm/rcv1_vw_train', needsFrom: 'The file rcv1_vw_train in a folder libsvm.', full: true },
  ),
];
