/** Tensors from and to NumPy .npy files. */
import { tensor } from '../create.js';
import type { Tensor } from '../tensor.js';
import { writeFileAtomically } from './atomic-file.js';
import type { FileSource, OpenOptions } from './byte-source.js';
import { convertStored, type ReadOptions } from './convert-stored.js';
import { decodeNpy, packNpy } from './npy-bytes.js';
import { readWhole } from './open-source.js';
import { checkWritable, storedDTypeOf } from './stored-dtype-of.js';

/**
 * Reads a .npy file into a tensor.
 *
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @param options `dtype` and `device` of the tensor; see {@link ReadOptions}
 * @throws {FormatError} if the file breaks any rule of the format, or a value does not fit the dtype
 * @throws {OptionError} if the source is of no known kind
 * @throws {SaccadeError} with code `io` if the file cannot be read
 */
export async function loadNpy(source: FileSource, options: OpenOptions & ReadOptions = {}): Promise<Tensor> {
  const { bytes, label } = await readWhole(source, options, 'loadNpy');
  const stored = decodeNpy(bytes, label);
  const { dtype, values } = convertStored(stored, options, label);
  return tensor(values, { shape: stored.shape, dtype, device: options.device });
}

/**
 * A tensor as the bytes of a .npy file, version 1.0, little endian, row-major.
 *
 * @throws {DisposedError} if the tensor has been disposed
 */
export async function encodeNpy(tensor: Tensor): Promise<Uint8Array> {
  checkWritable('encodeNpy', 'the argument', tensor);
  return packNpy({ dtype: storedDTypeOf(tensor.dtype), shape: tensor.shape, data: await tensor.data() });
}

/**
 * Writes a tensor as .npy file under a temporary name that is renamed at the end.
 *
 * @param path where to write, in Node; an existing file is replaced
 * @throws {DeviceError} where there are no files by path
 * @throws {SaccadeError} with code `io` if the file cannot be written
 */
export async function saveNpy(path: string, tensor: Tensor): Promise<void> {
  checkWritable('saveNpy', 'the second argument', tensor);
  await writeFileAtomically(path, [await encodeNpy(tensor)], 'saveNpy');
}
