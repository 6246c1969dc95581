/** gpu.js, with our own declarations of the little that we use of it; its own are wrong in places. */
// biome-ignore-all assist/source/organizeImports: what keeps the page's globals must come before what takes them.
import { restoreGlobal } from './native-global.js';
// Its browser build is a script: it brings no native module, and its parser with it.
// @ts-expect-error: nobody declares this file.
import library from 'gpu.js/dist/gpu-browser.min.js';

/** Where a kernel's values lie on the GPU, as gpu.js hands it about. */
export interface Handle {
  readonly output: number[];
}

/** The translated kernel. What is optional belongs to one of the two back ends. */
export interface Kernel {
  build(...args: unknown[]): Promise<void> | undefined;
  run(...args: unknown[]): Promise<unknown> | undefined;
  destroy(removeCanvasReferences?: boolean): void;
  setOutput(output: number[]): void;
  readonly built: boolean;
  /** WebGPU: the buffer that the next run writes. */
  outputBuffer?: GPUBufferLike | null;
  bindGroupDirty?: boolean;
  /** WebGL2: the texture that the next run draws into, its size, and whether it has to be attached anew. */
  texture?: TextureHandle | null;
  readonly texSize?: Int32Array;
  _textureSwitched?: boolean | null;
}

export interface KernelSettings {
  readonly output: number[];
  readonly pipeline: boolean;
  readonly dynamicOutput?: boolean;
  readonly dynamicArguments?: boolean;
  readonly loopMaxIterations: number;
  readonly argumentTypes?: readonly string[];
  readonly constants?: Readonly<Record<string, number>>;
  readonly precision?: 'single';
  readonly tactic?: 'precision';
  readonly fixIntegerDivisionAccuracy?: boolean;
  readonly strictIntegers?: boolean;
  readonly optimizeFloatMemory?: boolean;
}

export interface FunctionSettings {
  readonly name: string;
  readonly argumentTypes: readonly string[];
  readonly returnType: string;
}

/** Both types must be given: gpu.js reads them from the source in GLSL only. */
export interface NativeSettings {
  readonly argumentTypes: Readonly<Record<string, string>>;
  readonly returnType: string;
}

/** One instance of gpu.js. */
export interface Gpu {
  createKernel(source: string, settings: KernelSettings): ((...args: unknown[]) => unknown) & { kernel: Kernel };
  addFunction(source: string, settings: FunctionSettings): void;
  addNativeFunction(name: string, source: string, settings: NativeSettings): void;
  /** Text before the functions of every shader; WebGL2 only. */
  injectNative(source: string): void;
  destroy(): Promise<void>;
}

/** The part of a WebGPU buffer that is used here. */
export interface GPUBufferLike {
  readonly size: number;
  _refs?: number;
  destroy(): void;
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
}

/** The part of a WebGPU device that is used here. */
export interface GPUDeviceLike {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  readonly limits: { readonly maxStorageBufferBindingSize: number; readonly maxBufferSize: number };
  readonly queue: {
    writeBuffer(buffer: GPUBufferLike, offset: number, data: ArrayBufferView): void;
    submit(commands: unknown[]): void;
  };
  addEventListener(type: 'uncapturederror', listener: (event: { readonly error: Error }) => void): void;
  createBuffer(descriptor: { size: number; usage: number }): GPUBufferLike;
  createCommandEncoder(): {
    copyBufferToBuffer(from: GPUBufferLike, fromAt: number, to: GPUBufferLike, toAt: number, bytes: number): void;
    finish(): unknown;
  };
  destroy(): void;
}

/** What gpu.js keeps of a WebGPU device. */
export interface WebGpuContext {
  readonly adapter: { readonly info?: AdapterInfo };
  readonly device: GPUDeviceLike;
  readonly isLost: boolean;
}

/** How a WebGPU adapter names itself. */
export interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

export interface BufferHandle extends Handle {
  readonly buffer: GPUBufferLike;
  readonly context: WebGpuContext;
}

export interface TextureHandle extends Handle {
  /** How kernels read it: one value at a time, or the four of a texel. */
  type: string;
  readonly texture: WebGLTexture & { _refs?: number };
  readonly size: Int32Array;
}

interface Library {
  new (settings: { mode: 'webgpu' | 'webgl2'; canvas?: unknown; context?: unknown }): Gpu;
  readonly WebGPUContext: { acquire(): Promise<WebGpuContext>; destroy(): Promise<void> };
  readonly WebGPUBufferResult: new (settings: {
    buffer: GPUBufferLike;
    output: number[];
    componentCount: 1;
    context: WebGpuContext;
    kernel: unknown;
  }) => BufferHandle;
}

/** gpu.js. Loading it leaves the page's globals as they were. */
export const GpuJs = library as unknown as Library;
restoreGlobal();
