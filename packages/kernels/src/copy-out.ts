/** Where values that are read go: into a new array, or into one that the caller brings along. */
import type { Buffer } from './device.js';
import { arrayName, copyArray, type TypedArray } from './dtype.js';
import { DTypeError, ShapeError } from './errors.js';

/** The name of a value's kind, whatever realm it comes from; Node's Buffer is a Uint8Array. */
function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

/** @throws {DTypeError} @throws {ShapeError} unless `into` is of the buffer's array type and length */
function requireFits(buffer: Buffer, into: TypedArray): void {
  const expected = arrayName(buffer.dtype);
  if (kindOf(into) !== expected) {
    throw new DTypeError(`read: ${buffer.dtype} is read into a ${expected}, got ${kindOf(into)}`);
  }
  if (into.length !== buffer.length) {
    throw new ShapeError(`read: into must have the buffer's ${buffer.length} elements, got ${into.length}`);
  }
}

/** A copy of `values`, the contents of `buffer`: in `into`, which is returned, if there is one. @throws as requireFits */
export function copyOut(buffer: Buffer, values: TypedArray, into: TypedArray | undefined): TypedArray {
  if (into === undefined) return copyArray(buffer.dtype, values);
  requireFits(buffer, into);
  into.set(values);
  return into;
}
