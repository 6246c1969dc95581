/** Runs of Mem-SGD, one after the other, in one chart. */
import { LiveChart } from '@saccade/command';
import { quantity } from '@saccade/pictures';
import { SaccadeError } from '@saccade/tensor';
import type { LossSeries } from '../pictures/loss-series.js';
import { lossText } from '../pictures/loss-text.js';
import { linearScore } from '../training/linear-loss.js';
import { type MemSGDResult, memSGD } from '../training/mem-sgd.js';
import { parallelMemSGD } from '../training/parallel-mem-sgd.js';
import type { Evaluation } from '../training/sgd-checkpoint.js';
import type { SGDProgress } from '../training/sgd-options.js';
import { writeLivePage } from './chart-files.js';
import type { LinearFiles } from './linear-files.js';
import type { LinearOptions, RunOptions } from './linear-options.js';
import { RunStore } from './run-store.js';

/** What a run came to. */
export interface LinearRun extends RunOptions {
  readonly curve: readonly Evaluation[];
  /** Undefined where it failed. */
  readonly result: (MemSGDResult & { readonly threads?: number }) | undefined;
  readonly testAccuracy: number | undefined;
  readonly error: string | undefined;
}

/** Name of all charts of these runs. */
export const linearTitle = 'Mem-SGD';

/** Curves for charts. */
export function seriesOf(runs: readonly Pick<LinearRun, 'name' | 'curve'>[]): LossSeries[] {
  return runs.map(({ name, curve }) => ({ name, points: curve }));
}

async function trainOne(
  { data, epochs, rate, average, seed, precision, parallel, resume }: LinearOptions,
  { compress, memory }: RunOptions,
  files: LinearFiles,
  store: RunStore,
  onProgress: (progress: SGDProgress) => Promise<void>,
  signal: AbortSignal,
): Promise<MemSGDResult & { readonly threads?: number }> {
  const { loss, positive, lambda } = data;
  const checkpoint = { to: store, resume };
  const options = {
    loss,
    positive,
    lambda,
    compress,
    memory,
    epochs,
    rate,
    seed,
    precision,
    checkpoint,
    onProgress,
    signal,
  };
  if (parallel !== undefined) return parallelMemSGD(files.train, { ...options, workers: parallel });
  return memSGD(files.train, { ...options, average });
}

/** Trains once for each compressor. A model that becomes infinite is a result too; anything else that fails ends all. */
export async function compareRuns(
  options: LinearOptions,
  files: LinearFiles,
  signal: AbortSignal,
): Promise<LinearRun[]> {
  const { data, epochs, checkpoint, x } = options;
  const chart = new LiveChart();
  const done: LinearRun[] = [];
  for (const run of options.runs) {
    const store = new RunStore(checkpoint);
    const show = async ({ step, steps, epoch, loss }: SGDProgress): Promise<void> => {
      const series = seriesOf([...done, { name: run.name, curve: store.curve }]);
      const sent = quantity(store.curve.at(-1)!.bits, 'bit');
      const line = `${run.name}: epoch ${Number(epoch.toFixed(2))}/${epochs}, loss ${loss.toPrecision(5)}, ${sent} sent`;
      await chart.draw((size) => lossText({ ...size, series, x, title: linearTitle }), line, step === steps);
      if (Number.isInteger(epoch)) await chart.progress(line);
      writeLivePage(options, series, linearTitle);
    };
    try {
      const result = await trainOne(options, run, files, store, show, signal);
      const { loss, positive } = data;
      const score = files.test && (await linearScore(files.test, result.estimate, { loss, positive }));
      done.push({ ...run, curve: result.curve, result, testAccuracy: score?.accuracy, error: undefined });
    } catch (error) {
      if (!(error instanceof SaccadeError) || error.code !== 'non-finite') throw error;
      done.push({ ...run, curve: store.curve, result: undefined, testAccuracy: undefined, error: error.message });
      await chart.tell(`${run.name}: ${error.message}`);
    }
  }
  return done;
}
