/** What a device is: memory for buffers, and its implementation of the kernel table. */
import type { DType, TypedArray } from './dtype.js';
import type { KernelExtension } from './extension.js';
import type { KernelTable } from './table.js';

/** The devices that exist. */
export type DeviceName = 'js' | 'wasm' | 'webgpu' | 'webgl2';

/** A handle to `length` elements in a device's memory. What lies behind it is the device's own business. */
export interface Buffer {
  readonly dtype: DType;
  readonly length: number;
}

/** What was chosen, and why. */
export interface DeviceInfo {
  readonly name: DeviceName;
  /** Threads that share large kernels, the calling one included. */
  readonly threads: number;
  /** Instruction set: `'float64'`, `'simd128'`, `'relaxed-simd'`, or the GPU's name. */
  readonly arithmetic: string;
  /** Why this device and this form of it. */
  readonly reason: string;
}

/** Memory of a device, in bytes. */
export interface DeviceMemory {
  /** Buffers that live. */
  readonly buffers: number;
  /** Bytes in live buffers, rounded up to the blocks that hold them. */
  readonly inUse: number;
  /** Bytes taken from the host. */
  readonly reserved: number;
}

/** One kernel that ran elsewhere than on its device. */
export interface FallbackReport {
  /** Its name in the table, or `'<package>.<name>'` for one that a package brought along. */
  readonly kernel: string;
  /** How often since the device was made. */
  readonly calls: number;
  /** What did the work. */
  readonly ranOn: 'js' | 'wasm';
}

/** A place where tensors live and kernels run. */
export interface Device {
  readonly name: DeviceName;
  readonly info: DeviceInfo;
  /** The kernels, on this device's buffers. */
  readonly kernels: KernelTable<Buffer>;
  /** Kernels that a package brings along, on this device's buffers. They are made once. */
  extend<K extends object>(extension: KernelExtension<K>): K;
  /** Whether buffers of this element type can be made. */
  supports(dtype: DType): boolean;
  /** A buffer with undefined contents. @throws {OutOfMemoryError} @throws {DTypeError} */
  allocate(dtype: DType, length: number): Buffer;
  /** Gives the buffer's memory back. It must not be used again. */
  release(buffer: Buffer): void;
  /** Copies values of the buffer's own array type into it. */
  write(buffer: Buffer, values: TypedArray): void;
  /**
   * A copy of the contents: a new array, or `into`, so that a loop need not make one each time.
   * @throws {DTypeError} @throws {ShapeError} unless `into` is of the buffer's own array type and length
   */
  read(buffer: Buffer, into?: TypedArray): Promise<TypedArray>;
  /** The same at once, on devices whose memory the CPU sees; elsewhere undefined. */
  readonly readSync: ((buffer: Buffer, into?: TypedArray) => TypedArray) | undefined;
  memory(): DeviceMemory;
  /** Resolves when all that starts in the background runs, such as threads. Nothing needs to wait for it. @throws {DeviceError} */
  ready(): Promise<void>;
  /** Kernels that fell back to another device, and how often. */
  report(): FallbackReport[];
  /** Ends threads and frees the memory. */
  dispose(): void;
}
