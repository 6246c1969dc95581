/** The `js` device: the oracle, and the fallback where WebAssembly is forbidden. */
import { copyOut } from '../copy-out.js';
import type { Buffer, Device } from '../device.js';
import { bytesPerElement, type DType, newArray, type TypedArray } from '../dtype.js';
import { DeviceError, OutOfMemoryError } from '../errors.js';
import { extender, type KernelExtension } from '../extension.js';
import { adapt, adaptJsKernels } from './adapt.js';

class JsBuffer implements Buffer {
  readonly dtype: DType;
  readonly array: TypedArray;

  constructor(dtype: DType, array: TypedArray) {
    this.dtype = dtype;
    this.array = array;
  }

  get length(): number {
    return this.array.length;
  }
}

function arrayOf(buffer: Buffer): TypedArray {
  if (buffer instanceof JsBuffer) return buffer.array;
  throw new DeviceError('js: this buffer belongs to another device');
}

function viewOf(argument: unknown): TypedArray | undefined {
  return argument instanceof JsBuffer ? argument.array : undefined;
}

function allocateArray(dtype: DType, length: number, inUse: number): TypedArray {
  try {
    return newArray(dtype, length);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const bytes = length * bytesPerElement(dtype);
    throw new OutOfMemoryError(`out of memory: js: asked for ${bytes} bytes with ${inUse} in use`, bytes, inUse);
  }
}

/** A new `js` device. @param reason goes into `device.info` */
export function createJsDevice(reason = 'asked for'): Device {
  let buffers = 0;
  let inUse = 0;
  const bytes = (buffer: Buffer): number => buffer.length * bytesPerElement(buffer.dtype);
  return {
    name: 'js',
    info: { name: 'js', threads: 1, arithmetic: 'float64', reason },
    kernels: adaptJsKernels<Buffer>(viewOf),
    extend: extender(<K extends object>({ js }: KernelExtension<K>): K => adapt<K>(js, viewOf)),
    supports: () => true,
    allocate(dtype, length) {
      const buffer = new JsBuffer(dtype, allocateArray(dtype, length, inUse));
      buffers += 1;
      inUse += bytes(buffer);
      return buffer;
    },
    release(buffer) {
      buffers -= 1;
      inUse -= bytes(buffer);
    },
    write: (buffer, values) => arrayOf(buffer).set(values),
    read: async (buffer, into) => copyOut(buffer, arrayOf(buffer), into),
    readSync: (buffer, into) => copyOut(buffer, arrayOf(buffer), into),
    memory: () => ({ buffers, inUse, reserved: inUse }),
    ready: async () => {},
    report: () => [],
    dispose: () => {},
  };
}
