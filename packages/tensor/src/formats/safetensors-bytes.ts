/** safetensors in memory, without tensors: bytes to typed arrays and back. */
import { OptionError } from '@saccade/kernels';
import { parseSafetensorsHeader, readHeaderLength, safetensorsPrefixBytes } from './safetensors-header.js';
import { layoutSafetensors, type SafetensorsWriteOptions } from './safetensors-layout.js';
import { checkStored, littleEndianBytes, type StoredArray, viewStored } from './stored.js';

/** A safetensors file taken apart. */
export interface DecodedSafetensors {
  /** The stored arrays by name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, StoredArray>;
  /** The texts under `__metadata__`; an object without prototype, empty if the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a safetensors file that is in memory. The arrays are views of `bytes` where alignment allows it.
 *
 * @param bytes the whole file
 * @param what how an error names the file
 * @throws {FormatError} if the file breaks any rule of the format; before anything of a stated size is allocated
 */
export function decodeSafetensors(bytes: Uint8Array, what = 'decodeSafetensors'): DecodedSafetensors {
  if (!(bytes instanceof Uint8Array)) throw new OptionError(`${what}: expected a Uint8Array, got ${typeof bytes}`);
  const start = safetensorsPrefixBytes + readHeaderLength(bytes, bytes.length, what);
  const header = parseSafetensorsHeader(bytes.subarray(safetensorsPrefixBytes, start), bytes.length - start, what);
  const tensors = new Map<string, StoredArray>();
  for (const [name, { dtype, shape, offsets }] of header.tensors) {
    const data = viewStored(bytes.subarray(start + offsets[0], start + offsets[1]), dtype);
    tensors.set(name, { dtype, shape, data });
  }
  return { tensors, metadata: header.metadata };
}

/**
 * Writes stored arrays as one safetensors file in memory: the counterpart of {@link decodeSafetensors}.
 *
 * @param tensors the arrays by name
 * @throws {FormatError} if an array does not have as many elements as its shape
 * @throws {OptionError} if an array is called `__metadata__`, has data of another type than its dtype, or metadata are no
 *   strings
 */
export function packSafetensors(
  tensors: ReadonlyMap<string, StoredArray>,
  options: SafetensorsWriteOptions = {},
): Uint8Array {
  const what = 'packSafetensors';
  const items = [...tensors].map(([name, array]) => ({ name, ...array }));
  for (const item of items) checkStored(item, `${what}: tensor ${JSON.stringify(item.name)}`);
  const { head, order, totalBytes } = layoutSafetensors(items, options, what);
  const file = new Uint8Array(totalBytes);
  file.set(head);
  let position = head.length;
  for (const { data } of order) {
    file.set(littleEndianBytes(data), position);
    position += data.byteLength;
  }
  return file;
}
