/** The CPU in the place of a GPU: for kernels that decline and for those that packages bring along, counted by name. */
import type { Buffer, Device, FallbackReport } from '../device.js';
import type { TypedArray } from '../dtype.js';
import { GpuBuffer } from './buffer.js';

/** Calls a kernel of a CPU device. */
export type CpuCall = (cpu: Device, operands: unknown[]) => void;

export class Fallback {
  readonly #make: () => Device;
  #device: Device | undefined;
  readonly #calls = new Map<string, number>();

  /** @param make the CPU device, made when it is needed */
  constructor(make: () => Device) {
    this.#make = make;
  }

  /**
   * Runs a call on copies of its operands.
   * @param read the values of a buffer that has some
   * @param keep takes what the call wrote into a buffer
   */
  async run(
    kernel: string,
    call: CpuCall,
    outputs: readonly number[],
    args: readonly unknown[],
    read: (buffer: GpuBuffer) => Promise<TypedArray>,
    keep: (buffer: GpuBuffer, values: TypedArray) => void,
  ): Promise<void> {
    this.#calls.set(kernel, (this.#calls.get(kernel) ?? 0) + 1);
    this.#device ??= this.#make();
    const cpu = this.#device;
    const twins = new Map<GpuBuffer, Buffer>();
    try {
      for (const argument of args) {
        if (!(argument instanceof GpuBuffer) || twins.has(argument)) continue;
        const twin = cpu.allocate(argument.dtype, argument.length);
        twins.set(argument, twin);
        if (!argument.isNew) cpu.write(twin, await read(argument));
      }
      call(
        cpu,
        args.map((argument) => (argument instanceof GpuBuffer ? twins.get(argument) : argument)),
      );
      for (const at of outputs) {
        const output = args[at];
        if (output instanceof GpuBuffer) keep(output, await cpu.read(twins.get(output) as Buffer));
      }
    } finally {
      for (const twin of twins.values()) cpu.release(twin);
    }
  }

  report(): FallbackReport[] {
    const ranOn = this.#device?.name === 'js' ? 'js' : 'wasm';
    return [...this.#calls].map(([kernel, calls]) => ({ kernel, calls, ranOn }));
  }

  dispose(): void {
    this.#device?.dispose();
  }
}
