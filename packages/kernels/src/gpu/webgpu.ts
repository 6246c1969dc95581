/** WebGPU through gpu.js: compute shaders over buffers. One kernel serves all sizes. */
import { DeviceError, OutOfMemoryError } from '../errors.js';
import { type Backend, isSoftware, outputLength, type Program, type Storage } from './backend.js';
import { type BufferHandle, type GPUBufferLike, type Gpu, GpuJs, type Kernel, type WebGpuContext } from './gpu-js.js';
import { Pool } from './pool.js';
import { addHelpers, sourceOf } from './source.js';

// The standard fixes these numbers; their names exist only where WebGPU does.
const STORAGE = 0x80;
const COPY_SRC = 0x04;
const COPY_DST = 0x08;
const MAP_READ = 0x01;

/** A dispatch has at most 65535 groups of 8 threads along the first two axes, of 1 along the third. */
const AXIS_LIMITS = [65535 * 8, 65535 * 8, 65535];

class WebGpuStorage implements Storage {
  readonly length: number;
  readonly buffer: GPUBufferLike;
  readonly handle: BufferHandle;

  constructor(length: number, buffer: GPUBufferLike, context: WebGpuContext) {
    this.length = length;
    this.buffer = buffer;
    this.handle = new GpuJs.WebGPUBufferResult({ buffer, output: [length], componentCount: 1, context, kernel: null });
  }
}

/** Sizes in bytes that buffers come in: four to each doubling, so that freed ones fit others. */
function blockSize(bytes: number): number {
  const step = Math.max(256, 2 ** Math.floor(Math.log2(Math.max(bytes, 1)) - 2));
  return Math.ceil(Math.max(bytes, 1) / step) * step;
}

/** Whether most threads of the groups of 8 by 8 would lie outside the grid. */
function isThin([x = 1, y = 1]: readonly number[]): boolean {
  return Math.ceil(x / 8) * Math.ceil(y / 8) * 64 > 2 * x * y;
}

/** A grid that one dispatch can have: as it is, or flat where an axis is too long or too short. */
function dispatchOf(grid: readonly number[]): { readonly output: number[]; readonly flat: boolean } {
  const fits = grid.every((size, axis) => size <= (AXIS_LIMITS[axis] as number));
  if (grid.length === 1 || (fits && !isThin(grid))) {
    return { output: [...grid], flat: false };
  }
  return { output: [grid.reduce((product, size) => product * size, 1)], flat: true };
}

const NATIVE_PLACES = ['this.thread.x', 'this.thread.y', 'this.thread.z'];
const FLAT_PLACES = [
  'remainder(this.thread.x, gridX)',
  'remainder(quotient(this.thread.x, gridX), gridY)',
  'quotient(quotient(this.thread.x, gridX), gridY)',
];

const isMemoryError = (error: Error): boolean => error.constructor.name === 'GPUOutOfMemoryError';

/** Backends that use the page's one WebGPU device, which gpu.js shares among all. */
let users = 0;

class WebGpuBackend implements Backend {
  readonly name = 'webgpu';
  readonly readsFour = false;
  readonly adapter: string;
  readonly software: boolean;
  readonly lost: Promise<string>;
  readonly #context: WebGpuContext;
  /** Largest buffer, in bytes. */
  readonly #largest: number;
  readonly #pool = new Pool<GPUBufferLike>((buffer) => buffer.destroy());
  readonly #gpu: Gpu;
  readonly #kernels = new Map<string, Kernel>();
  #failure: Error | undefined;
  /** Whether something was asked of the GPU since the last values came from it: else errors are those of others. */
  #waits = false;

  constructor(context: WebGpuContext) {
    users += 1;
    this.#context = context;
    context.device.addEventListener('uncapturederror', ({ error }) => {
      if (!this.#waits) return;
      this.#failure ??= isMemoryError(error)
        ? new OutOfMemoryError(`out of memory: webgpu: ${error.message}`, 0, this.#pool.reserved)
        : new DeviceError(`webgpu: ${error.message}`, { cause: error });
    });
    const info = context.adapter.info ?? {};
    this.adapter = [info.vendor, info.architecture, info.description].filter(Boolean).join(' ') || 'unnamed GPU';
    this.software = info.isFallbackAdapter === true || isSoftware(this.adapter);
    this.lost = context.device.lost.then(({ message, reason }) => message || reason);
    const { maxStorageBufferBindingSize, maxBufferSize } = context.device.limits;
    this.#largest = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    this.#gpu = new GpuJs({ mode: 'webgpu' });
    addHelpers(this.#gpu, 'wgsl');
  }

  async takeFailure(): Promise<Error | undefined> {
    const failure = this.#failure;
    // One cause makes several errors, one upon the other.
    if (failure) await new Promise((later) => setTimeout(later, 0));
    this.#waits = false;
    this.#failure = undefined;
    return failure;
  }

  #storage(length: number): WebGpuStorage {
    this.#waits = true;
    const size = blockSize(length * 4);
    if (size > this.#largest) {
      throw new OutOfMemoryError(
        `out of memory: webgpu: asked for ${length * 4} bytes, this GPU has at most ${this.#largest} in one buffer`,
        length * 4,
        this.#pool.reserved,
      );
    }
    const { device } = this.#context;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffer = this.#pool.take(size, size, () => device.createBuffer({ size, usage }));
    return new WebGpuStorage(length, buffer, this.#context);
  }

  upload(values: Float32Array): Storage {
    const storage = this.#storage(values.length);
    this.#context.device.queue.writeBuffer(storage.buffer, 0, values);
    return storage;
  }

  async read(storage: Storage): Promise<Float32Array> {
    const { device } = this.#context;
    const { buffer } = storage as WebGpuStorage;
    const bytes = storage.length * 4;
    const staging = device.createBuffer({ size: Math.max(bytes, 4), usage: MAP_READ | COPY_DST });
    try {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(MAP_READ);
      return new Float32Array(staging.getMappedRange().slice(0, bytes));
    } finally {
      staging.destroy();
    }
  }

  #kernel(program: Program, inputs: readonly string[], output: number[], flat: boolean): Kernel {
    const key = `${program.name} ${output.length} ${flat}`;
    const known = this.#kernels.get(key);
    if (known) return known;
    const sizes = [...Object.keys(program.sizes), ...(flat ? ['gridX', 'gridY'] : [])];
    const numbers = Object.keys(program.numbers);
    const source = sourceOf(
      program,
      [...inputs, ...sizes, ...numbers],
      flat ? FLAT_PLACES : NATIVE_PLACES,
      (name) => name,
    );
    const { kernel } = this.#gpu.createKernel(source, {
      output,
      pipeline: true,
      dynamicOutput: true,
      dynamicArguments: true,
      // gpu.js stops loops whose end it does not know after so many steps, silently.
      loopMaxIterations: 2 ** 31 - 1,
      argumentTypes: [
        ...inputs.map(() => 'WebGPUBuffer'),
        ...sizes.map(() => 'Integer'),
        ...numbers.map(() => 'Float'),
      ],
    });
    this.#kernels.set(key, kernel);
    return kernel;
  }

  run(program: Program, inputs: Readonly<Record<string, Storage>>): Storage | Promise<Storage> {
    const { output, flat } = dispatchOf(program.grid);
    const kernel = this.#kernel(program, Object.keys(inputs), output, flat);
    const args = [
      ...Object.values(inputs).map((storage) => (storage as WebGpuStorage).handle),
      ...Object.values(program.sizes),
      ...(flat ? [program.grid[0], program.grid[1]] : []),
      ...Object.values(program.numbers),
    ];
    const submit = (): Storage => {
      const storage = this.#storage(outputLength(program));
      kernel.setOutput(output);
      // The next run writes where we say; gpu.js counts who holds a buffer and must not count this one to nothing.
      storage.buffer._refs = 2;
      kernel.outputBuffer = storage.buffer;
      kernel.bindGroupDirty = true;
      void kernel.run(...args);
      kernel.outputBuffer = null;
      return storage;
    };
    if (kernel.built) return submit();
    return (kernel.build(...args) as Promise<void>).then(() => {
      kernel.outputBuffer?.destroy();
      return submit();
    });
  }

  release(storage: Storage): void {
    const { buffer } = storage as WebGpuStorage;
    this.#pool.give(buffer.size, buffer.size, buffer);
  }

  get reserved(): number {
    return this.#pool.reserved;
  }

  dispose(): void {
    void this.#gpu.destroy();
    this.#pool.destroy();
    users -= 1;
    if (users === 0) void GpuJs.WebGPUContext.destroy();
  }
}

/** Starts WebGPU. @throws {DeviceError} where there is none, or no adapter */
export async function startWebGpu(): Promise<Backend> {
  const { gpu } =
    (globalThis as { navigator?: { gpu?: { requestAdapter(): Promise<object | null> } } }).navigator ?? {};
  if (!gpu) throw new DeviceError('webgpu: this host has no WebGPU');
  if (!(await gpu.requestAdapter())) throw new DeviceError('webgpu: this host has WebGPU, but it finds no GPU');
  try {
    return new WebGpuBackend(await GpuJs.WebGPUContext.acquire());
  } catch (cause) {
    throw new DeviceError(`webgpu: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
