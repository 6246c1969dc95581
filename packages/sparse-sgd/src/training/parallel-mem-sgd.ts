/** PARALLEL-MEM-SGD (Algorithm 2 of the paper): workers on shared memory change one model without locks. */
import { checkOptions, OptionError, quote, requireCount } from '@saccade/tensor';
import { fastPlan } from './fast-plan.js';
import { type LinearData, linearRows } from './linear-data.js';
import { type MemSGDResult, resultOf } from './mem-sgd.js';
import { type MemSGDOptions, memSGDNames } from './sgd-options.js';
import { planSGD } from './sgd-plan.js';
import { trainLinear } from './train-linear.js';

/** Options of {@link parallelMemSGD}; the average is always the final iterate, and the default rate is Bottou's with gamma 1, as in the paper's runs. */
export interface ParallelMemSGDOptions extends Omit<MemSGDOptions, 'average' | 'tau'> {
  /** Workers, 1 to 64. Default 2. */
  readonly workers?: number | undefined;
  /**
   * Whether entries are changed by compare-and-exchange. Default false: two workers that change the same entry at the same moment may lose
   * one of the changes, as in the paper, which training does not mind.
   */
  readonly atomic?: boolean | undefined;
}

const names = [
  ...memSGDNames.filter((name) => name !== 'average' && name !== 'tau'),
  'workers',
  'atomic',
] as readonly (keyof ParallelMemSGDOptions)[];

/** What {@link parallelMemSGD} gives. */
export interface ParallelMemSGDResult extends MemSGDResult {
  /** Threads that were at work: fewer than workers where memory cannot be shared (a page must be cross-origin isolated). */
  readonly threads: number;
  /** Steps of all workers together in a second; NaN if a check point left none to do. */
  readonly stepsPerSecond: number;
}

/**
 * Algorithm 2: each worker has a memory of its own; all take rows from one list, read the shared model as it is, and write the k entries that
 * they send. No two runs need be alike, unless there is one worker. Threads are worker_threads in Node, web workers in pages; where memory cannot be
 * shared, or no worker can be started, the workers take turns on one thread.
 *
 * @throws {OptionError} for compressors other than none, top-k, rand-k and ultra, and as {@link memSGD}
 */
export async function parallelMemSGD(
  data: LinearData,
  options: ParallelMemSGDOptions = {},
): Promise<ParallelMemSGDResult> {
  const op = 'parallelMemSGD';
  checkOptions(op, options, names);
  const { workers = 2, atomic = false, rate = 'bottou:1' } = options;
  if (requireCount(op, 'workers', workers) > 64)
    throw new OptionError(`${op}: workers must be at most 64, got ${workers}`);
  if (typeof atomic !== 'boolean') throw new OptionError(`${op}: atomic must be true or false, got ${quote(atomic)}`);
  const { loss, positive } = options;
  const rows = await linearRows(op, data, { loss, positive });
  const plan = planSGD(op, rows, { ...options, rate, average: 'final' }, { workers, atomic });
  if (fastPlan(plan) === undefined) {
    throw new OptionError(
      `${op}: compress must be none, top-k, rand-k or ultra as text, with precision float32, got ${quote(options.compress)}`,
    );
  }
  const run = await trainLinear(op, plan, options as MemSGDOptions);
  const result = resultOf(run);
  return { ...result, threads: run.threads, stepsPerSecond: 1e6 / result.microsecondsPerStep };
}
