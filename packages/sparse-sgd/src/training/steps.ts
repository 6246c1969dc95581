/** What runs the steps of Mem-SGD, and the traffic that they would cause. */
import { FormatError, Rng } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { hostDevice } from '../host-device.js';
import type { SGDPlan } from './sgd-plan.js';

/** Some steps in a row. */
export interface Slice {
  /** Number of the first step. */
  readonly first: number;
  /** The row of each step. */
  readonly order: Int32Array;
  /** The learning rate of each step. */
  readonly rates: Float64Array;
}

/** What messages weigh, summed over steps. */
export interface Traffic {
  /** By the paper's formula, in bits. */
  bits: number;
  /** As this package encodes them, in bytes. */
  bytes: number;
}

/** Runs steps and holds the state between them. */
export interface Steps {
  readonly traffic: Traffic;
  /** Threads that are at work. */
  readonly threads: number;
  run(slice: Slice): void;
  /** The model x_t. */
  weights(): Vector;
  /** The mean of the models so far. */
  estimate(): Vector;
  /** m_t of each worker, one after another. */
  memory(): Vector;
  /** All that is needed to go on, by name. */
  state(): Record<string, Float64Array>;
  /** Goes on from there. @throws {FormatError} if something is missing or of another size */
  restore(op: string, state: Readonly<Record<string, Float64Array>>): void;
  dispose(): void;
}

/** The numbers of that name. @throws {FormatError} unless there are as many as expected */
export function stored(
  op: string,
  state: Readonly<Record<string, Float64Array>>,
  name: string,
  size: number,
): Float64Array {
  const values = state[name];
  if (values?.length === size) return values;
  throw new FormatError(`${op}: the check point is damaged: '${name}' should hold ${size} numbers`);
}

/** A function that gives the row of each step. Epochs are shuffled, steps drawn, from streams of their own, so a run can begin anywhere. */
export function sampleOrder({ order, rows, seed }: SGDPlan): (first: number, count: number) => Int32Array {
  if (order instanceof Int32Array) return (first, count) => order.slice(first, first + count);
  const n = rows.count;
  const rng = new Rng(seed);
  let epoch = -1;
  let drawn: Int32Array;
  return (first, count) =>
    Int32Array.from({ length: count }, (_, i) => {
      const of = Math.floor((first + i) / n);
      if (of !== epoch) {
        epoch = of;
        const stream = rng.derive(2 * of);
        const device = hostDevice();
        const t = order === 'draw' ? stream.integers([n], 0, n, { device }) : stream.permutation(n, { device });
        drawn = t.dataSync() as unknown as Int32Array;
        t.dispose();
      }
      return drawn[first + i - of * n]!;
    });
}
