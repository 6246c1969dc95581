/** A pool of worker threads over one shared memory: fork and join in JavaScript, no atomics inside the kernels. */
import { DeviceError } from '../errors.js';
import type { Kernel, KernelModule } from './module.js';
import { nodeBuiltin } from './node-builtin.js';
import { control, workerSource } from './worker-source.js';

interface NodeWorker {
  ref(): void;
  unref(): void;
  terminate(): Promise<number>;
  once(event: string, listener: (value: unknown) => void): void;
}

interface WorkerThreads {
  Worker: new (source: string, options: object) => NodeWorker;
  isMainThread: boolean;
}

interface WorkerHandle {
  ready: Promise<void>;
  terminate(): void;
}

function nodeWorkerThreads(): WorkerThreads | undefined {
  return nodeBuiltin<WorkerThreads>('node:worker_threads');
}

/** Whether memory can be shared between threads here: always in Node, in a page only if it is cross-origin isolated. */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  if (nodeWorkerThreads() !== undefined) return true;
  return typeof Worker !== 'undefined' && globalThis.crossOriginIsolated === true;
}

/** Threads that the host can run at once. */
export function availableThreads(): number {
  const os = nodeBuiltin<{ availableParallelism(): number }>('node:os');
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

function startNodeWorker(threads: WorkerThreads, data: object): WorkerHandle {
  // execArgv: the loaders of the main thread (tsx, say) have no business in a worker.
  const worker = new threads.Worker(workerSource, { eval: true, workerData: data, execArgv: [] });
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', () => {
      worker.unref();
      resolve();
    });
    worker.once('error', (cause) => reject(new DeviceError('wasm: a worker thread failed', { cause })));
    worker.once('exit', () => reject(new DeviceError('wasm: a worker thread ended before it ran')));
  });
  return { ready, terminate: () => void worker.terminate() };
}

function startWebWorker(data: object): WorkerHandle {
  const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(url);
  let fail = (_: { message?: string }): void => {};
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => {
      URL.revokeObjectURL(url);
      resolve();
    };
    // Where the page's policy forbids the worker there is no message.
    worker.onerror = fail = ({ message = 'the page has to allow blob: in worker-src' }) =>
      reject(new DeviceError(`wasm: a worker thread failed: ${message}`));
  });
  worker.postMessage(data);
  return {
    ready,
    terminate() {
      worker.terminate();
      // Browsers say nothing of a worker that is ended before it runs.
      fail({ message: 'ended' });
    },
  };
}

/** The pool. Workers join jobs as soon as they run; until then the calling thread does all the work. */
export class ThreadPool {
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #kernels: readonly Kernel[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #start: () => WorkerHandle[];
  #workers: WorkerHandle[] | undefined;
  #announced = 0;
  /** Browsers forbid their main thread to sleep. */
  #maySleep = true;
  /** The calling thread does all work: the workers were ended, or could not start. */
  #alone = false;

  constructor(
    modules: readonly KernelModule[],
    memory: WebAssembly.Memory,
    controlAt: number,
    exports: Readonly<Record<string, unknown>>,
    threads: number,
  ) {
    const names = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
    this.#kernels = names.map((name) => exports[name] as Kernel);
    this.#index = new Map(names.map((name, i) => [name, i]));
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer, controlAt, 16);
    this.#numbers = new Float64Array(memory.buffer, controlAt + control.argumentsAt, control.maxArguments);
    const node = nodeWorkerThreads();
    this.#start = () =>
      Array.from({ length: threads - 1 }, (_, i) => {
        const data = { modules, memory, controlAt, names, thread: i + 1 };
        return node ? startNodeWorker(node, data) : startWebWorker(data);
      });
  }

  /** Starts the workers, once. Resolves when all of them run. @throws {DeviceError} */
  async ready(): Promise<void> {
    if (this.#alone) throw new DeviceError('wasm: this device was disposed, or threads failed');
    try {
      this.#workers ??= this.#start();
    } catch (cause) {
      throw new DeviceError('wasm: a worker thread failed', { cause });
    }
    await Promise.all(this.#workers.map((worker) => worker.ready));
  }

  /** Runs `name(...args, start, end, scratch)` over [0, count) in `chunks` chunks on all threads that are awake. */
  run(
    name: string,
    args: readonly number[],
    count: number,
    chunks: number,
    scratch: number,
    scratchBytes: number,
  ): void {
    const words = this.#words;
    const kernel = this.#index.get(name) as number;
    if (this.#workers === undefined && !this.#alone) this.ready().catch((cause: Error) => this.#giveUp(cause));
    if (this.#alone) {
      // A thread that was ended may have left the count of active ones wrong: wait for nobody.
      this.#kernels[kernel]?.(...args, 0, count, scratch);
      return;
    }
    this.#numbers.set(args);
    words[control.kernel] = kernel;
    words[control.argumentCount] = args.length;
    words[control.chunks] = chunks;
    words[control.count] = count;
    words[control.scratch] = scratch;
    words[control.scratchBytes] = scratchBytes;
    words[control.pages] = this.#memory.buffer.byteLength / 65536;
    Atomics.store(words, control.failed, 0);
    Atomics.store(words, control.next, 0);
    this.#announced = (this.#announced % 0x3fffffff) + 1;
    Atomics.store(words, control.job, this.#announced);
    Atomics.store(words, control.announced, this.#announced);
    Atomics.notify(words, control.announced);
    try {
      this.#runChunks(kernel, args, count, chunks, scratch);
    } finally {
      Atomics.store(words, control.job, 0);
      this.#join();
    }
    if (Atomics.load(words, control.failed) !== 0) {
      throw new DeviceError(`wasm: kernel ${name} failed in a worker thread`);
    }
  }

  #runChunks(index: number, args: readonly number[], count: number, chunks: number, scratch: number): void {
    const kernel = this.#kernels[index] as Kernel;
    for (;;) {
      const chunk = Atomics.add(this.#words, control.next, 1);
      if (chunk >= chunks) return;
      const start = Math.floor((chunk * count) / chunks);
      kernel(...args, start, Math.floor(((chunk + 1) * count) / chunks), scratch);
    }
  }

  /** Waits until no worker is inside the job. */
  #join(): void {
    const words = this.#words;
    for (let spins = 0; ; spins++) {
      const active = Atomics.load(words, control.active);
      if (active === 0) return;
      if (spins < 20000 || !this.#maySleep) continue;
      try {
        Atomics.wait(words, control.active, active, 1);
      } catch {
        this.#maySleep = false;
      }
    }
  }

  #giveUp(cause: Error): void {
    if (this.#alone) return;
    console.warn(`saccade: ${cause.message}; running on one thread instead`);
    this.dispose();
  }

  /** Ends the workers. Jobs run on the calling thread alone from now on. */
  dispose(): void {
    this.#alone = true;
    Atomics.store(this.#words, control.job, -1);
    Atomics.add(this.#words, control.announced, 1);
    Atomics.notify(this.#words, control.announced);
    for (const worker of this.#workers ?? []) worker.terminate();
    this.#workers = undefined;
  }
}
