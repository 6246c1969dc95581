/** One WebAssembly instance with its heap and threads: what the kernels of the `wasm` device are called through. */
import { bytesPerElement, type DType, type TypedArray, viewArray } from '../dtype.js';
import { DeviceError } from '../errors.js';
import type { KernelTable } from '../table.js';
import { WasmBuffer } from './buffer.js';
import { Heap } from './heap.js';
import {
  type Arithmetic,
  compileExtension,
  compileKernels,
  instantiate,
  type Kernel,
  type KernelModule,
} from './module.js';
import { ThreadPool } from './threads.js';
import { control } from './worker-source.js';

const PAGE = 65536;

// The memory, in bytes: 64 to 1023 the constants of assembly/constants.ts, then the threads' control block, the parameter block,
// scratch of calls on the calling thread that need no more than that (small kernels are spared the heap), and the heap.
const CONTROL_AT = 1024;
const PARAMETERS_AT = 2048;
const SCRATCH_AT = 8192;
const HEAP_AT = 16384;

/** Jobs below this many elementary steps (about 30 microseconds) stay on the calling thread by default. */
const WORTH_SHARING = 60_000;
/** Chunks per thread, so that a thread that is held up does not hold up the rest. */
const CHUNKS_PER_THREAD = 4;

/**
 * Calls a kernel over all of [0, count). Most kernels take four to six arguments: one by one, as here, such a call costs
 * half as much as with a list, which is a good part of what an operation on a tiny tensor costs, and leaves no garbage.
 */
function callOver(kernel: Kernel, args: readonly number[], count: number, scratch: number): void {
  const a = args as [number, number, number, number, number, number];
  switch (args.length) {
    case 4:
      kernel(a[0], a[1], a[2], a[3], 0, count, scratch);
      return;
    case 5:
      kernel(a[0], a[1], a[2], a[3], a[4], 0, count, scratch);
      return;
    case 6:
      kernel(a[0], a[1], a[2], a[3], a[4], a[5], 0, count, scratch);
      return;
  }
  // Three times as fast as concat, or as a spread with more behind it.
  const all = args.slice();
  all.push(0, count, scratch);
  kernel(...all);
}

/** Memory, heap, exports and threads of one device. Families of kernels are functions of this. */
export class WasmRuntime {
  readonly memory: WebAssembly.Memory;
  readonly heap: Heap;
  readonly threads: number;
  #pool: ThreadPool | undefined;
  readonly #modules: KernelModule[];
  /** The js kernels on this heap, counted in `device.report()`: for element types that have no code of their own. */
  fallback!: KernelTable<WasmBuffer>;
  /** The product of float64 matrices, once its extension is loaded: see double-products.ts. */
  doubleProduct: KernelTable<WasmBuffer>['matmul'] | undefined;
  readonly #exports: Record<string, Kernel> = {};
  readonly #shareFrom: number;
  /** The parameter block. */
  #words = new Int32Array(0);

  constructor(arithmetic: Arithmetic, threads: number, shareFrom: number = WORTH_SHARING) {
    const modules = compileKernels(arithmetic, threads > 1);
    const { memory, pages } = createMemory(threads > 1);
    this.memory = memory;
    // Kernels compare with the address behind a block, which must not be 2^32.
    this.heap = new Heap(memory, HEAP_AT, pages * PAGE - 64);
    this.threads = threads;
    this.#shareFrom = shareFrom;
    this.#modules = modules;
    for (const module of modules) instantiate(module, memory, this.#exports);
    this.call('prepareConstants');
    this.#pool = this.#newPool(CONTROL_AT);
  }

  /** The threads that share large calls, if there are any. */
  get pool(): ThreadPool | undefined {
    return this.#pool;
  }

  #newPool(controlAt: number): ThreadPool | undefined {
    if (this.threads === 1) return undefined;
    return new ThreadPool(this.#modules, this.memory, controlAt, this.#exports, this.threads);
  }

  /** Adds a package's module; its export `f` is called as `'<name>.f'`. Threads that run start anew with it. */
  load(name: string, binary: string): void {
    const module = compileExtension(name, binary, this.threads > 1);
    instantiate(module, this.memory, this.#exports);
    this.#modules.push(module);
    if (this.#pool === undefined) return;
    // Old threads may still look at their control block, so the new ones have another.
    const controlAt = this.heap.allocate(control.bytes);
    new Uint8Array(this.memory.buffer, controlAt, control.bytes).fill(0);
    this.#pool.dispose();
    this.#pool = this.#newPool(controlAt);
  }

  /** Calls an export on this thread. */
  call(name: string, ...args: number[]): number {
    return (this.#exports[name] as Kernel)(...args) ?? 0;
  }

  /**
   * Calls `name(...args, start, end, scratch)` over [0, count), shared among threads if it is worth it. The kernel's
   * result for an item must not depend on where the ranges are cut.
   * @param cost elementary steps per item (one: a multiply-add on one element)
   * @param scratchBytes private memory for each thread
   */
  parallel(name: string, args: readonly number[], count: number, cost: number, scratchBytes = 0): void {
    if (count <= 0) return;
    const share = this.#pool !== undefined && count > 1 && count * cost >= this.#shareFrom;
    const threads = share ? this.threads : 1;
    const room = Math.ceil(scratchBytes / 64) * 64;
    const own = share ? room > 0 : room > HEAP_AT - SCRATCH_AT;
    const scratch = own ? this.heap.allocate(room * threads) : SCRATCH_AT;
    try {
      if (share) {
        const chunks = Math.min(count, threads * CHUNKS_PER_THREAD);
        this.#pool?.run(name, args, count, chunks, scratch, room);
      } else {
        callOver(this.#exports[name] as Kernel, args, count, scratch);
      }
    } finally {
      if (own) this.heap.release(scratch, room * threads);
    }
  }

  /** Writes lists of int32 one after another to the parameter block, valid until the next kernel; returns the address of each. */
  parameters(...lists: (readonly number[])[]): number[] {
    // Growing the memory detaches the view if the memory is not shared; if it is, the view stays good.
    if (this.#words.length === 0) {
      this.#words = new Int32Array(this.memory.buffer, PARAMETERS_AT, (SCRATCH_AT - PARAMETERS_AT) / 4);
    }
    const words = this.#words;
    let at = 0;
    return lists.map((list) => {
      if (at + list.length > words.length) throw new DeviceError('wasm: too many axes for one kernel');
      const address = PARAMETERS_AT + at * 4;
      for (let i = 0; i < list.length; i++) words[at++] = list[i]!;
      return address;
    });
  }

  /** Runs `body` with a temporary block of the heap. */
  withBlock<R>(bytes: number, body: (address: number) => R): R {
    const address = this.heap.allocate(bytes);
    try {
      return body(address);
    } finally {
      this.heap.release(address, bytes);
    }
  }

  allocate(dtype: DType, length: number): WasmBuffer {
    return new WasmBuffer(dtype, length, this.heap.allocate(length * bytesPerElement(dtype)));
  }

  /** Gives the memory of a buffer back; doing so twice is harmless. */
  release(buffer: WasmBuffer): void {
    if (buffer.released) return;
    buffer.released = true;
    this.heap.release(buffer.address, buffer.length * bytesPerElement(buffer.dtype));
  }

  /** The buffer's memory as a typed array, valid until the heap grows. */
  view(buffer: WasmBuffer): TypedArray {
    return viewArray(buffer.dtype, this.memory.buffer, buffer.address, buffer.length);
  }
}

/** The largest memory that the host will reserve. */
function createMemory(shared: boolean): { memory: WebAssembly.Memory; pages: number } {
  let cause: unknown;
  for (const pages of [65536, 32768, 16384, 4096]) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 16, maximum: pages, shared }), pages };
    } catch (error) {
      cause = error;
    }
  }
  throw new DeviceError('wasm: the host gives no memory', { cause });
}
