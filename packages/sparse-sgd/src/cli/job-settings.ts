/** What all workers of a job must know: the bytes that the transport hands to each of them. */
import { FormatError } from '@saccade/tensor';
import { type FeedbackKind, feedbackKinds, type Grouping } from '../distributed/settings.js';

/** Rows of a libsvm file that every worker has. */
export interface LibsvmTaskSettings {
  readonly kind: 'libsvm';
  readonly rows: number;
  readonly features: number;
  /** 1 for logistic regression. */
  readonly classes: number;
  readonly positive: number | undefined;
  readonly unitRows: boolean;
  readonly lambda: number;
}

/** What is learned. */
export type TaskSettings = { readonly kind: 'digits' } | LibsvmTaskSettings;

/** The settings. */
export interface JobSettings {
  readonly task: TaskSettings;
  readonly compress: string;
  readonly feedback: FeedbackKind | undefined;
  readonly group: Grouping;
  readonly epochs: number;
  /** Examples of a step, of all workers together. */
  readonly batch: number;
  readonly rate: number;
  readonly seed: number;
  /** Whether worker 0 runs the hub, without which there is no job. */
  readonly ownHub: boolean;
  /** Whether somebody saves the run, so that all tell what they remember at the end. */
  readonly saves: boolean;
  /** Whether somebody hands out a check point at the beginning. */
  readonly resumes: boolean;
}

const version = 1;

/** As JSON. */
export function encodeSettings(settings: JobSettings): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ sparse_sgd_job: version, ...settings }));
}

type Loose<T> = { readonly [K in keyof T]?: unknown };

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isTask(value: unknown): value is TaskSettings {
  const task = Object(value) as Loose<LibsvmTaskSettings>;
  if (task.kind === 'digits') return true;
  const { rows, features, classes, positive, unitRows, lambda } = task;
  const numbers = [rows, features, classes].every(isCount) && Number.isFinite(lambda) && (lambda as number) >= 0;
  return (
    task.kind === 'libsvm' && numbers && isBoolean(unitRows) && (positive === undefined || Number.isFinite(positive))
  );
}

function isGroup(value: unknown): value is Grouping {
  return value === 'layer' || value === 'global' || isCount((Object(value) as { bucket?: unknown }).bucket);
}

/** @throws {FormatError} for a job that `sparse-sgd train` has not begun, or another version of it */
export function decodeSettings(bytes: Uint8Array): JobSettings {
  let found: Loose<JobSettings & { sparse_sgd_job: number }>;
  try {
    found = Object(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new FormatError('the job was not begun by sparse-sgd train: its settings are no JSON', { cause });
  }
  if (found.sparse_sgd_job !== version) {
    throw new FormatError(
      `the job was not begun by this version of sparse-sgd train (sparse_sgd_job ${JSON.stringify(found.sparse_sgd_job)})`,
    );
  }
  const { task, compress, feedback, group, epochs, batch, rate, seed, ownHub, saves, resumes } = found;
  const valid =
    isTask(task) &&
    typeof compress === 'string' &&
    (feedback === undefined || feedbackKinds.includes(feedback as FeedbackKind)) &&
    isGroup(group) &&
    isCount(epochs) &&
    isCount(batch) &&
    Number.isFinite(rate) &&
    (rate as number) > 0 &&
    (seed === 0 || isCount(seed)) &&
    [ownHub, saves, resumes].every(isBoolean);
  if (!valid) throw new FormatError("the job's settings are damaged");
  return found as unknown as JobSettings;
}
