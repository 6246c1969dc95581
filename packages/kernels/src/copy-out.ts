/** Where values that are read go: into a new array, or into one that the caller brings along. */
import type { Buffer } from './device.js';
import { copyArray, type TypedArray } from './dtype.js';
import { ShapeError } from './errors.js';

/** The name of a value's kind, whatever realm it comes from; Node's Buffer is a Uint8Array. */
const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/** A copy of `values`, the contents of a buffer: in `into`, which is returned, if there is one. @throws {ShapeError} unless `into` is of their type and length */
export function copyOut({ dtype }: Buffer, values: TypedArray, into: TypedArray | undefined): TypedArray {
  if (into === undefined) return copyArray(dtype, values);
  const [expected, given] = [values, into].map((array) => `${kindOf(array)} of ${array?.length}`);
  if (given !== expected) throw new ShapeError(`read: into must be a ${expected}, got ${given}`);
  into.set(values);
  return into;
}
