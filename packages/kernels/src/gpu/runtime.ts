/** Runs the calls of the kernel table in order: their programs on the GPU, or the CPU in their place. */
import type { Buffer, Device, DeviceMemory, FallbackReport } from '../device.js';
import { bytesPerElement, type TypedArray } from '../dtype.js';
import { DeviceError, SaccadeError } from '../errors.js';
import type { KernelExtension } from '../extension.js';
import type { KernelName } from '../table.js';
import type { Backend } from './backend.js';
import { fromFloats, GpuBuffer } from './buffer.js';
import { Executor } from './executor.js';
import { type CpuCall, Fallback } from './fallback.js';
import { gpuKernels } from './kernels.js';
import { Loss } from './loss.js';
import { Plan } from './plan.js';
import { Timeline } from './timeline.js';
import { written } from './written.js';

type Call = (...args: unknown[]) => void;
type AnyKernel = (...args: unknown[]) => false | undefined;

export class GpuRuntime {
  readonly #backend: Backend;
  readonly #loss: Loss;
  readonly #executor: Executor;
  readonly #fallback: Fallback;
  readonly #timeline = new Timeline();
  #buffers = 0;
  #inUse = 0;

  /** @param makeFallback makes the CPU device that takes what the GPU does not do */
  constructor(backend: Backend, makeFallback: () => Device) {
    this.#backend = backend;
    this.#loss = new Loss(backend);
    this.#executor = new Executor(backend, this.#loss);
    this.#fallback = new Fallback(makeFallback);
  }

  /** @throws {DeviceError} if the GPU is gone */
  requireGpu(): void {
    this.#loss.requireGpu();
  }

  allocate(dtype: Buffer['dtype'], length: number): GpuBuffer {
    this.#buffers += 1;
    this.#inUse += length * bytesPerElement(dtype);
    return new GpuBuffer(dtype, length);
  }

  release(buffer: GpuBuffer): void {
    this.#buffers -= 1;
    this.#inUse -= buffer.length * bytesPerElement(buffer.dtype);
    this.#timeline.add(() => this.#executor.release(buffer));
  }

  write(buffer: GpuBuffer, values: TypedArray): void {
    const copy = values.slice();
    this.#timeline.add(() => {
      this.#executor.drop(buffer);
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
        const pending = this.#executor.compute(buffer);
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
      const floats = await this.#backend.read(this.#executor.shared(buffer).storage);
      if (this.#loss.happened) throw this.#loss.error();
      const failure = await this.#backend.takeFailure();
      if (failure) throw failure;
      return fromFloats(buffer.dtype, floats.slice(0, buffer.length));
    } catch (cause) {
      if (cause instanceof SaccadeError) throw cause;
      // What fails because the device is lost may fail before the loss is told.
      await Promise.race([this.#backend.lost, new Promise((later) => setTimeout(later, 100))]);
      if (this.#loss.happened) throw this.#loss.error(cause);
      throw new DeviceError(`${this.#backend.name}: ${cause}`, { cause });
    }
  }

  /** One call of the table. */
  call(kernel: KernelName, args: readonly unknown[]): void {
    this.#queue(written[kernel], args, () => this.#start(kernel, args));
  }

  /** One call of a kernel that a package brought along: the CPU does it. */
  callOwn<K extends object>(extension: KernelExtension<K>, kernel: keyof K & string, args: readonly unknown[]): void {
    const outputs = extension.written[kernel];
    const onCpu: CpuCall = (cpu, operands) => (cpu.extend(extension)[kernel] as Call)(...operands);
    this.#queue(outputs, args, () => this.#onCpu(`${extension.name}.${kernel}`, onCpu, outputs, args));
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
      const onCpu: CpuCall = (cpu, operands) => (cpu.kernels[kernel] as Call)(...operands);
      return this.#onCpu(kernel, onCpu, written[kernel], args);
    }
    const pending = this.#executor.perform(plan.launches);
    const done = (): void => {
      for (const scratch of plan.scratches) this.#executor.drop(scratch);
    };
    if (pending) return pending.finally(done);
    done();
  }

  /** Reads what the kernel may read, computes on the CPU, keeps the results on the host until the GPU wants them. */
  #onCpu(kernel: string, call: CpuCall, outputs: readonly number[], args: readonly unknown[]): Promise<void> {
    const read = async (buffer: GpuBuffer): Promise<TypedArray> => {
      await this.#executor.compute(buffer);
      return this.#values(buffer);
    };
    const keep = (buffer: GpuBuffer, values: TypedArray): void => {
      this.#executor.drop(buffer);
      buffer.host = values;
    };
    return this.#fallback.run(kernel, call, outputs, args, read, keep);
  }

  report(): FallbackReport[] {
    return this.#fallback.report();
  }

  memory(): DeviceMemory {
    return { buffers: this.#buffers, inUse: this.#inUse, reserved: this.#backend.reserved };
  }

  /** Resolves when all that was asked so far has been submitted. */
  ready(): Promise<void> {
    return new Promise((resolve) => this.#timeline.add(() => resolve()));
  }

  dispose(): void {
    this.#loss.tell('the device was disposed');
    this.#fallback.dispose();
    this.#backend.dispose();
  }
}
