/** The options of Mem-SGD on this machine: `sparse-sgd train --data FILE`. */
import { oneOf, realNumber, UsageError, wholeNumber } from '@saccade/command';
import { type Average, averages } from '../training/averages.js';
import type { LinearLoss } from '../training/linear-data.js';
import { parseRate } from '../training/parse-rate.js';
import { compressorName } from './compressor-name.js';
import { type FileOptions, fileOptions, type TrainValues } from './train-options.js';

/** A file of rows and how to read it. */
export interface DataOptions {
  readonly path: string;
  readonly test: string | undefined;
  readonly features: number | undefined;
  readonly loss: LinearLoss;
  readonly positive: number | undefined;
  readonly unitRows: boolean;
  readonly lambda: number | undefined;
}

/** One of the runs that are compared. */
export interface RunOptions {
  /** As charts and tables call it. */
  readonly name: string;
  readonly compress: string;
  readonly memory: boolean;
}

/** What was asked for. */
export interface LinearOptions extends FileOptions {
  readonly data: DataOptions;
  readonly runs: readonly RunOptions[];
  readonly epochs: number;
  readonly rate: string | undefined;
  readonly average: Average | undefined;
  readonly seed: number;
  readonly precision: 'float32' | 'float64' | undefined;
  readonly parallel: number | undefined;
}

/** @throws {UsageError} */
export function dataOptions(values: TrainValues): DataOptions {
  return {
    path: values.data!,
    test: values.test,
    features: wholeNumber('features', values.features),
    loss: values.softmax ? 'softmax' : 'logistic',
    positive: realNumber('positive', values.positive, { least: -Infinity }),
    unitRows: values['unit-rows'] ?? false,
    lambda: realNumber('lambda', values.lambda),
  };
}

const withoutMemory = '/no-memory';

function runOptions(text: string, memory: boolean): RunOptions {
  const forgets = text.endsWith(withoutMemory);
  const compress = compressorName(forgets ? text.slice(0, -withoutMemory.length) : text);
  const remembers = memory && !forgets;
  return { name: remembers ? compress : `${compress} without memory`, compress, memory: remembers };
}

function checkRate(text: string | undefined): string | undefined {
  try {
    if (text !== undefined) parseRate(text);
  } catch (error) {
    throw new UsageError(`--rate: ${(error as Error).message.replace(/^\w+: /, '')}`);
  }
  return text;
}

/** @throws {UsageError} */
export function linearOptions(values: TrainValues): LinearOptions {
  const memory = values['no-memory'] !== true;
  const runs = (values.compress ?? ['top-k:1']).map((text) => runOptions(text, memory));
  const files = fileOptions(values, 'bits');
  const parallel = wholeNumber('parallel', values.parallel);
  if (runs.length > 1) {
    const single = files.out !== undefined ? 'out' : files.checkpoint !== undefined ? 'checkpoint' : undefined;
    if (single !== undefined) throw new UsageError(`--${single} is for one run: give --compress once`);
  }
  if (parallel !== undefined && values.average !== undefined) {
    throw new UsageError('--average is not for --parallel, whose result is the last iterate');
  }
  return {
    ...files,
    data: dataOptions(values),
    runs,
    epochs: wholeNumber('epochs', values.epochs) ?? 1,
    rate: checkRate(values.rate),
    average: oneOf('average', values.average, averages),
    seed: wholeNumber('seed', values.seed, 0) ?? 0,
    precision: oneOf('precision', values.precision, ['float32', 'float64']),
    parallel,
  };
}
