/** The `js` device: the oracle, and the fallback where WebAssembly is forbidden. */
import type { Buffer, Device } from '../device.js';
import { bytesPerElement, type DType, newArray, type TypedArray } from '../dtype.js';
import { DeviceError } from '../errors.js';
import { adaptJsKernels } from './adapt.js';

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

/** A new `js` device. @param reason goes into `device.info` */
export function createJsDevice(reason = 'asked for'): Device {
  let buffers = 0;
  let inUse = 0;
  const bytes = (buffer: Buffer): number => buffer.length * bytesPerElement(buffer.dtype);
  return {
    name: 'js',
    info: { name: 'js', threads: 1, arithmetic: 'float64', reason },
    kernels: adaptJsKernels<Buffer>((argument) => (argument instanceof JsBuffer ? argument.array : undefined)),
    supports: () => true,
    allocate(dtype, length) {
      const buffer = new JsBuffer(dtype, newArray(dtype, length));
      buffers += 1;
      inUse += bytes(buffer);
      return buffer;
    },
    release(buffer) {
      buffers -= 1;
      inUse -= bytes(buffer);
    },
    write: (buffer, values) => arrayOf(buffer).set(values),
    read: async (buffer) => arrayOf(buffer).slice(),
    readSync: (buffer) => arrayOf(buffer).slice(),
    memory: () => ({ buffers, inUse, reserved: inUse }),
    report: () => [],
    dispose: () => {},
  };
}
