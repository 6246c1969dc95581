/** `sparse-sgd train --data FILE`: Mem-SGD on this machine. */
import { existsSync } from 'node:fs';
import {
  counted,
  isInterrupt,
  percent,
  print,
  printJson,
  requireNewRun,
  resumeCommand,
  table,
  tell,
  tellResumed,
  tellSaved,
} from '@saccade/command';
import { quantity } from '@saccade/pictures';
import { writeCharts } from './chart-files.js';
import { compareRuns, type LinearRun, linearTitle, seriesOf } from './compare-runs.js';
import { type LinearFiles, readLinear, writeWeights } from './linear-files.js';
import type { LinearOptions } from './linear-options.js';

function runsTable(runs: readonly LinearRun[], tested: boolean): string {
  const titles = ['', 'loss', 'accuracy', ...(tested ? ['of the test'] : []), 'bits', 'bytes', 'us a step'];
  const rows = runs.map(({ name, result, testAccuracy, curve }) => {
    const { bits, bytes } = curve.at(-1) ?? { bits: 0, bytes: 0 };
    const accuracies = [result?.accuracy, ...(tested ? [testAccuracy] : [])];
    return [
      name,
      result === undefined ? 'infinite' : result.loss.toPrecision(5),
      ...accuracies.map((accuracy) => (accuracy === undefined ? '-' : percent(accuracy, 2))),
      quantity(bits, 'bit'),
      quantity(bytes, 'B'),
      result === undefined ? '-' : result.microsecondsPerStep.toPrecision(3),
    ];
  });
  return table(titles, rows);
}

function resultJson({ name, compress, memory, curve, result, testAccuracy, error }: LinearRun): object {
  const { loss, accuracy, undecided, steps, microsecondsPerStep, threads } = result ?? {};
  const { bits, bytes } = curve.at(-1) ?? {};
  const about = { name, compress, memory, loss, accuracy, testAccuracy, undecided, steps, bits, bytes };
  return { ...about, microsecondsPerStep, threads, error, curve };
}

async function report(runs: readonly LinearRun[], { train, test }: LinearFiles, options: LinearOptions): Promise<void> {
  const { data, out, chart, page, json, epochs, seed } = options;
  const [rows, features] = train.shape;
  if (json) {
    const about = { data: data.path, rows, features, testRows: test?.shape[0], epochs, seed };
    await printJson({ ...about, files: { out, chart, page }, runs: runs.map(resultJson) });
    return;
  }
  await print(runsTable(runs, test !== undefined));
  const undecided = Math.max(...runs.map(({ result }) => result?.undecided ?? 0));
  if (undecided > 0) await print(`${counted(undecided, 'row')} of logit 0, which counts as the positive label\n`);
  for (const [what, path] of Object.entries({ weights: out, chart, page })) {
    if (path !== undefined) await print(`${what}: ${path}\n`);
  }
}

/** Trains, draws, writes. @param args as given, to say how to go on @returns the exit status */
export async function trainLinearModel(
  options: LinearOptions,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const { checkpoint, out, data } = options;
  requireNewRun(options);
  const files = await readLinear(data, signal);
  const [rows, features] = files.train.shape;
  await tell(`${rows} rows of ${features} features, ${options.epochs * rows} steps`);
  await tellResumed(options);
  let runs: LinearRun[];
  try {
    runs = await compareRuns(options, files, signal);
  } catch (error) {
    if (!isInterrupt(error, signal) || checkpoint === undefined || !existsSync(checkpoint)) throw error;
    return tellSaved(checkpoint, resumeCommand('sparse-sgd', ['train', ...args]));
  }
  const [first] = runs;
  if (out !== undefined && first?.result !== undefined) {
    const about = { loss: data.loss, compress: first.compress, steps: String(first.result.steps) };
    writeWeights(out, first.result.estimate, features, { saccade_linear: '1', ...about });
  }
  writeCharts(options, seriesOf(runs), linearTitle);
  await report(runs, files, options);
  return runs.every(({ result }) => result !== undefined) ? 0 : 1;
}
