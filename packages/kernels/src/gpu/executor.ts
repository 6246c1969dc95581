/** Runs planned programs over what buffers hold: at once, or as expressions that wait until somebody needs their values. */
import type { Backend, Program, Storage } from './backend.js';
import { type GpuBuffer, toFloats } from './buffer.js';
import { combine, type Expression, isLine, type Leaf, programOf, Shared } from './fusion.js';
import type { Loss } from './loss.js';
import type { Launch, Mapping } from './plan.js';

/** Expressions wait until what they alone keep exceeds this. */
const MOST_KEPT_BYTES = 64 * 2 ** 20;

export class Executor {
  readonly #backend: Backend;
  readonly #loss: Loss;
  /** Buffers whose values wait as expressions. */
  readonly #waiting = new Set<GpuBuffer>();
  /** Bytes that only they keep, at most. */
  #keptByWaiting = 0;

  constructor(backend: Backend, loss: Loss) {
    this.#backend = backend;
    this.#loss = loss;
  }

  /** Runs what was planned, from number `first` on; a promise where a kernel has to be compiled. */
  perform(launches: readonly (Launch | Mapping)[], first = 0): Promise<void> | undefined {
    for (let i = first; i < launches.length; i++) {
      const launch = launches[i] as Launch | Mapping;
      const pending = 'text' in launch ? this.#defer(launch) : this.#start(launch);
      if (pending) return pending.then(() => this.perform(launches, i + 1));
    }
  }

  /** Runs a program once its inputs have been computed. */
  #start(launch: Launch): Promise<void> | undefined {
    const { program, inputs, out } = launch;
    const storages: Record<string, Storage> = {};
    for (const name in inputs) {
      const input = inputs[name] as GpuBuffer;
      const pending = this.compute(input);
      if (pending) return pending.then(() => this.#start(launch));
      storages[name] = this.shared(input).storage;
    }
    return this.#run(program, storages, out);
  }

  /** Keeps an elementwise operation as an expression, with those of its operands that wait and are in nobody else's yet. */
  #defer(mapping: Mapping): Promise<void> | undefined {
    const { text, numbers = {}, operands, broadcast, out } = mapping;
    const parts: (Leaf | Expression)[] = [];
    for (const [i, operand] of operands.entries()) {
      const strides = broadcast?.strides[i];
      const inLine = !broadcast || isLine(broadcast.shape, strides as readonly number[]);
      if (operand.expression && !operand.taken && inLine) parts.push(operand.expression);
      else {
        const pending = this.compute(operand);
        if (pending) return pending.then(() => this.#defer(mapping));
        parts.push({ shared: this.shared(operand), strides: inLine ? undefined : strides });
      }
    }
    const expression = combine(text, numbers, parts, out.length, broadcast?.shape);
    if (!expression) {
      const waiting = operands.find((operand) => operand.expression) as GpuBuffer;
      const pending = this.compute(waiting);
      return pending ? pending.then(() => this.#defer(mapping)) : this.#defer(mapping);
    }
    for (const { shared } of expression.leaves) shared.uses += 1;
    for (const operand of operands) operand.taken = operand.expression !== undefined;
    this.drop(out);
    out.expression = expression;
    out.bound = mapping.bound;
    this.#waiting.add(out);
  }

  /** Computes what waits in a buffer; a promise where a kernel has to be compiled. */
  compute(buffer: GpuBuffer): Promise<void> | undefined {
    const { expression } = buffer;
    if (!expression) return undefined;
    const { program, inputs } = programOf(expression);
    return this.#run(program, inputs, buffer);
  }

  /** Runs a program; its output becomes the contents of `out`. */
  #run(program: Program, inputs: Readonly<Record<string, Storage>>, out: GpuBuffer): Promise<void> | undefined {
    const finish = (storage: Storage): void => {
      // Values that were computed late are still those that they were going to be.
      const bound = out.expression ? out.bound : undefined;
      this.drop(out);
      out.storage = new Shared(storage);
      out.bound = bound;
    };
    const result = this.#backend.run(program, inputs);
    if (result instanceof Promise) return result.then(finish);
    finish(result);
  }

  /** The values on the GPU, of a buffer that does not wait; undefined contents where nothing was written yet. */
  shared(buffer: GpuBuffer): Shared {
    if (buffer.storage) return buffer.storage;
    const { host, bound } = buffer;
    buffer.storage = new Shared(this.#backend.upload(host ? toFloats(host) : new Float32Array(buffer.length)));
    buffer.host = undefined;
    buffer.bound = bound;
    return buffer.storage;
  }

  /** Forgets the values of a buffer. */
  drop(buffer: GpuBuffer): void {
    const { storage, expression } = buffer;
    buffer.storage = undefined;
    buffer.host = undefined;
    buffer.expression = undefined;
    buffer.taken = false;
    buffer.bound = undefined;
    if (storage) this.#unuse(storage);
    if (expression) {
      this.#waiting.delete(buffer);
      for (const { shared } of expression.leaves) this.#unuse(shared);
    }
  }

  #unuse(shared: Shared): void {
    shared.uses -= 1;
    if (shared.uses === 0 && !this.#loss.happened) this.#backend.release(shared.storage);
  }

  /** Forgets the values of a buffer that was given back; a promise where a kernel has to be compiled. */
  release(buffer: GpuBuffer): Promise<void> | undefined {
    const { storage } = buffer;
    this.drop(buffer);
    // Only expressions that wait still keep what nobody else has.
    if (storage && storage.uses > 0) this.#keptByWaiting += storage.storage.length * 4;
    if (this.#keptByWaiting > MOST_KEPT_BYTES) return this.#computeWaiting();
  }

  /** Computes all that waits, so that what it reads can be given back. */
  #computeWaiting(): Promise<void> | undefined {
    for (const buffer of this.#waiting) {
      const pending = this.compute(buffer);
      if (pending) return pending.then(() => this.#computeWaiting());
    }
    this.#keptByWaiting = 0;
  }
}
