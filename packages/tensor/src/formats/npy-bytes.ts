/** NumPy .npy files in memory, without tensors: bytes to a typed array and back. */
import { FormatError, OptionError } from '@saccade/kernels';
import { npyCode, parseNpyHeader } from './npy-header.js';
import {
  countStored,
  littleEndianBytes,
  type StoredArray,
  type StoredData,
  storedBytes,
  viewStored,
} from './stored.js';

/** Column-major elements in row-major order. */
function toRowMajor(data: StoredData, shape: readonly number[]): StoredData {
  const out = data.slice() as typeof data & Record<number, number | bigint>;
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape) {
    strides.push(stride);
    stride *= size;
  }
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    out[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
      from -= strides[axis]! * shape[axis]!;
    }
  }
  return out;
}

/**
 * Reads a .npy file that is in memory: versions 1.0 to 3.0, both byte orders, both axis orders.
 *
 * @param bytes the whole file
 * @param what how an error names the file
 * @returns the array in row-major order; a view of `bytes` where alignment and orders allow it
 * @throws {FormatError} if the file breaks any rule of the format or holds elements other than numbers and booleans
 */
export function decodeNpy(bytes: Uint8Array, what = 'decodeNpy'): StoredArray {
  if (!(bytes instanceof Uint8Array)) throw new OptionError(`${what}: expected a Uint8Array, got ${typeof bytes}`);
  const { dtype, littleEndian, fortranOrder, shape, dataStart } = parseNpyHeader(bytes, what);
  const [expected, there] = [countStored(shape, what) * storedBytes(dtype), bytes.length - dataStart];
  if (expected !== there) {
    throw new FormatError(
      `${what}: shape [${shape.join(', ')}] of ${dtype} needs ${expected} bytes, the file has ${there}`,
    );
  }
  const data = viewStored(bytes.subarray(dataStart), dtype, littleEndian);
  return { dtype, shape, data: fortranOrder && shape.length > 1 ? toRowMajor(data, shape) : data };
}

/**
 * Writes a stored array as .npy file in memory, version 1.0, little endian: the counterpart of {@link decodeNpy}.
 *
 * @throws {FormatError} if the array does not have as many elements as its shape
 * @throws {OptionError} for BF16, which NumPy does not know
 */
export function packNpy(array: StoredArray): Uint8Array {
  const { dtype, shape, data } = array;
  const count = countStored(shape, 'packNpy');
  if (count !== data.length) throw new FormatError(`packNpy: the shape needs ${count} elements, got ${data.length}`);
  const code = npyCode(dtype);
  if (code === undefined) throw new OptionError(`packNpy: NumPy has no type for ${dtype}`);
  const order = storedBytes(dtype) === 1 ? '|' : '<';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const dataStart = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const file = new Uint8Array(dataStart + data.byteLength);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(file.buffer).setUint16(8, dataStart - 10, true);
  file.set(new TextEncoder().encode(`${dict.padEnd(dataStart - 11)}\n`), 10);
  file.set(littleEndianBytes(data), dataStart);
  return file;
}
