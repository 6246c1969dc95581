/** What every operation is written with: buffers in, a new tensor out, element types that meet. */
import { type Buffer, type Device, DeviceError, type DType } from '@saccade/kernels';
import { type Shape, sizeOf } from './shape.js';
import { currentScope } from './state.js';
import { Storage, storageOf, Tensor } from './tensor.js';

/** A new tensor with undefined contents, for a kernel to write. */
export function empty<S extends Shape>(device: Device, dtype: DType, shape: S): Tensor<S> {
  return new Tensor(new Storage(device, device.allocate(dtype, sizeOf(shape))), shape, dtype);
}

/** The memory behind a tensor, for a kernel to read or write; `op` names the operation in errors. @throws {DisposedError} @throws {DTypeError} for what is no tensor */
export function bufferOf(op: string, t: Tensor<Shape>): Buffer {
  return storageOf(op, t).buffer;
}

/** The one device of all operands. @throws {DeviceError} if they live on different ones. @throws {DisposedError} */
export function deviceOf(op: string, first: Tensor<Shape>, ...others: Tensor<Shape>[]): Device {
  const { device } = storageOf(op, first);
  for (const other of others) requireOn(op, device, other);
  return device;
}

/** @throws {DeviceError} unless the tensor lives on `device`. @throws {DisposedError} */
export function requireOn(op: string, device: Device, t: Tensor<Shape>): void {
  const place = storageOf(op, t).device;
  if (place !== device) {
    throw new DeviceError(
      `${op}: tensors live on different devices, '${device.name}' and ${place.name === device.name ? 'another ' : ''}'${place.name}'; ` +
        'move one with tensor(await t.data(), { shape: t.shape })',
    );
  }
}

/** Another tensor over the same memory. */
export function alias<S extends Shape>(op: string, t: Tensor<Shape>, shape: S): Tensor<S> {
  return new Tensor(storageOf(op, t), shape, t.dtype);
}

const ranks: Record<DType, number> = { bool: 0, uint8: 1, int32: 2, float32: 3, float64: 4 };

/** A tensor that came from outside the current scope needs an identity of its own on the tape. */
export function fresh(op: string, value: Tensor): Tensor {
  return value.scope === currentScope() ? value : alias(op, value, value.shape);
}

/** Frees what an operation made on its way, unless it is what it was given, or a tape needs it. */
export function drop(temporary: Tensor<Shape> | number, given?: Tensor<Shape> | number): void {
  if (temporary !== given && typeof temporary !== 'number') temporary.dispose();
}

/** Runs what may refuse its input while it fills `y`, which nobody gets and is freed then. */
export function orFree<R>(y: Tensor<Shape>, kernel: () => R): R {
  try {
    return kernel();
  } catch (error) {
    y.dispose();
    throw error;
  }
}

/** The wider of two element types: bool, uint8, int32, float32, float64. */
export function promote(a: DType, b: DType): DType {
  return a === b || ranks[a] >= ranks[b] ? a : b;
}
