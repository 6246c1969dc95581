/** Random access to a safetensors file: one tensor at a time, of files larger than memory too. */
import { DisposedError, OptionError } from '@saccade/kernels';
import { tensor } from '../create.js';
import type { Tensor } from '../tensor.js';
import type { FileSource, OpenOptions } from './byte-source.js';
import { convertStored, type ReadOptions } from './convert-stored.js';
import { openSource } from './open-source.js';
import type { SafetensorsEntry } from './safetensors-entries.js';
import {
  parseSafetensorsHeader,
  readHeaderLength,
  type SafetensorsHeader,
  type SafetensorsInfo,
  safetensorsPrefixBytes,
} from './safetensors-header.js';
import { type StoredArray, viewStored } from './stored.js';

/** An open safetensors file. */
export interface SafetensorsFile {
  /** Names of the tensors in the order of the header. */
  readonly names: readonly string[];
  /** The texts under `__metadata__`; an object without prototype, empty if the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Dtype in the file, shape and byte range of one tensor.
   *
   * @throws {OptionError} if the file has no such tensor
   */
  info(name: string): SafetensorsInfo;
  /**
   * Reads one tensor and leaves the rest of the file alone.
   *
   * @throws {OptionError} if the file has no such tensor
   * @throws {FormatError} if a value does not fit the dtype
   * @throws {DisposedError} after `close`
   */
  read(name: string, options?: ReadOptions): Promise<Tensor>;
  /** As `read`, but the elements as the file stores them. */
  readStored(name: string): Promise<StoredArray>;
  /**
   * All tensors as they are, to be changed and passed to {@link saveSafetensors} and its like: what is still in there is
   * copied byte for byte, when its turn comes. A new Map each time, in the order of the header.
   */
  entries(): Map<string, SafetensorsEntry>;
  /** Closes the file. Calling it again does nothing. */
  close(): Promise<void>;
  /** `await using file = await openSafetensors(path)` closes it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void>;
}

const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as never);

/** @internal A file with what follows from the rest of it. */
export function completeFile(file: Omit<SafetensorsFile, 'entries' | typeof Symbol.asyncDispose>): SafetensorsFile {
  const entry = (name: string): SafetensorsEntry => {
    const { dtype, shape } = file.info(name);
    return { dtype, shape, read: () => file.readStored(name) };
  };
  return { ...file, entries: () => new Map(file.names.map((name) => [name, entry(name)])), [asyncDispose]: file.close };
}

/** @internal What is found under a name. @throws {OptionError} with some of the names that there are */
export function findTensor<T>(tensors: ReadonlyMap<string, T>, name: string, label: string): T {
  const found = tensors.get(name);
  if (found !== undefined) return found;
  const some = [...tensors.keys()].slice(0, 5).map((known) => JSON.stringify(known));
  const more = tensors.size > some.length ? ', …' : '';
  throw new OptionError(
    `${label}: no tensor ${JSON.stringify(name)}; the file has ${tensors.size} (${some.join(', ')}${more})`,
  );
}

/** @internal As {@link openSafetensors}, under the name that errors are to begin with. */
export async function openNamed(source: FileSource, options: OpenOptions, what: string): Promise<SafetensorsFile> {
  const bytes = await openSource(source, options, what);
  let start = safetensorsPrefixBytes;
  let header: SafetensorsHeader;
  try {
    const prefix = await bytes.read(0, Math.min(start, bytes.size));
    start += readHeaderLength(prefix, bytes.size, bytes.label);
    header = parseSafetensorsHeader(await bytes.read(safetensorsPrefixBytes, start), bytes.size - start, bytes.label);
  } catch (error) {
    await bytes.close();
    throw error;
  }
  let closed = false;

  const info = (name: string): SafetensorsInfo => findTensor(header.tensors, name, bytes.label);

  async function readStored(name: string): Promise<StoredArray> {
    const { dtype, shape, offsets } = info(name);
    if (closed) throw new DisposedError(`${bytes.label}: read of ${JSON.stringify(name)} after close`);
    const data = viewStored(await bytes.read(start + offsets[0], start + offsets[1]), dtype);
    return { dtype, shape, data };
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await bytes.close();
  }

  return completeFile({
    names: [...header.tensors.keys()],
    metadata: header.metadata,
    info,
    readStored,
    async read(name, readOptions = {}) {
      const stored = await readStored(name);
      const { dtype, values } = convertStored(stored, readOptions, `${bytes.label}: tensor ${JSON.stringify(name)}`);
      return tensor(values, { shape: stored.shape, dtype, device: readOptions.device });
    },
    close,
  });
}

/**
 * Opens a safetensors file and reads its header, nothing else.
 *
 * @param source a path (in Node), a URL object (http and https by range requests), a File or Blob, or bytes
 * @throws {FormatError} if the header breaks any rule of the format
 * @throws {OptionError} if the source is of no known kind
 * @throws {SaccadeError} with code `io` if the file cannot be read
 */
export function openSafetensors(source: FileSource, options: OpenOptions = {}): Promise<SafetensorsFile> {
  return openNamed(source, options, 'openSafetensors');
}
