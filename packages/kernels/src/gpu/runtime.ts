/** Runs the calls of the kernel table in order: their programs on the GPU, or the CPU in their place. */
import type { Buffer, Device, FallbackReport } from '../device.js';
import { bytesPerElement, type TypedArray } from '../dtype.js';
import { DeviceError, SaccadeError } from '../errors.js';
import type { KernelExtension } from '../extension.js';
import type { KernelName } from '../table.js';
import type { Backend, Program, Storage } from './backend.js';
import { fromFloats, GpuBuffer, toFloats } from './buffer.js';
import { combine, type Expression, isLine, type Leaf, programOf, Shared } from './fusion.js';
import { gpuKernels } from './kernels.js';
import { type Launch, type Mapping, Plan } from './plan.js';
import { Timeline } from './timeline.js';
import { written } from './written.js';

/** Expressions wait until what they alone keep exceeds this. */
const MOST_KEPT_BYTES = 64 * 2 ** 20;

type AnyKernel = (...args: unknown[]) => false | undefined;

export class GpuRuntime {
  readonly #backend: Backend;
  readonly #timeline = new Timeline();
  readonly #makeFallback: () => Device;
  #fallback: Device | undefined;
  readonly #fallbackCalls = new Map<string, number>();
  /** Why the GPU can no longer be used. */
  #lost: string | undefined;
  #buffers = 0;
  #inUse = 0;
  /** Buffers whose values wait as expressions. */
  readonly #waiting = new Set<GpuBuffer>();
  /** Bytes that only they keep, at most. */
  #keptByWaiting = 0;

  constructor(backend: Backend, makeFallback: () => Device) {
    this.#backend = backend;
    this.#makeFallback = makeFallback;
    void backend.lost.then((reason) => {
      this.#lost ??= reason;
    });
  }

  #lostError(cause?: unknown): DeviceError {
    const { name } = this.#backend;
    return new DeviceError(`${name}: the GPU was lost: ${this.#lost}; call init again and make the tensors anew`, {
      cause,
    });
  }

  /** @throws {DeviceError} if the GPU is gone */
  requireGpu(): void {
    if (this.#lost !== undefined) throw this.#lostError();
  }

  allocate(dtype: Buffer['dtype'], length: number): GpuBuffer {
    this.#buffers += 1;
    this.#inUse += length * bytesPerElement(dtype);
    return new GpuBuffer(dtype, length);
  }

  release(buffer: GpuBuffer): void {
    this.#buffers -= 1;
    this.#inUse -= buffer.length * bytesPerElement(buffer.dtype);
    this.#timeline.add(() => {
      const { storage } = buffer;
      this.#drop(buffer);
      // Only expressions that wait still keep what nobody else has.
      if (storage && storage.uses > 0) this.#keptByWaiting += storage.storage.length * 4;
      if (this.#keptByWaiting > MOST_KEPT_BYTES) return this.#computeWaiting();
    });
  }

  /** Computes all that waits, so that what it reads can be given back. */
  #computeWaiting(): Promise<void> | undefined {
    for (const buffer of this.#waiting) {
      const pending = this.#compute(buffer);
      if (pending) return pending.then(() => this.#computeWaiting());
    }
    this.#keptByWaiting = 0;
  }

  /** Forgets the values of a buffer. */
  #drop(buffer: GpuBuffer): void {
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
    if (shared.uses === 0 && this.#lost === undefined) this.#backend.release(shared.storage);
  }

  write(buffer: GpuBuffer, values: TypedArray): void {
    const copy = values.slice();
    this.#timeline.add(() => {
      this.#drop(buffer);
      buffer.host = copy;
      buffer.error = undefined;
    });
  }

  /** The values once all that was asked before is done. */
  read(buffer: GpuBuffer): Promise<TypedArray> {
    return new Promise((resolve, reject) => {
      const start = (): void => void this.#values(buffer).then(resolve, reject);
      this.#timeline.add(() => {
        // What comes after waits until the values have been computed, but not until they have arrived.
        const pending = this.#compute(buffer);
        if (pending) return pending.then(start, reject);
        start();
      });
    });
  }

  async #values(buffer: GpuBuffer): Promise<TypedArray> {
    try {
      if (buffer.error !== undefined) throw buffer.error;
      if (buffer.host) return buffer.host.slice();
      this.requireGpu();
      const floats = await this.#backend.read(this.#shared(buffer).storage);
      if (this.#lost !== undefined) throw this.#lostError();
      const failure = await this.#backend.takeFailure();
      if (failure) throw failure;
      return fromFloats(buffer.dtype, floats.slice(0, buffer.length));
    } catch (cause) {
      if (cause instanceof SaccadeError) throw cause;
      // What fails because the device is lost may fail before the loss is told.
      await Promise.race([this.#backend.lost, new Promise((later) => setTimeout(later, 100))]);
      if (this.#lost !== undefined) throw this.#lostError(cause);
      throw new DeviceError(`${this.#backend.name}: ${cause}`, { cause });
    }
  }

  /** The values on the GPU, of a buffer that does not wait; undefined contents where nothing was written yet. */
  #shared(buffer: GpuBuffer): Shared {
    if (buffer.storage) return buffer.storage;
    const { host, bound } = buffer;
    buffer.storage = new Shared(this.#backend.upload(host ? toFloats(host) : new Float32Array(buffer.length)));
    buffer.host = undefined;
    buffer.bound = bound;
    return buffer.storage;
  }

  /** Computes what waits in a buffer; a promise where a kernel has to be compiled. */
  #compute(buffer: GpuBuffer): Promise<void> | undefined {
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
      this.#drop(out);
      out.storage = new Shared(storage);
      out.bound = bound;
    };
    const result = this.#backend.run(program, inputs);
    if (result instanceof Promise) return result.then(finish);
    finish(result);
  }

  /** One call of the table. */
  call(kernel: KernelName, args: readonly unknown[]): void {
    this.#queue(written[kernel], args, () => this.#start(kernel, args));
  }

  /** One call of a kernel that a package brought along: the CPU does it. */
  callOwn<K extends object>(extension: KernelExtension<K>, kernel: keyof K & string, args: readonly unknown[]): void {
    const outputs = extension.written[kernel];
    const run = (cpu: Device, operands: unknown[]): void =>
      (cpu.extend(extension)[kernel] as (...args: unknown[]) => void)(...operands);
    this.#queue(outputs, args, () => this.#onCpu(`${extension.name}.${kernel}`, run, outputs, args));
  }

  /** Starts a call once those before it are done. What it writes fails where what it reads has failed, or it does itself. */
  #queue(places: readonly number[], args: readonly unknown[], start: () => Promise<void> | undefined): void {
    this.requireGpu();
    this.#timeline.add(() => {
      const outputs = places.map((at) => args[at]).filter((argument) => argument instanceof GpuBuffer);
      const failed = args.find((argument) => argument instanceof GpuBuffer && argument.error !== undefined);
      const fail = (error: unknown): void => {
        for (const output of outputs) output.error = error;
      };
      if (failed && !outputs.includes(failed as GpuBuffer)) return fail((failed as GpuBuffer).error);
      for (const output of outputs) output.error = undefined;
      try {
        return start()?.catch(fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  #start(kernel: KernelName, args: readonly unknown[]): Promise<void> | undefined {
    const planner = gpuKernels[kernel] as AnyKernel | undefined;
    const plan = new Plan((dtype, length) => new GpuBuffer(dtype, length), this.#backend.readsFour);
    const fits = args.every((argument) => !(argument instanceof GpuBuffer) || argument.fitsGpu);
    if (!planner || !fits || planner(plan, ...args) === false) {
      const run = (cpu: Device, operands: unknown[]): void =>
        (cpu.kernels[kernel] as (...args: unknown[]) => void)(...operands);
      return this.#onCpu(kernel, run, written[kernel], args);
    }
    const pending = this.#launch(plan.launches, 0);
    const done = (): void => {
      for (const scratch of plan.scratches) this.#drop(scratch);
    };
    if (pending) return pending.finally(done);
    done();
  }

  /** Runs what was planned, from number `first` on; a promise where a kernel has to be compiled. */
  #launch(launches: readonly (Launch | Mapping)[], first: number): Promise<void> | undefined {
    for (let i = first; i < launches.length; i++) {
      const launch = launches[i] as Launch | Mapping;
      const pending = 'text' in launch ? this.#defer(launch) : this.#perform(launch);
      if (pending) return pending.then(() => this.#launch(launches, i + 1));
    }
  }

  #perform(launch: Launch): Promise<void> | undefined {
    const { program, inputs, out } = launch;
    const storages: Record<string, Storage> = {};
    for (const name in inputs) {
      const input = inputs[name] as GpuBuffer;
      const pending = this.#compute(input);
      if (pending) return pending.then(() => this.#perform(launch));
      storages[name] = this.#shared(input).storage;
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
        const pending = this.#compute(operand);
        if (pending) return pending.then(() => this.#defer(mapping));
        parts.push({ shared: this.#shared(operand), strides: inLine ? undefined : strides });
      }
    }
    const expression = combine(text, numbers, parts, out.length, broadcast?.shape);
    if (!expression) {
      const waiting = operands.find((operand) => operand.expression) as GpuBuffer;
      const pending = this.#compute(waiting);
      return pending ? pending.then(() => this.#defer(mapping)) : this.#defer(mapping);
    }
    for (const { shared } of expression.leaves) shared.uses += 1;
    for (const operand of operands) operand.taken = operand.expression !== undefined;
    this.#drop(out);
    out.expression = expression;
    out.bound = mapping.bound;
    this.#waiting.add(out);
  }

  /** Reads what the kernel may read, computes on the CPU, keeps the results on the host until the GPU wants them. */
  async #onCpu(
    kernel: string,
    run: (cpu: Device, operands: unknown[]) => void,
    outputs: readonly number[],
    args: readonly unknown[],
  ): Promise<void> {
    this.#fallbackCalls.set(kernel, (this.#fallbackCalls.get(kernel) ?? 0) + 1);
    this.#fallback ??= this.#makeFallback();
    const cpu = this.#fallback;
    const twins = new Map<GpuBuffer, Buffer>();
    try {
      for (const argument of args) {
        if (!(argument instanceof GpuBuffer) || twins.has(argument)) continue;
        const twin = cpu.allocate(argument.dtype, argument.length);
        twins.set(argument, twin);
        await this.#compute(argument);
        if (!argument.isNew) cpu.write(twin, await this.#values(argument));
      }
      run(
        cpu,
        args.map((argument) => (argument instanceof GpuBuffer ? twins.get(argument) : argument)),
      );
      for (const at of outputs) {
        const output = args[at];
        if (!(output instanceof GpuBuffer)) continue;
        const values = await cpu.read(twins.get(output) as Buffer);
        this.#drop(output);
        output.host = values;
      }
    } finally {
      for (const twin of twins.values()) cpu.release(twin);
    }
  }

  report(): FallbackReport[] {
    const ranOn = this.#fallback?.name === 'js' ? 'js' : 'wasm';
    return [...this.#fallbackCalls].map(([kernel, calls]) => ({ kernel, calls, ranOn }));
  }

  memory(): { buffers: number; inUse: number; reserved: number } {
    return { buffers: this.#buffers, inUse: this.#inUse, reserved: this.#backend.reserved };
  }

  /** Resolves when all that was asked so far has been submitted. */
  ready(): Promise<void> {
    return new Promise((resolve) => this.#timeline.add(() => resolve()));
  }

  dispose(): void {
    this.#lost ??= 'the device was disposed';
    this.#fallback?.dispose();
    this.#backend.dispose();
  }
}
