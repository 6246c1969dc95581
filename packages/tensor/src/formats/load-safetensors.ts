/** Reading a whole safetensors file into tensors. */
import { tensor } from '../create.js';
import type { Tensor } from '../tensor.js';
import type { FileSource, OpenOptions } from './byte-source.js';
import { convertStored, type ReadOptions } from './convert-stored.js';
import { readWhole } from './open-source.js';
import { decodeSafetensors } from './safetensors-bytes.js';

/** All tensors of a file and its texts. */
export interface LoadedSafetensors {
  /** The tensors by name, in the order of the header. */
  readonly tensors: Map<string, Tensor>;
  /** The texts under `__metadata__`; an object without prototype, empty if the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads all tensors of a safetensors file.
 *
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @param options `dtype` and `device` apply to every tensor of the file; see {@link ReadOptions}
 * @throws {FormatError} if the file breaks any rule of the format, or a value does not fit the dtype
 * @throws {OptionError} if the source is of no known kind
 * @throws {SaccadeError} with code `io` if the file cannot be read
 */
export async function loadSafetensors(
  source: FileSource,
  options: OpenOptions & ReadOptions = {},
): Promise<LoadedSafetensors> {
  const { bytes, label } = await readWhole(source, options, 'loadSafetensors');
  const { tensors: stored, metadata } = decodeSafetensors(bytes, label);
  // Two passes: a value that does not fit is found before any tensor takes memory.
  const converted = [...stored].map(([name, array]) => {
    const { dtype, values } = convertStored(array, options, `${label}: tensor ${JSON.stringify(name)}`);
    return { name, values, shape: array.shape, dtype };
  });
  const tensors = new Map<string, Tensor>();
  try {
    for (const { name, values, shape, dtype } of converted) {
      tensors.set(name, tensor(values, { shape, dtype, device: options.device }));
    }
  } catch (error) {
    for (const made of tensors.values()) made.dispose();
    throw error;
  }
  return { tensors, metadata };
}
