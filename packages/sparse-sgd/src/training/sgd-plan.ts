/** A run of Mem-SGD: its options, checked and completed. */
import { requireCheckpointTarget } from '@saccade/nn';
import { OptionError, quote, Rng, requireCount, requireFrom, requireFunction, ShapeError } from '@saccade/tensor';
import { isVector } from '../compress/check-vector.js';
import type { Compressor } from '../compress/compressor.js';
import { firstNonFinite } from '../compress/first-non-finite.js';
import type { Vector } from '../compress/message.js';
import { parseCompressor } from '../compress/parse-compressor.js';
import { hostDevice } from '../host-device.js';
import { type Average, requireAverage } from './averages.js';
import type { LinearRows } from './linear-data.js';
import { parseRate } from './parse-rate.js';
import { decay, type LearningRate, resolveRate } from './schedules.js';
import type { MemSGDOptions } from './sgd-options.js';

/** What a run is made of. */
export interface SGDPlan {
  readonly rows: LinearRows;
  readonly compressor: Compressor;
  /** Whether the compressor was given by its name: then it is what it says. */
  readonly named: boolean;
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

/** How many workers there are and how they change the model. */
interface Workers {
  readonly workers: number;
  readonly atomic: boolean;
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
  if (!isVector(start) || start.length !== size) {
    throw new ShapeError(`${op}: start must be ${size} numbers in a Float32Array or Float64Array, got ${quote(start)}`);
  }
  const odd = firstNonFinite(start);
  if (odd >= 0) throw new OptionError(`${op}: start must be finite, got ${start[odd]} at ${odd}`);
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

function compressorOf(op: string, compress: string | Compressor): Compressor {
  if (typeof compress === 'string') return parseCompressor(compress);
  const { name, contraction, compress: turn } = Object(compress) as Partial<Compressor>;
  if (typeof name === 'string' && typeof contraction === 'function' && typeof turn === 'function') return compress;
  throw new OptionError(
    `${op}: compress must be a name such as 'top-k:1', or an object with name, unbiased, contraction and compress, got ${quote(compress)}`,
  );
}

/** Whether there is a memory. @throws {OptionError} for one that would only grow */
function memoryOf(
  op: string,
  memory: boolean | undefined,
  { name, unbiased, contraction }: Compressor,
  d: number,
): boolean {
  if (memory !== undefined && typeof memory !== 'boolean') {
    throw new OptionError(`${op}: memory must be true or false, got ${quote(memory)}`);
  }
  if (memory === true && unbiased && contraction(d) === undefined) {
    throw new OptionError(
      `${op}: ${name} is unbiased and no contraction: a memory would grow without bound; leave it out`,
    );
  }
  return memory ?? !unbiased;
}

/** The learning rate with all it needs. @throws {OptionError} */
function rateOf(op: string, given: LearningRate | string, lambda: number, d: number, k: number): LearningRate {
  const rate = typeof given === 'string' ? parseRate(given) : given;
  if (typeof Object(rate).at !== 'function') {
    throw new OptionError(
      `${op}: rate must be text such as 'bottou:1' or a learning rate such as constantRate(0.1), got ${quote(given)}`,
    );
  }
  if (rate.kind === 'decay' && rate.lambda === undefined && lambda === 0) {
    throw new OptionError(`${op}: the rate ${rate.kind} divides by lambda, which is 0; use bottou or constant`);
  }
  return resolveRate(rate, { d, k, lambda });
}

/** Checks options and completes them for the data. @throws {OptionError} @throws {ShapeError} */
export function planSGD(op: string, rows: LinearRows, options: MemSGDOptions, { workers, atomic }: Workers): SGDPlan {
  const { compress = 'top-k:1', unbiased = false, epochs = 1, seed = 0, order = 'shuffle', start = 0 } = options;
  const { precision = 'float32', evaluations = 10, onProgress, checkpoint, lambda = 1 / rows.count } = options;
  requireCount(op, 'epochs', epochs);
  requireCount(op, 'evaluations', evaluations);
  requireCount(op, 'seed', seed, 0);
  requireFrom(op, 'lambda', lambda, 0);
  if (onProgress !== undefined) requireFunction(op, onProgress);
  if (checkpoint !== undefined) requireCheckpointTarget(op, checkpoint.to);
  if (precision !== 'float32' && precision !== 'float64') {
    throw new OptionError(`${op}: precision must be 'float32' or 'float64', got ${quote(precision)}`);
  }
  const compressor = compressorOf(op, compress);
  const d = rows.size;
  const memory = memoryOf(op, options.memory, compressor, d);
  const steps = requireCount(op, 'epochs times rows', epochs * rows.count);
  requireOrder(op, order, rows.count, steps);
  // Sending all counts as k = 1 here: the shift is d then, as in the paper's experiments with plain SGD.
  const k = /^none(@|$)/.test(compressor.name) ? 1 : sentEntries(compressor, d);
  const rate = rateOf(op, options.rate ?? decay({}), lambda, d, k);
  return {
    ...{ rows, compressor, memory, rate, lambda, steps, order, seed, workers, atomic, precision, evaluations },
    ...averageOf(op, options, rate),
    named: typeof compress === 'string',
    scale: scaleOf(op, { compressor, memory, unbiased }, d),
    start: startOf(op, start, d, seed),
  };
}
