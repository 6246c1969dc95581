/** The options of `sparse-sgd train`: which there are, and which go with what. */
import { oneOf, readArguments, requireFolders, UsageError } from '@saccade/command';
import type { LossAxis } from '../pictures/loss-series.js';

const definitions = {
  data: { type: 'string' },
  digits: { type: 'boolean' },
  compress: { type: 'string', multiple: true },
  epochs: { type: 'string' },
  rate: { type: 'string' },
  seed: { type: 'string' },
  'no-memory': { type: 'boolean' },
  average: { type: 'string' },
  precision: { type: 'string' },
  parallel: { type: 'string' },
  lambda: { type: 'string' },
  'unit-rows': { type: 'boolean' },
  positive: { type: 'string' },
  features: { type: 'string' },
  softmax: { type: 'boolean' },
  test: { type: 'string' },
  workers: { type: 'string' },
  listen: { type: 'string' },
  hub: { type: 'string' },
  nats: { type: 'string' },
  job: { type: 'string' },
  batch: { type: 'string' },
  feedback: { type: 'string' },
  group: { type: 'string' },
  quorum: { type: 'string' },
  'round-timeout': { type: 'string' },
  out: { type: 'string' },
  checkpoint: { type: 'string' },
  resume: { type: 'boolean' },
  chart: { type: 'string' },
  page: { type: 'string' },
  x: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The options as they were given. */
export type TrainValues = ReturnType<typeof readArguments<typeof definitions>>['values'];

/** All of them, without the dashes. */
export const optionNames: readonly (keyof TrainValues)[] = Object.keys(definitions) as (keyof TrainValues)[];

/** Options that only Mem-SGD on this machine has, that only data files have, and that only jobs of many workers have. */
const onlyLinear: readonly (keyof TrainValues)[] = ['no-memory', 'average', 'precision', 'parallel'];
const onlyData: readonly (keyof TrainValues)[] = ['lambda', 'unit-rows', 'positive', 'features', 'softmax', 'test'];
const onlyJob: readonly (keyof TrainValues)[] = ['batch', 'feedback', 'group'];
const onlyMany: readonly (keyof TrainValues)[] = ['listen', 'hub', 'nats', 'job', 'quorum', 'round-timeout'];

/** What both ways to train have. */
export interface FileOptions {
  readonly out: string | undefined;
  readonly checkpoint: string | undefined;
  readonly resume: boolean;
  readonly chart: string | undefined;
  readonly page: string | undefined;
  /** What charts show from left to right. */
  readonly x: LossAxis;
  readonly json: boolean;
}

/** What kind of training was asked for; undefined where help is wanted. */
export interface TrainRequest {
  /** `linear`: Mem-SGD on this machine; `job`: the distributed optimizer, with or without other workers. */
  readonly kind: 'linear' | 'job';
  readonly values: TrainValues;
}

function refuse(values: TrainValues, names: readonly (keyof TrainValues)[], purpose: string): void {
  const given = names.find((name) => values[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} is ${purpose}`);
}

/** Reads the arguments. @throws {UsageError} for options that there are not, or that do not go together */
export function trainRequest(args: readonly string[]): TrainRequest | undefined {
  const { values } = readArguments(args, definitions);
  if (values.help) return undefined;
  if ((values.data === undefined) === (values.digits === undefined)) {
    throw new UsageError('expected either --data FILE or --digits');
  }
  if (values.workers === undefined) refuse(values, onlyMany, 'for several workers: give --workers N too');
  if (values.digits) refuse(values, onlyData, 'for --data');
  const kind = values.digits || values.workers !== undefined ? 'job' : 'linear';
  if (kind === 'linear') refuse(values, onlyJob, 'for --digits and for --workers');
  else refuse(values, onlyLinear, 'for --data without --workers');
  return { kind, values };
}

/** What is written where. @throws {UsageError} */
export function fileOptions(values: TrainValues, x: LossAxis): FileOptions {
  const { out, checkpoint, resume = false, chart, page, json = false } = values;
  requireFolders({ out, checkpoint, chart, page });
  if (resume && checkpoint === undefined) throw new UsageError('--resume needs --checkpoint FILE');
  return {
    ...{ out, checkpoint, resume, chart, page, json },
    x: oneOf('x', values.x, ['bits', 'bytes', 'steps']) ?? x,
  };
}
