/** Mem-SGD on a `wasm` device of its own: what `PlainSteps` does, by the kernel. With several workers Algorithm 2. */
import { type Buffer, createWasmDevice, type Device, type DType, type TypedArray } from '@saccade/kernels';
import { DeviceError, OptionError, Rng } from '@saccade/tensor';
import { firstNonFinite } from '../compress/first-non-finite.js';
import type { Vector } from '../compress/message.js';
import { sparseSgdKernels } from '../kernels/extension.js';
import type { SparseSgdKernels } from '../kernels/table.js';
import { termOf, termSum } from './averages.js';
import { countTraffic } from './count-traffic.js';
import type { FastPlan } from './fast-plan.js';
import { givenEntries } from './given-entries.js';
import type { SGDPlan } from './sgd-plan.js';
import { type Slice, type Steps, stored, type Traffic } from './steps.js';

/** Features in float32. @throws {OptionError} for one beyond its range */
function singles(op: string, values: Vector): Float32Array {
  const rounded = Float32Array.from(values);
  const odd = firstNonFinite(rounded);
  if (odd < 0) return rounded;
  throw new OptionError(
    `${op}: value number ${odd} is ${values[odd]}, too large for float32; pass precision: 'float64'`,
  );
}

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

  private constructor(op: string, plan: SGDPlan, fast: FastPlan, device: Device) {
    const { rows, start, seed, workers, average } = plan;
    this.#plan = plan;
    this.#fast = fast;
    this.#device = device;
    this.threads = device.info.threads;
    this.#kernels = this.#device.extend(sparseSgdKernels);
    this.#rng = new Rng(seed).derive(3);
    this.#averages = average !== 'final';
    const { rowStart = new Int32Array(1), columns, values, labels } = rows;
    this.#rows = [
      this.#put('int32', rowStart),
      this.#put('int32', columns),
      this.#put('float32', singles(op, values)),
      this.#put('float32', labels),
    ];
    this.#x = this.#put('float64', Float64Array.from(start));
    this.#m = this.#put('float64', new Float64Array(workers * rows.size));
    this.#sums = this.#put('float64', new Float64Array(rows.size));
    this.#counter = this.#put('int32', new Int32Array(1));
  }

  /** With a thread for each worker; with one for all where threads cannot be had. @throws {DeviceError} where there is no WebAssembly */
  static async start(op: string, plan: SGDPlan, fast: FastPlan): Promise<FastSteps> {
    const many = new FastSteps(op, plan, fast, createWasmDevice({ threads: plan.workers }));
    try {
      await many.#device.ready();
      return many;
    } catch (error) {
      many.dispose();
      if (plan.workers === 1 || !(error instanceof DeviceError)) throw error;
      return new FastSteps(op, plan, fast, createWasmDevice({ threads: 1 }));
    }
  }

  #put(dtype: DType, values: TypedArray): Buffer {
    const buffer = this.#device.allocate(dtype, values.length);
    this.#device.write(buffer, values);
    return buffer;
  }

  #numbers(buffer: Buffer): Float64Array {
    return this.#device.readSync!(buffer) as Float64Array;
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
    const weights = new Float64Array(count);
    if (this.#averages) for (let i = 0; i < count; i++) weights[i] = termOf(average, first + i, tau);
    const own = [
      this.#put('int32', order),
      this.#put('float64', rates),
      this.#put('float64', weights),
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

  restore(op: string, state: Readonly<Record<string, Float64Array>>): void {
    for (const [name, buffer] of Object.entries({ x: this.#x, memory: this.#m, sums: this.#sums })) {
      this.#device.write(buffer, stored(op, state, name, buffer.length));
    }
    const [done, block] = stored(op, state, 'done', 2) as unknown as readonly [number, number];
    this.#done = done;
    this.#rng.state = { ...this.#rng.state, block };
  }

  dispose(): void {
    this.#device.dispose();
  }
}
