/** SGD that sends all, one entry, or one entry without remembering the rest: the runs of the paper's second figure. */
import { type Context, chart, type Figure, table } from '@saccade/lab';
import { type MemSGDOptions, type MemSGDResult, memSGD } from '@saccade/sparse-sgd';
import type { DataSet, Rows } from './data-sets.js';

/** What is sent: all; the largest entry; any entry; the largest, without memory; any, without the shift of the step sizes. */
export type Way = 'sgd' | 'top' | 'rand' | 'forgetful' | 'hasty';

/** Options of each way. The step sizes are the paper's: 2 / (lambda (t + d)), or 2 / (lambda (t + 1)) without shift. */
export const ways: Readonly<Record<Way, MemSGDOptions>> = {
  sgd: { compress: 'none' },
  top: { compress: 'top-k:1' },
  rand: { compress: 'rand-k:1' },
  forgetful: { compress: 'top-k:1', memory: false },
  hasty: { compress: 'rand-k:1', rate: 'decay:2,1' },
};

/** How they are called. */
const wayNames: Readonly<Record<Way, string>> = {
  sgd: 'SGD',
  top: 'top-1',
  rand: 'rand-1',
  forgetful: 'top-1 without memory',
  hasty: 'rand-1 without shift',
};

/** A run of each. */
export type Runs = Readonly<Record<Way, MemSGDResult>>;

/** Trains in all ways, from the same start and in the same order of rows. */
export async function runAll(rows: Rows, epochs: number, { seed, signal, progress }: Context): Promise<Runs> {
  const { data, positive } = rows;
  const runs: Partial<Record<Way, MemSGDResult>> = {};
  const all = Object.entries(ways) as [Way, MemSGDOptions][];
  for (const [i, [way, options]] of all.entries()) {
    const onProgress: MemSGDOptions['onProgress'] = ({ step, steps, loss }) =>
      progress((i + step / steps) / all.length, `${wayNames[way]}: loss ${loss.toPrecision(4)}`);
    runs[way] = await memSGD(data, { epochs, seed, start: 0.01, positive, signal, onProgress, ...options });
  }
  return runs as Runs;
}

/** The loss after so many epochs; there are ten points in each. */
export function lossAfter({ curve }: MemSGDResult, epochs: number): number {
  return curve[Math.round(10 * epochs)]!.loss;
}

/** Loss by epochs and by bits, and how it ended. */
export function figuresOf(set: DataSet, rows: Rows, runs: Runs): Figure[] {
  const all = Object.entries(runs) as [Way, MemSGDResult][];
  const rowCount = rows.data.shape[0];
  const lines = (x: (point: MemSGDResult['curve'][number]) => number) =>
    all.map(([way, { curve }]) => ({
      name: wayNames[way],
      points: curve.slice(1).map((point) => [x(point), point.loss] as const),
    }));
  const last = runs.sgd.steps / rowCount;
  return [
    chart({
      title: `Loss by passes over the data, ${set.title}`,
      x: { label: 'epochs' },
      y: { label: 'loss', log: true },
      series: lines(({ step }) => step / rowCount),
    }),
    chart({
      title: `Loss by what was sent, ${set.title}`,
      caption: 'By the paper’s formula: 64 bits an entry with its index, 32 bits an entry where all are sent.',
      x: { label: 'bits', log: true },
      y: { label: 'loss', log: true },
      series: lines(({ bits }) => bits),
    }),
    table({
      title: `Loss of the mean model, ${set.title}`,
      head: ['what is sent', '0.1 epoch', '1 epoch', `${last} epochs`, 'MB by the formula', 'MB encoded'],
      rows: all.map(([way, run]) => [
        wayNames[way],
        ...[0.1, 1, last].map((epochs) => Number(lossAfter(run, epochs).toPrecision(4))),
        ...[run.bits / 8, run.bytes].map((bytes) => Number((bytes / 1e6).toPrecision(3))),
      ]),
    }),
  ];
}
