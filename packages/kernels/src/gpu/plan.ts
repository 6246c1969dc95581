/** What a GPU kernel is written with: it plans the runs that one call of the kernel table takes. */
import type { DType } from '../dtype.js';
import type { Broadcast } from '../table/elementwise.js';
import type { KernelTable } from '../table.js';
import { outputLength, type Program } from './backend.js';
import type { GpuBuffer } from './buffer.js';

/** One program with the buffers that it reads and the one that it fills. */
export interface Launch {
  readonly program: Program;
  readonly inputs: Readonly<Record<string, GpuBuffer>>;
  readonly out: GpuBuffer;
}

/** One function of the elements of its operands, which may become part of a larger program. */
export interface Mapping {
  /** JavaScript for gpu.js in which the operands are `p`, `q` and `r`: an expression. */
  readonly text: string;
  readonly operands: readonly GpuBuffer[];
  /** Values of other names in the text. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** How the operands repeat; without, all are as long as the result. */
  readonly broadcast?: Broadcast | undefined;
  /** The greatest magnitude that a whole result can have, where it is known. */
  readonly bound?: number;
  readonly out: GpuBuffer;
}

/** What `Plan.run` takes; see `Program`. */
export interface LaunchOptions {
  readonly name: string;
  readonly body: string;
  readonly inputs: Readonly<Record<string, GpuBuffer>>;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly numbers?: Readonly<Record<string, number>>;
  readonly grid: readonly number[];
  readonly width?: 1 | 4;
  readonly four?: readonly string[];
  /** Its old contents are replaced whole. It may be an input. */
  readonly out: GpuBuffer;
}

/** The runs of one call, in order. */
export class Plan {
  readonly launches: (Launch | Mapping)[] = [];
  readonly scratches: GpuBuffer[] = [];
  readonly #scratch: (dtype: DType, length: number) => GpuBuffer;

  /** Whether programs may read four neighbouring elements at a time. */
  readonly readsFour: boolean;

  constructor(scratch: (dtype: DType, length: number) => GpuBuffer, readsFour: boolean) {
    this.#scratch = scratch;
    this.readsFour = readsFour;
  }

  /** A buffer that lives until the call is done. */
  scratch(length: number, dtype: DType = 'float32'): GpuBuffer {
    const buffer = this.#scratch(dtype, length);
    this.scratches.push(buffer);
    return buffer;
  }

  run({ name, body, inputs, sizes = {}, numbers = {}, grid, width = 1, four, out }: LaunchOptions): void {
    const program: Program = { name, body, sizes, numbers, grid, width, ...(four && { four }) };
    if (outputLength(program) > 0) this.launches.push({ program, inputs, out });
  }

  /** out[i] = text of the i-th elements of the operands, now or when somebody needs it. */
  map(map: Mapping): void {
    if (map.out.length > 0) this.launches.push(map);
  }
}

/** A kernel of the table over GPU buffers. Returning false leaves the call to the CPU; nothing may be planned then. */
export type GpuKernels<T> = {
  readonly [K in keyof T]?: T[K] extends (...args: infer A) => void
    ? (plan: Plan, ...args: A) => false | undefined
    : never;
};

/** All that the GPU does; what is missing goes to the CPU. */
export type GpuKernelTable = GpuKernels<KernelTable<GpuBuffer>>;
