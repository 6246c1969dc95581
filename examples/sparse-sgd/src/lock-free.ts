/** Claims about two workers that change one model without locks: it learns the same, and faster. */
import { type Context, chart, type Experiment, type Figure, table } from '@saccade/lab';
import { type ParallelMemSGDResult, parallelMemSGD } from '@saccade/sparse-sgd';
import { once } from './data-sets.js';
import { denseRows } from './dense-rows.js';
import { machine } from './machine.js';
import { paper } from './paper.js';

const [rows, features, epochs] = [8000, 1000, 5];

/** A run, and how many processors it had. */
interface Run {
  readonly result: ParallelMemSGDResult;
  /** Time of all threads over time that went by. */
  readonly processors: number;
}

const counts = [1, 2] as const;

/** Runs of one worker and of two, by turns; the first is to warm up. */
const train = once<Readonly<Record<1 | 2, readonly Run[]>>>(async ({ seed, signal, progress }: Context) => {
  const data = await denseRows(seed, rows, features);
  const runs: Record<1 | 2, Run[]> = { 1: [], 2: [] };
  const rounds = 16;
  for (let round = 0; round < rounds; round++) {
    for (const workers of counts) {
      const [cpu, wall] = [process.cpuUsage(), performance.now()];
      const options = { compress: 'top-k:1', workers, epochs, start: 0.01, seed, evaluations: 1, signal };
      const result = await parallelMemSGD(data, options);
      const { user, system } = process.cpuUsage(cpu);
      const processors = (user + system) / 1000 / (performance.now() - wall);
      if (round > 0) runs[workers].push({ result, processors });
    }
    await progress((round + 1) / rounds);
  }
  return runs;
});

/** Of runs that nothing else slowed down. */
function fastest(runs: readonly Run[]): number {
  return Math.max(...runs.map(({ result }) => result.stepsPerSecond));
}

function figures(runs: Readonly<Record<1 | 2, readonly Run[]>>): Figure[] {
  return [
    chart({
      title: 'Loss of the last model, by updates of all workers together',
      x: { label: 'updates' },
      y: { label: 'loss' },
      series: counts.map((workers) => ({
        name: workers === 1 ? 'one worker' : 'two workers',
        points: runs[workers][0]!.result.curve.map(({ step, loss }) => [step, loss] as const),
      })),
    }),
    table({
      title: 'Runs, by turns',
      head: ['workers', 'steps a second', 'processors in use', 'loss'],
      rows: counts.flatMap((workers) =>
        runs[workers].map(({ result, processors }) => [
          workers,
          Math.round(result.stepsPerSecond),
          Number(processors.toFixed(2)),
          Number(result.loss.toFixed(5)),
        ]),
      ),
    }),
  ];
}

const shared = { paper, full: true } as const;

/** All of them. */
export const lockFreeExperiments: readonly Experiment[] = [
  {
    ...shared,
    id: 'sparse-sgd/two-workers-same-loss',
    claim: 'Two workers that send their largest entries to one model without locks end with the loss of one worker.',
    measures: 'largest distance of the loss of two workers from that of one, of all runs',
    unit: '%',
    baseline: 'none',
    bar: { atMost: 1 },
    async run(context) {
      const runs = await train(context);
      const alone = runs[1][0]!.result.loss;
      return {
        measured: 100 * Math.max(...runs[2].map(({ result }) => Math.abs(result.loss / alone - 1))),
        baseline: 0,
        figures: figures(runs),
        notes: [`One worker: ${alone.toFixed(5)}. Dense rows, n = ${rows}, d = ${features}, ${epochs} epochs.`],
      };
    },
  },
  {
    ...shared,
    id: 'sparse-sgd/two-workers-faster',
    claim: 'On two free cores two workers do more than one and a half times the updates of one.',
    measures: 'updates a second of two workers over those of one, the fastest of fifteen runs each',
    unit: 'x',
    baseline: 'one worker',
    bar: { atLeast: 1.6 },
    async run(context) {
      const runs = await train(context);
      return { measured: fastest(runs[2]) / fastest(runs[1]), baseline: 1, notes: [machine()] };
    },
  },
];
