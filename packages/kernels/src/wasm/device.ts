/** The `wasm` device: SIMD kernels on one growable WebAssembly heap, shared by threads where the host allows it. */
import { copyOut } from '../copy-out.js';
import type { Buffer, Device, DeviceInfo } from '../device.js';
import type { TypedArray } from '../dtype.js';
import { DeviceError, DisposedError, OptionError } from '../errors.js';
import { extender, type KernelExtension, type KernelsOn } from '../extension.js';
import { adapt, adaptJsKernels } from '../js/adapt.js';
import type { KernelTable } from '../table.js';
import { WasmBuffer } from './buffer.js';
import { wasmKernels } from './kernels.js';
import { type Arithmetic, hasRelaxedSimd } from './module.js';
import { WasmRuntime } from './runtime.js';
import { availableThreads, canShareMemory } from './threads.js';

/** How to make a `wasm` device. */
export interface WasmOptions {
  /** Threads to use, 1 to 64. Default: as many as the host runs at once, at most 8; 1 where memory cannot be shared. */
  threads?: number | undefined;
  /** Use plain SIMD, whose results are the same bits on every machine, even where relaxed SIMD is faster. Default false. */
  deterministic?: boolean | undefined;
  /** Kernels of at least this many elementary steps are shared among threads. Default 60,000, about 30 microseconds. */
  shareFrom?: number | undefined;
}

/** @throws {OptionError} for a number of threads or steps that cannot be */
export function checkWasmOptions({ threads, shareFrom }: WasmOptions): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
    throw new OptionError(`init: threads must be an integer in [1, 64], got ${threads}`);
  }
  if (shareFrom !== undefined && !(typeof shareFrom === 'number' && shareFrom >= 0)) {
    throw new OptionError(`init: shareFrom must be a number of steps, at least 0, got ${shareFrom}`);
  }
}

function chooseThreads(asked: number | undefined): number {
  if (!canShareMemory()) return 1;
  return asked ?? Math.min(8, availableThreads());
}

function isDouble(argument: unknown): boolean {
  return argument instanceof WasmBuffer && argument.dtype === 'float64';
}

function wasmBuffer(buffer: Buffer): WasmBuffer {
  if (buffer instanceof WasmBuffer) return buffer;
  throw new DeviceError('wasm: this buffer belongs to another device');
}

/** The `plain` kernels in the place of those that are missing, and for calls with float64 of all but those that know it. */
function keepOffDoubles<K extends object>(
  kernels: Partial<KernelsOn<WasmBuffer, K>>,
  plain: K,
  knowing: readonly (keyof K)[],
): K {
  const chosen: Record<string, unknown> = {};
  for (const [name, kernel] of Object.entries(kernels) as [keyof K & string, (...args: unknown[]) => void][]) {
    const slow = plain[name] as (...args: unknown[]) => void;
    chosen[name] = knowing.includes(name)
      ? kernel
      : (...args: unknown[]): void => (args.some(isDouble) ? slow(...args) : kernel.apply(kernels, args));
  }
  return { ...plain, ...chosen };
}

/** A new `wasm` device, usable at once; its workers start with the first kernel that is worth sharing, or with `ready()`. */
export function createWasmDevice(options: WasmOptions = {}): Device {
  checkWasmOptions(options);
  const threads = chooseThreads(options.threads);
  const arithmetic: Arithmetic = !options.deterministic && hasRelaxedSimd() ? 'relaxed-simd' : 'simd128';
  const runtime = new WasmRuntime(arithmetic, threads, options.shareFrom);
  const fallbacks = new Map<string, number>();
  const view = (argument: unknown): TypedArray | undefined =>
    argument instanceof WasmBuffer ? runtime.view(argument) : undefined;
  const count = (kernel: string): void => void fallbacks.set(kernel, (fallbacks.get(kernel) ?? 0) + 1);
  runtime.fallback = adaptJsKernels<WasmBuffer>(view, count);
  const { heap } = runtime;
  const kernels = wasmKernels(runtime);
  let knowsDoubles = false;
  let disposed = false;
  const requireAlive = (): void => {
    if (disposed) throw new DisposedError('wasm: this device was disposed; init() starts another');
  };
  /** Before the first float64 buffer no kernel has to look for one. */
  const meetDoubles = (): void => {
    if (knowsDoubles) return;
    knowsDoubles = true;
    Object.assign(kernels, keepOffDoubles<KernelTable<WasmBuffer>>({ ...kernels }, runtime.fallback, ['matmul']));
  };
  return {
    name: 'wasm',
    info: describe(arithmetic, threads, options),
    kernels: kernels as unknown as KernelTable<Buffer>,
    extend: extender(<K extends object>({ name, js, wasm }: KernelExtension<K>): K => {
      requireAlive();
      runtime.load(name, wasm.binary);
      const plain = adapt<K>(js, view, (kernel) => count(`${name}.${kernel}`));
      return keepOffDoubles(wasm.kernels(runtime), plain, wasm.float64 ?? []);
    }),
    supports: () => true,
    allocate(dtype, length) {
      requireAlive();
      if (dtype === 'float64') meetDoubles();
      return runtime.allocate(dtype, length);
    },
    release: (buffer) => runtime.release(wasmBuffer(buffer)),
    write: (buffer, values) => runtime.view(wasmBuffer(buffer)).set(values),
    read: async (buffer, into) => copyOut(buffer, runtime.view(wasmBuffer(buffer)), into),
    readSync: (buffer, into) => copyOut(buffer, runtime.view(wasmBuffer(buffer)), into),
    memory: () => ({ buffers: heap.blocks, inUse: heap.inUse, reserved: heap.reserved }),
    report: () => [...fallbacks].map(([kernel, calls]) => ({ kernel, calls, ranOn: 'js' as const })),
    async ready() {
      const { pool } = runtime;
      try {
        await pool?.ready();
      } catch (error) {
        if (pool === runtime.pool) throw error;
        await this.ready(); // an extension was loaded meanwhile, whose threads start anew
      }
    },
    dispose() {
      disposed = true;
      runtime.pool?.dispose();
    },
  };
}

function describe(arithmetic: Arithmetic, threads: number, options: WasmOptions): DeviceInfo {
  const why = [
    arithmetic === 'relaxed-simd'
      ? 'this engine has relaxed SIMD'
      : options.deterministic
        ? 'deterministic arithmetic was asked for'
        : 'this engine has no relaxed SIMD',
  ];
  if (threads === 1 && options.threads !== 1) {
    why.push(canShareMemory() ? 'the host has one processor' : 'threads need a page that is cross-origin isolated');
  }
  return { name: 'wasm', threads, arithmetic, reason: why.join('; ') };
}
