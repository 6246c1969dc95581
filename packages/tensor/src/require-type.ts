/** Checks of element types: of tensors, of numbers that shall go into one, of what a device has. */
import { type Device, type DType, DTypeError, isFloat } from '@saccade/kernels';
import { quote } from './arguments.js';
import type { Shape } from './shape.js';
import { storageOf, type Tensor } from './tensor.js';

/** @throws {DTypeError} unless the element type is float32 or float64. */
export function requireFloat(op: string, ...tensors: (Tensor<Shape> | undefined)[]): void {
  for (const t of tensors) {
    if (t !== undefined && !isFloat(t.dtype)) {
      storageOf(op, t);
      throw new DTypeError(`${op}: expected float32 or float64, got ${t.dtype}; use cast(x, 'float32')`);
    }
  }
}

/** @throws {DTypeError} unless the element type is one of `allowed`. */
export function requireType(op: string, what: string, t: Tensor<Shape>, ...allowed: DType[]): void {
  if (!allowed.includes(t.dtype)) {
    storageOf(op, t);
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

/** @throws {DTypeError} for a number that a whole-number type cannot hold. */
export function requireHolds(op: string, dtype: DType, value: number): void {
  const holds =
    (isFloat(dtype) && typeof value === 'number') ||
    (dtype === 'int32'
      ? (value | 0) === value
      : Number.isInteger(value) && value >= 0 && value <= (dtype === 'bool' ? 1 : 255));
  if (!holds) throw new DTypeError(`${op}: ${quote(value)} is no ${dtype}`);
}

const known: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];

/** @throws {DTypeError} unless the element type exists, and on this device. */
export function requireSupport(op: string, device: Device, dtype: DType): void {
  if (!known.includes(dtype)) throw new DTypeError(`${op}: dtype must be one of ${known.join(', ')}, got ${dtype}`);
  if (!device.supports(dtype)) {
    throw new DTypeError(`${op}: the ${device.name} device has no ${dtype}; init({ device: 'wasm' }) has`);
  }
}
