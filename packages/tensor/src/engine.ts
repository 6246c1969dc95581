/** What every operation is written with: buffers in, a new tensor out, element types that meet. */
import { type Buffer, type Device, DeviceError, type DType, DTypeError, isFloat } from '@saccade/kernels';
import type { Shape } from './shape.js';
import { Storage, storageOf, Tensor } from './tensor.js';

/** A new tensor with undefined contents. */
export function empty<S extends Shape>(device: Device, dtype: DType, shape: S): Tensor<S> {
  let size = 1;
  for (const extent of shape) size *= extent;
  return new Tensor(new Storage(device, device.allocate(dtype, size)), shape, dtype);
}

/** The buffer to read. @throws {DisposedError} */
export function bufferOf(op: string, t: Tensor<Shape>): Buffer {
  return storageOf(op, t).buffer;
}

/** The one device of all operands. @throws {DeviceError} if they live on different ones. @throws {DisposedError} */
export function deviceOf(op: string, first: Tensor<Shape>, ...others: (Tensor<Shape> | undefined)[]): Device {
  const { device } = storageOf(op, first);
  for (const other of others) {
    if (other !== undefined && storageOf(op, other).device !== device) {
      throw new DeviceError(
        `${op}: tensors live on different devices, '${device.name}' and ` +
          `'${storageOf(op, other).device.name}'; move one with tensor(await t.data(), { shape: t.shape })`,
      );
    }
  }
  return device;
}

/** Another tensor over the same memory. */
export function alias<S extends Shape>(op: string, t: Tensor<Shape>, shape: S): Tensor<S> {
  return new Tensor(storageOf(op, t), shape, t.dtype);
}

const ranks: Record<DType, number> = { bool: 0, uint8: 1, int32: 2, float32: 3, float64: 4 };

/** The wider of two element types: bool, uint8, int32, float32, float64. */
export function promote(a: DType, b: DType): DType {
  return ranks[a] >= ranks[b] ? a : b;
}

/** @throws {DTypeError} unless the element type is float32 or float64. */
export function requireFloat(op: string, ...tensors: (Tensor<Shape> | undefined)[]): void {
  for (const t of tensors) {
    if (t !== undefined && !isFloat(t.dtype)) {
      throw new DTypeError(`${op}: expected float32 or float64, got ${t.dtype}; use cast(x, 'float32')`);
    }
  }
}

/** @throws {DTypeError} unless the element type is one of `allowed`. */
export function requireType(op: string, what: string, t: Tensor<Shape>, ...allowed: DType[]): void {
  if (!allowed.includes(t.dtype)) {
    throw new DTypeError(`${op}: ${what} must be ${allowed.join(' or ')}, got ${t.dtype}`);
  }
}

/** @throws {DTypeError} unless all have the first one's element type. */
export function requireSameType(op: string, first: Tensor<Shape>, ...others: (Tensor<Shape> | undefined)[]): void {
  for (const other of others) {
    if (other !== undefined && other.dtype !== first.dtype) {
      throw new DTypeError(`${op}: element types differ, ${first.dtype} and ${other.dtype}`);
    }
  }
}
