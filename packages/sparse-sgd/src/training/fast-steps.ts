/** Mem-SGD on a `wasm` device of its own: what `PlainSteps` does, by the kernel. With several workers Algorithm 2. */
import { type Buffer, createWasmDevice, type Device, type DType, type TypedArray } from '@saccade/kernels';
import { Rng, SaccadeError } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { sparseSgdKernels } from '../kernels/extension.js';
import type { SparseSgdKernels } from '../kernels/table.js';
import { termOf, termSum } from './averages.js';
import { countTraffic } from './count-traffic.js';
import type { FastPlan } from './fast-plan.js';
import { givenEntries } from './given-entries.js';
import type { SGDPlan } from './sgd-options.js';
import type { Slice, Steps, Traffic } from './steps.js';

/** The state of a run in the device's memory, and its steps. */
export class FastSteps implements Steps {
  readonly traffic: Traffic = { bits: 0, bytes: 0 };
  readonly threads: number;
  readonly #plan: SGDPlan;
  readonly #fast: FastPlan;
  readonly #device: Device;
  readonly #kernels: SparseSgdKernels;
  readonly #rng: Rng;
  readonly #averages: boolean;
  readonly #rows: readonly [Buffer, Buffer, Buffer, Buffer];
  readonly #x: Buffer;
  readonly #m: Buffer;
  readonly #sums: Buffer;
  readonly #counter: Buffer;
  #done = 0;

  constructor(plan: SGDPlan, fast: FastPlan) {
    const { rows, start, seed, workers, average } = plan;
    this.#plan = plan;
    this.#fast = fast;
    this.#device = createWasmDevice({ threads: workers });
    this.threads = this.#device.info.threads;
    this.#kernels = this.#device.extend(sparseSgdKernels);
    this.#rng = new Rng(seed).derive(3);
    this.#averages = average !== 'final';
    const { rowStart = new Int32Array(1), columns, values, labels } = rows;
    this.#rows = [
      this.#put('int32', rowStart),
      this.#put('int32', columns),
      this.#put('float32', Float32Array.from(values)),
      this.#put('float32', labels),
    ];
    this.#x = this.#putNumbers(start);
    this.#m = this.#putNumbers(new Float64Array(workers * rows.size));
    this.#sums = this.#putNumbers(new Float64Array(rows.size));
    this.#counter = this.#put('int32', new Int32Array(1));
  }

  /** Resolves when all threads run. */
  ready(): Promise<void> {
    return this.#device.ready();
  }

  #put(dtype: DType, values: TypedArray): Buffer {
    const buffer = this.#device.allocate(dtype, values.length);
    this.#device.write(buffer, values);
    return buffer;
  }

  /** Float64, as bytes: the device has no buffers of that type. */
  #putNumbers(values: Vector): Buffer {
    return this.#put('uint8', new Uint8Array(Float64Array.from(values).buffer));
  }

  #numbers(buffer: Buffer): Float64Array {
    return new Float64Array((this.#device.readSync!(buffer) as Uint8Array).buffer);
  }

  /** The entries of each step: drawn, or room for those that the kernel chooses. */
  #entries(count: number): Int32Array {
    const { choice } = this.#fast;
    if (choice !== 'given') return new Int32Array(choice === 'all' ? 1 : count * this.#fast.k);
    return givenEntries(this.#rng, this.#plan.rows.size, this.#fast, count);
  }

  run({ first, order, rates }: Slice): void {
    const { rows, workers, lambda, scale, memory, average, tau, atomic } = this.#plan;
    const { choice, k } = this.#fast;
    const count = order.length;
    const weights = Float64Array.from(order, (_, i) => (this.#averages ? termOf(average, first + i, tau) : 0));
    const own = [
      this.#put('int32', order),
      this.#putNumbers(rates),
      this.#putNumbers(weights),
      this.#put('int32', this.#entries(count)),
    ] as const;
    const [orderAt, ratesAt, weightsAt, sent] = own;
    this.#device.write(this.#counter, new Int32Array(1));
    const state = [this.#x, this.#m, this.#sums, sent, this.#counter] as const;
    this.#kernels.memSgd(...this.#rows, orderAt, ratesAt, weightsAt, ...state, choice, {
      ...{ features: rows.features, classes: rows.classes, dense: rows.rowStart === undefined },
      ...{ count, k, workers, lambda, scale, atomic, remembers: memory, averages: this.#averages },
    });
    const entries = choice === 'all' ? undefined : (this.#device.readSync!(sent) as Int32Array);
    countTraffic(this.traffic, first, count, rows.size, k, entries);
    for (const buffer of own) this.#device.release(buffer);
    this.#done = first + count;
  }

  weights(): Float64Array {
    return this.#numbers(this.#x);
  }

  estimate(): Vector {
    const { average, tau } = this.#plan;
    if (!this.#averages || this.#done === 0) return this.weights();
    const total = termSum(average, this.#done, tau);
    return this.#numbers(this.#sums).map((sum) => sum / total);
  }

  memory(): Float64Array {
    return this.#numbers(this.#m);
  }

  state(): Record<string, Float64Array> {
    const done = Float64Array.of(this.#done, this.#rng.state.block);
    return { x: this.weights(), memory: this.memory(), sums: this.#numbers(this.#sums), done };
  }

  restore({ x, memory, sums, done }: Readonly<Record<string, TypedArray>>): void {
    if (!x || !memory || !sums || !done) throw new SaccadeError('format', 'memSGD: the check point lacks state');
    const take = (buffer: Buffer, values: TypedArray): void =>
      this.#device.write(buffer, new Uint8Array(Float64Array.from(values).buffer));
    take(this.#x, x);
    take(this.#m, memory);
    take(this.#sums, sums);
    this.#done = done[0]!;
    this.#rng.state = { ...this.#rng.state, block: done[1]! };
  }

  dispose(): void {
    this.#device.dispose();
  }
}
