/** Options of Mem-SGD, checked and completed. */

import { type CheckpointTarget, requireCheckpointTarget } from '@saccade/nn';
import { OptionError, quote, Rng, requireFunction, ShapeError } from '@saccade/tensor';
import { requireCount, requireFrom } from '../check.js';
import type { Compressor } from '../compress/compressor.js';
import type { Vector } from '../compress/message.js';
import { parseCompressor } from '../compress/parse-compressor.js';
import { hostDevice } from '../host-device.js';
import { type Average, requireAverage } from './averages.js';
import type { LabelOptions, LinearRows } from './linear-data.js';
import { parseRate } from './parse-rate.js';
import { decay, type LearningRate, resolveRate } from './schedules.js';

/** Where a run stands. */
export interface SGDProgress {
  /** Steps done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  /** Loss of the estimate at the last evaluation. */
  readonly loss: number;
}

/** Options of {@link memSGD}. */
export interface MemSGDOptions extends LabelOptions {
  /** What is sent of each step: as `parseCompressor` reads it, or a compressor. Default: `top-k:1`. */
  readonly compress?: string | Compressor | undefined;
  /** Whether what is not sent is kept and added to the next step. Default true; false is what the paper compares with. */
  readonly memory?: boolean | undefined;
  /** Scales what rand-k sends by d / k, which makes it unbiased; only without memory. Default false. */
  readonly unbiased?: boolean | undefined;
  /** Learning rate, or text for `parseRate`. Default: 2 / (lambda (t + d / k)), as in the paper's figures. */
  readonly rate?: LearningRate | string | undefined;
  /** Which mean of the iterates is the estimate. Default: `(t+tau)^2`, as in Theorem 2.4. */
  readonly average?: Average | undefined;
  /** tau of the average. Default: the shift of the learning rate; 1 for rates without one. */
  readonly tau?: number | undefined;
  /** Weight of the regularizer lambda / 2 |x|^2. Default: 1 / rows. */
  readonly lambda?: number | undefined;
  /** Passes over the data. Default 1. */
  readonly epochs?: number | undefined;
  /** `shuffle` (default): each epoch has the rows in another order, as in the released code. `draw`: each step draws a row, as in the paper. Or the rows of all steps. */
  readonly order?: 'shuffle' | 'draw' | Int32Array | undefined;
  /** The model to begin with. Default: zeros. The released code begins with normal numbers of deviation 0.01: pass a number for those. */
  readonly start?: Vector | number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Of the features. `float32` (default) runs as WebAssembly; `float64` as plain JavaScript, to compare with other code digit by digit. Models and memories are float64 in both. */
  readonly precision?: 'float32' | 'float64' | undefined;
  /** How often in an epoch the loss is taken. Default 10. */
  readonly evaluations?: number | undefined;
  /** Where to save at each evaluation, and whether to go on with what is there (default true). */
  readonly checkpoint?: { readonly to: CheckpointTarget; readonly resume?: boolean | undefined } | undefined;
  /** Called at each evaluation; awaited. */
  readonly onProgress?: ((progress: SGDProgress) => void | Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The names of the options. */
export const memSGDNames: readonly (keyof MemSGDOptions)[] = [
  'loss',
  'positive',
  'compress',
  'memory',
  'unbiased',
  'rate',
  'average',
  'tau',
  'lambda',
  'epochs',
  'order',
  'start',
  'seed',
  'precision',
  'evaluations',
  'checkpoint',
  'onProgress',
  'signal',
];

/** What a run is made of. */
export interface SGDPlan {
  readonly rows: LinearRows;
  readonly compressor: Compressor;
  /** The text that the compressor was given as, if it was. */
  readonly compress: string | undefined;
  readonly memory: boolean;
  /** Factor of what is sent. */
  readonly scale: number;
  readonly rate: LearningRate;
  readonly average: Average;
  readonly tau: number;
  readonly lambda: number;
  readonly steps: number;
  readonly order: 'shuffle' | 'draw' | Int32Array;
  readonly start: Vector;
  readonly seed: number;
  readonly workers: number;
  readonly atomic: boolean;
  readonly precision: 'float32' | 'float64';
  readonly evaluations: number;
}

/** Entries that a step sends on average; d where it sends all. */
function sentEntries(compressor: Compressor, d: number): number {
  const delta = compressor.contraction(d);
  return delta === undefined || !(delta > 0) ? d : delta * d;
}

function startOf(op: string, start: Vector | number, size: number, seed: number): Vector {
  if (typeof start === 'number') {
    requireFrom(op, 'start', start, 0);
    const drawn = new Rng(seed).derive(1).normal([size], { deviation: start, device: hostDevice() });
    const values = drawn.dataSync() as Float32Array;
    drawn.dispose();
    return values;
  }
  if (start.length !== size) throw new ShapeError(`${op}: start must have ${size} entries, got ${start.length}`);
  return start;
}

function scaleOf(op: string, plan: { compressor: Compressor; memory: boolean; unbiased: boolean }, d: number): number {
  if (!plan.unbiased) return 1;
  const { name } = plan.compressor;
  if (plan.memory || !/^(shared-)?rand-k:/.test(name)) {
    throw new OptionError(
      `${op}: unbiased is for rand-k without memory, got ${name}${plan.memory ? ' with memory' : ''}`,
    );
  }
  return d / sentEntries(plan.compressor, d);
}

function requireOrder(op: string, order: MemSGDOptions['order'], rows: number, steps: number): void {
  if (order === 'shuffle' || order === 'draw') return;
  if (!(order instanceof Int32Array) || order.length !== steps) {
    throw new OptionError(
      `${op}: order must be 'shuffle', 'draw' or the ${steps} rows of all steps, got ${quote(order)}`,
    );
  }
  const beyond = order.find((row) => !(row >= 0 && row < rows));
  if (beyond !== undefined) throw new OptionError(`${op}: order must name rows in [0, ${rows - 1}], got ${beyond}`);
}

function averageOf(op: string, options: MemSGDOptions, rate: LearningRate): { average: Average; tau: number } {
  const { average = '(t+tau)^2' } = options;
  const shift = rate.kind === 'decay' && typeof rate.shift === 'number' ? rate.shift : 1;
  const { tau = shift } = options;
  requireAverage(op, average, tau);
  return { average, tau };
}

/** The learning rate with all it needs. @throws {OptionError} */
function rateOf(op: string, given: LearningRate | string, lambda: number, d: number, k: number): LearningRate {
  const rate = typeof given === 'string' ? parseRate(given) : given;
  if (rate.kind === 'decay' && rate.lambda === undefined && lambda === 0) {
    throw new OptionError(`${op}: the rate ${rate.kind} divides by lambda, which is 0; use bottou or constant`);
  }
  return resolveRate(rate, { d, k, lambda });
}

/** Checks options and completes them for the data. @throws {OptionError} @throws {ShapeError} */
export function planSGD(
  op: string,
  rows: LinearRows,
  options: MemSGDOptions,
  { workers, atomic }: { readonly workers: number; readonly atomic: boolean },
): SGDPlan {
  const { compress = 'top-k:1', memory = true, unbiased = false, epochs = 1, seed = 0 } = options;
  const { order = 'shuffle', start = 0, precision = 'float32', evaluations = 10, onProgress, checkpoint } = options;
  const { lambda = 1 / rows.count } = options;
  requireCount(op, 'epochs', epochs);
  requireCount(op, 'evaluations', evaluations);
  requireCount(op, 'seed', seed, 0);
  requireFrom(op, 'lambda', lambda, 0);
  if (onProgress !== undefined) requireFunction(op, onProgress);
  if (checkpoint !== undefined) requireCheckpointTarget(op, checkpoint.to);
  if (precision !== 'float32' && precision !== 'float64') {
    throw new OptionError(`${op}: precision must be 'float32' or 'float64', got ${quote(precision)}`);
  }
  const compressor = typeof compress === 'string' ? parseCompressor(compress) : compress;
  const d = rows.size;
  const steps = epochs * rows.count;
  requireOrder(op, order, rows.count, steps);
  // Sending all counts as k = 1 here: the shift is d then, as in the paper's experiments with plain SGD.
  const k = compressor.name === 'none' ? 1 : sentEntries(compressor, d);
  const rate = rateOf(op, options.rate ?? decay({}), lambda, d, k);
  return {
    ...{ rows, compressor, memory, rate, lambda, steps, order, seed, workers, atomic, precision, evaluations },
    ...averageOf(op, options, rate),
    compress: typeof compress === 'string' ? compress : undefined,
    scale: scaleOf(op, { compressor, memory, unbiased }, d),
    start: startOf(op, start, d, seed),
  };
}
