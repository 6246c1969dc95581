/** Runs the calls of the kernel table in order: their programs on the GPU, or the CPU in their place. */
import type { Buffer, Device, FallbackReport } from '../device.js';
import { bytesPerElement, type TypedArray } from '../dtype.js';
import { DeviceError } from '../errors.js';
import type { KernelName } from '../table.js';
import type { Backend, Storage } from './backend.js';
import { fromFloats, GpuBuffer, toFloats } from './buffer.js';
import { gpuKernels } from './kernels.js';
import { type Launch, Plan } from './plan.js';
import { Timeline } from './timeline.js';
import { written } from './written.js';

type AnyKernel = (...args: unknown[]) => false | undefined;

export class GpuRuntime {
  readonly #backend: Backend;
  readonly #timeline = new Timeline();
  readonly #makeFallback: () => Device;
  #fallback: Device | undefined;
  readonly #fallbackCalls = new Map<KernelName, number>();
  /** Why the GPU can no longer be used. */
  #lost: string | undefined;
  #buffers = 0;
  #inUse = 0;

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
    this.#timeline.add(() => this.#drop(buffer));
  }

  #drop(buffer: GpuBuffer): void {
    if (buffer.storage && this.#lost === undefined) this.#backend.release(buffer.storage);
    buffer.storage = undefined;
    buffer.host = undefined;
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
      // Not returned: what comes after need not wait for the values to arrive.
      this.#timeline.add(() => void this.#values(buffer).then(resolve, reject));
    });
  }

  async #values(buffer: GpuBuffer): Promise<TypedArray> {
    if (buffer.error !== undefined) throw buffer.error;
    if (buffer.host) return buffer.host.slice();
    this.requireGpu();
    try {
      const floats = await this.#backend.read(this.#storage(buffer));
      if (this.#lost !== undefined) throw this.#lostError();
      return fromFloats(buffer.dtype, floats.slice(0, buffer.length));
    } catch (cause) {
      if (cause instanceof DeviceError) throw cause;
      // The loss of the device and the failure of a read come in any order.
      await Promise.race([this.#backend.lost, new Promise((later) => setTimeout(later, 100))]);
      if (this.#lost !== undefined) throw this.#lostError(cause);
      throw new DeviceError(`${this.#backend.name}: reading failed: ${cause}`, { cause });
    }
  }

  /** The values on the GPU; undefined contents where nothing was written yet. */
  #storage(buffer: GpuBuffer): Storage {
    buffer.storage ??= this.#backend.upload(buffer.host ? toFloats(buffer.host) : new Float32Array(buffer.length));
    buffer.host = undefined;
    return buffer.storage;
  }

  /** One call of the table. */
  call(kernel: KernelName, args: readonly unknown[]): void {
    this.requireGpu();
    this.#timeline.add(() => {
      const outputs = written[kernel].map((at) => args[at]).filter((argument) => argument instanceof GpuBuffer);
      const failed = args.find((argument) => argument instanceof GpuBuffer && argument.error !== undefined);
      const fail = (error: unknown): void => {
        for (const output of outputs) output.error = error;
      };
      if (failed && !outputs.includes(failed as GpuBuffer)) return fail((failed as GpuBuffer).error);
      for (const output of outputs) output.error = undefined;
      try {
        const pending = this.#start(kernel, args);
        return pending?.catch((error) => fail(this.#lost === undefined ? error : this.#lostError(error)));
      } catch (error) {
        fail(this.#lost === undefined ? error : this.#lostError(error));
      }
    });
  }

  #start(kernel: KernelName, args: readonly unknown[]): Promise<void> | undefined {
    const planner = gpuKernels[kernel] as AnyKernel | undefined;
    const plan = new Plan((dtype, length) => new GpuBuffer(dtype, length));
    const fits = args.every((argument) => !(argument instanceof GpuBuffer) || argument.fitsGpu);
    if (!planner || !fits || planner(plan, ...args) === false) return this.#onCpu(kernel, args);
    const pending = this.#launch(plan.launches, 0);
    const done = (): void => {
      for (const scratch of plan.scratches) this.#drop(scratch);
    };
    if (pending) return pending.finally(done);
    done();
  }

  /** Runs the launches from `first` on; a promise where a kernel has to be compiled. */
  #launch(launches: readonly Launch[], first: number): Promise<void> | undefined {
    for (let i = first; i < launches.length; i++) {
      const { program, inputs, out } = launches[i] as Launch;
      const storages: Record<string, Storage> = {};
      for (const name in inputs) storages[name] = this.#storage(inputs[name] as GpuBuffer);
      const result = this.#backend.run(program, storages);
      const finish = (storage: Storage): void => {
        this.#drop(out);
        out.storage = storage;
      };
      if (result instanceof Promise) {
        return result.then((storage) => {
          finish(storage);
          return this.#launch(launches, i + 1);
        });
      }
      finish(result);
    }
  }

  /** Reads what the kernel may read, computes on the CPU, keeps the results on the host until the GPU wants them. */
  async #onCpu(kernel: KernelName, args: readonly unknown[]): Promise<void> {
    this.#fallbackCalls.set(kernel, (this.#fallbackCalls.get(kernel) ?? 0) + 1);
    this.#fallback ??= this.#makeFallback();
    const cpu = this.#fallback;
    const twins = new Map<GpuBuffer, Buffer>();
    try {
      for (const argument of args) {
        if (!(argument instanceof GpuBuffer) || twins.has(argument)) continue;
        const twin = cpu.allocate(argument.dtype, argument.length);
        twins.set(argument, twin);
        if (argument.host || argument.storage) cpu.write(twin, await this.#values(argument));
      }
      const run = cpu.kernels[kernel] as (...args: unknown[]) => void;
      run(...args.map((argument) => (argument instanceof GpuBuffer ? twins.get(argument) : argument)));
      for (const at of written[kernel]) {
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
    return { buffers: this.#buffers, inUse: this.#inUse, reserved: this.#backend.memory().reserved };
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
