/** Element types as files store them, and an array of one of them with its shape: the byte layer of all formats. */
import { FormatError, OptionError } from '@saccade/kernels';
import { describe } from '../arguments.js';
import { show } from '../shape.js';

/** The typed array that holds each stored element type; F16 and BF16 are their 16 bits, BOOL is one byte. */
export interface StoredDataOf {
  readonly F64: Float64Array;
  readonly F32: Float32Array;
  readonly F16: Uint16Array;
  readonly BF16: Uint16Array;
  readonly I64: BigInt64Array;
  readonly U64: BigUint64Array;
  readonly I32: Int32Array;
  readonly U32: Uint32Array;
  readonly I16: Int16Array;
  readonly U16: Uint16Array;
  readonly I8: Int8Array;
  readonly U8: Uint8Array;
  readonly BOOL: Uint8Array;
}

/** An element type that files know, by its safetensors name. */
export type StoredDType = keyof StoredDataOf;

/** A typed array of any stored element type. */
export type StoredData = StoredDataOf[StoredDType];

const constructors = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** An array as a file stores it: row-major, in the byte order of this machine, not yet converted to a tensor's dtype. */
export interface StoredArray {
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly data: StoredData;
}

/** Dimensions that an array in a file may have (NumPy's own limit was 32 for decades). */
export const maxStoredRank = 32;

/** True if files may hold elements of this type. */
export function isStoredDType(name: string): name is StoredDType {
  return Object.hasOwn(constructors, name);
}

/** Bytes of one stored element. */
export function storedBytes(dtype: StoredDType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/**
 * The number of elements of a shape read from a file.
 *
 * @param what how an error names the array
 * @throws {FormatError} if a dimension is no non-negative safe integer, if there are more than 32, or if their product
 *   (zeros left out) is above 2^53 - 1
 */
export function countStored(shape: readonly number[], what: string): number {
  if (shape.length > maxStoredRank) {
    throw new FormatError(`${what}: at most ${maxStoredRank} dimensions, got ${shape.length}`);
  }
  let product = 1;
  let empty = false;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0 || Object.is(dimension, -0)) {
      throw new FormatError(`${what}: a dimension must be an integer in [0, 2^53 - 1], got ${dimension}`);
    }
    if (dimension === 0) empty = true;
    else product *= dimension;
    if (!Number.isSafeInteger(product)) {
      throw new FormatError(`${what}: shape [${shape.join(', ')}] has more than 2^53 - 1 elements`);
    }
  }
  return empty ? 0 : product;
}

/**
 * Checks an array that a caller passes.
 *
 * @param what how an error names the array
 * @throws {OptionError} if its dtype is unknown, its shape is no array, or its data are not the typed array of the dtype
 * @throws {FormatError} if it does not have as many elements as its shape
 */
export function checkStored(array: StoredArray, what: string): void {
  const { dtype, shape, data } = array;
  checkForm(dtype, shape, what);
  if (!(data instanceof constructors[dtype])) {
    throw new OptionError(`${what}: the data of ${dtype} must be a ${constructors[dtype].name}, got ${describe(data)}`);
  }
  const count = countStored(shape, what);
  if (count !== data.length)
    throw new FormatError(`${what}: ${show(shape)} needs ${count} elements, got ${data.length}`);
}

/**
 * Checks what a caller says of an array, its extents aside.
 *
 * @throws {OptionError} if the dtype is unknown or the shape is no array
 */
export function checkForm(dtype: StoredDType, shape: readonly number[], what: string): void {
  if (!isStoredDType(dtype)) {
    throw new OptionError(
      `${what}: dtype must be one of ${Object.keys(constructors).join(', ')}, got ${describe(dtype)}`,
    );
  }
  if (!Array.isArray(shape)) throw new OptionError(`${what}: shape must be an array, got ${describe(shape)}`);
}

/** True where this machine keeps the low byte first, as nearly all do. */
function isHostLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += width) {
    for (let i = 0; i < width; i++) out[start + i] = bytes[start + width - 1 - i]!;
  }
  return out;
}

/**
 * A file's bytes as typed array: a view of the same memory where alignment and byte order allow it, else a copy.
 *
 * @param bytes a whole number of elements
 * @param littleEndian byte order of the file
 */
export function viewStored(bytes: Uint8Array, dtype: StoredDType, littleEndian = true): StoredData {
  const width = storedBytes(dtype);
  // Not bytes.slice(): a Node Buffer answers that with a view, not a copy.
  let source = bytes;
  if (width > 1 && littleEndian !== isHostLittleEndian()) source = swapped(bytes, width);
  else if (source.byteOffset % width !== 0) source = new Uint8Array(bytes);
  return new constructors[dtype](source.buffer as ArrayBuffer, source.byteOffset, source.byteLength / width);
}

/** The bytes of stored elements, low byte first as files want them: a view, or a copy on a big-endian machine. */
export function littleEndianBytes(data: ArrayBufferView & { readonly BYTES_PER_ELEMENT: number }): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return isHostLittleEndian() || data.BYTES_PER_ELEMENT === 1 ? bytes : swapped(bytes, data.BYTES_PER_ELEMENT);
}
