/** Runs a kernel on every form of the device under test against the oracle, on random cases from a seed. */
import type { Buffer, Device, DType, KernelName, TypedArray } from '@saccade/kernels';
import { createJsDevice, createWasmDevice, OutOfMemoryError } from '@saccade/kernels';
import { assertClose, testDevice } from '@saccade/testing';
import { createGpuDevice } from '../src/gpu.js';
import { hasRelaxedSimd } from '../src/wasm/module.js';

/** A small seeded source of sizes and values. */
export class Generator {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1). */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  /** A size in [1, high], small ones more often, with the multiples of 4 and their neighbours that SIMD code trips over. */
  size(high: number): number {
    return Math.max(1, Math.floor(high ** this.unit()));
  }

  boolean(probability = 0.5): boolean {
    return this.unit() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** `length` float32 values, uniform in [low, high). */
  floats(length: number, low = -2, high = 2): Float32Array {
    return Float32Array.from({ length }, () => low + this.unit() * (high - low));
  }

  integers(length: number, low: number, high: number): Int32Array {
    return Int32Array.from({ length }, () => this.integer(low, high));
  }

  bits(length: number, probability = 0.5): Uint8Array {
    return Uint8Array.from({ length }, () => Number(this.boolean(probability)));
  }

  /** A permutation of 0 ... n - 1. */
  permutation(n: number): number[] {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    return order;
  }
}

/** An argument that is a buffer: its values before the call, and whether the kernel writes it. */
export class BufferArgument {
  readonly dtype: DType;
  readonly values: TypedArray;
  readonly written: boolean;

  constructor(dtype: DType, values: TypedArray, written: boolean) {
    this.dtype = dtype;
    this.values = values;
    this.written = written;
  }
}

function dtypeOf(values: TypedArray): DType {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Int32Array) return 'int32';
  return 'uint8';
}

/** A buffer that the kernel reads. */
export function input(values: TypedArray, dtype: DType = dtypeOf(values)): BufferArgument {
  return new BufferArgument(dtype, values, false);
}

/** A buffer that the kernel writes; it starts as rubbish, or as `values`. */
export function output(dtype: DType, lengthOrValues: number | TypedArray): BufferArgument {
  if (typeof lengthOrValues !== 'number') return new BufferArgument(dtype, lengthOrValues, true);
  const length = lengthOrValues;
  const rubbish =
    dtype === 'float32'
      ? new Float32Array(length).fill(-12345.5)
      : dtype === 'int32'
        ? new Int32Array(length).fill(-777)
        : new Uint8Array(length).fill(77);
  return new BufferArgument(dtype, rubbish, true);
}

/** How closely float32 must follow the oracle: absolute, and relative to each value. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

type Form = { readonly label: string; readonly device: Device };

let gpu: Promise<Device> | undefined;

/** The GPU device under test. */
function gpuDevice(name: 'webgpu' | 'webgl2'): Promise<Device> {
  gpu ??= createGpuDevice({ device: name, fallback: () => createWasmDevice({ threads: 1, deterministic: true }) });
  return gpu;
}

/** Forms of the device under test: pairs that must agree to the bit, or the one GPU. */
async function formsUnderTest(): Promise<Form[]> {
  if (testDevice === 'wasm') return wasmForms();
  const device = await gpuDevice(testDevice);
  return [{ label: device.info.arithmetic, device }];
}

let forms: Promise<Form[]> | undefined;

/**
 * Keeps the lower 2 GiB of the device's memory from use, so that its kernels run at addresses whose top bit is set, where
 * signed arithmetic goes wrong. Nothing touches the block: it takes room in the address space, not memory.
 */
function liftAbove2GiB(device: Device): boolean {
  try {
    device.allocate('uint8', 2.1 * 2 ** 30);
    return true;
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
    console.log('conformance: the host refuses a memory above 2 GiB; kernels are tested at low addresses only');
    return false;
  }
}

/**
 * One and two threads, plain and (where the engine has it) relaxed SIMD. Two threads share even the smallest kernel; one
 * thread with plain SIMD works above 2 GiB.
 */
export function wasmForms(): Promise<Form[]> {
  forms ??= (async () => {
    const list: Form[] = [];
    for (const deterministic of hasRelaxedSimd() ? [true, false] : [true]) {
      for (const threads of [1, 2]) {
        const device = createWasmDevice({ threads, deterministic, shareFrom: 0 });
        await device.ready();
        const high = threads === 1 && deterministic && liftAbove2GiB(device);
        const place = high ? ' above 2 GiB' : '';
        list.push({ label: `${device.info.arithmetic}, ${threads} threads${place}`, device });
      }
    }
    return list;
  })();
  return forms;
}

async function run(
  device: Device,
  kernel: KernelName,
  args: readonly unknown[],
  widen: boolean,
): Promise<TypedArray[]> {
  const buffers: Buffer[] = [];
  const handles = args.map((argument) => {
    if (!(argument instanceof BufferArgument)) return argument;
    const dtype = widen && argument.dtype === 'float32' ? 'float64' : argument.dtype;
    const buffer = device.allocate(dtype, argument.values.length);
    device.write(buffer, argument.values);
    buffers.push(buffer);
    return buffer;
  });
  try {
    (device.kernels[kernel] as (...a: unknown[]) => void)(...handles);
    const outputs = handles.filter((_, i) => (args[i] as BufferArgument | undefined)?.written);
    return await Promise.all(outputs.map((output) => device.read(output as Buffer)));
  } finally {
    for (const buffer of buffers) device.release(buffer);
  }
}

/** GPUs may round a quotient, a root or a power of two to neighbouring numbers; what must be exact stays exact there. */
function boundsOf({ rtol, atol }: Tolerance): Tolerance {
  return testDevice === 'wasm' || rtol === 0 ? { rtol, atol } : { rtol: Math.max(rtol, 2e-6), atol };
}

/** A kernel is compiled anew for each size on WebGL2, by software here. */
const MOST_CASES = { wasm: Number.POSITIVE_INFINITY, webgpu: 40, webgl2: 5 } as const;

/** The arguments with float64 in the place of float32, and values that float32 cannot hold; undefined where no float32 is. */
function doubled(args: readonly unknown[]): unknown[] | undefined {
  const isSingle = (argument: unknown): argument is BufferArgument =>
    argument instanceof BufferArgument && argument.dtype === 'float32';
  if (!args.some(isSingle)) return undefined;
  return args.map((argument) => {
    if (argument === 'float32') return 'float64'; // what a cast is to
    if (!isSingle(argument)) return argument;
    const values = Float64Array.from(argument.values, (x) => x * (1 + 2 ** -40));
    return new BufferArgument('float64', values, argument.written);
  });
}

/**
 * Checks `kernel` on the `wasm` device with float64 buffers in the place of float32 ones, in `cases` cases that have some:
 * within tolerance of the oracle, by default equal to it, and bit-equal between one and two threads.
 */
export async function conformDoubles(
  kernel: KernelName,
  generate: (random: Generator) => unknown[],
  tolerance: Tolerance = { rtol: 0, atol: 0 },
  cases = 120,
): Promise<void> {
  const oracle = createJsDevice();
  const devices = await wasmForms();
  for (let seed = 1, done = 0; done < cases && seed <= 10 * cases; seed++) {
    const args = doubled(generate(new Generator(seed)));
    if (args === undefined) continue;
    done += 1;
    const expected = await run(oracle, kernel, args, false);
    let before: TypedArray[] = [];
    for (const [d, { device, label }] of devices.entries()) {
      const outputs = await run(device, kernel, args, false);
      outputs.forEach((actual, i) => {
        const place = `${kernel} of float64, seed ${seed}, output ${i}, ${label}`;
        const bounds = actual instanceof Float64Array ? tolerance : { rtol: 0, atol: 0 };
        assertClose(actual, expected[i] as TypedArray, bounds, place);
        if (d % 2 === 1) assertSameBits(actual, before[i] as TypedArray, place);
      });
      before = outputs;
    }
  }
}

/** Cases of each kernel that run with float64 as well: most run the oracle's code then. */
const DOUBLE_CASES = 2;

/** The product sums in another order than the oracle. */
const doubleProducts: Tolerance = { rtol: 1e-12, atol: 1e-10 };

/**
 * Checks `kernel` on `cases` random argument lists: float outputs within tolerance of the float64 oracle, others
 * equal, and all outputs bit-equal (NaN to any NaN) between one and two threads. On `wasm` `doubles` cases once more, with
 * float64. Nothing may be left allocated.
 */
export async function conform(
  kernel: KernelName,
  generate: (random: Generator) => unknown[],
  tolerance: Tolerance = { rtol: 1e-5, atol: 1e-6 },
  cases = 120,
  doubles: number = DOUBLE_CASES,
): Promise<void> {
  const oracle = createJsDevice();
  const devices = await formsUnderTest();
  const blocks = devices.map(({ device }) => device.memory().buffers);
  for (let seed = 1; seed <= Math.min(cases, MOST_CASES[testDevice]); seed++) {
    const args = generate(new Generator(seed));
    const expected = await run(oracle, kernel, args, true);
    const results: TypedArray[][] = [];
    for (const { device } of devices) results.push(await run(device, kernel, args, false));
    results.forEach((outputs, d) => {
      outputs.forEach((actual, i) => {
        const label = `${kernel}, seed ${seed}, output ${i}, ${devices[d]?.label}`;
        const exact = !(actual instanceof Float32Array);
        assertClose(actual, expected[i] as TypedArray, exact ? { rtol: 0, atol: 0 } : boundsOf(tolerance), label);
        if (d % 2 === 1) assertSameBits(actual, results[d - 1]?.[i] as TypedArray, label);
      });
    });
  }
  if (testDevice === 'wasm') {
    await conformDoubles(kernel, generate, kernel === 'matmul' ? doubleProducts : undefined, Math.min(cases, doubles));
  }
  devices.forEach(({ device, label }, d) => {
    if (device.memory().buffers !== blocks[d]) throw new Error(`${kernel}, ${label}: scratch left allocated`);
  });
}

/** NaN may differ in its sign and payload: WebAssembly leaves these bits to the engine, and the tiers of V8 do differ. */
function assertSameBits(actual: TypedArray, expected: TypedArray, label: string): void {
  const words = (values: TypedArray): TypedArray =>
    values instanceof Float32Array ? new Int32Array(values.buffer, values.byteOffset, values.length) : values;
  const a = words(actual);
  const b = words(expected);
  const at = a.findIndex(
    (word, i) => word !== b[i] && !(Number.isNaN(actual[i] as number) && Number.isNaN(expected[i] as number)),
  );
  if (at >= 0) throw new Error(`${label}: not the same bits as one thread, from element ${at}`);
}
