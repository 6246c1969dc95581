/** Where each tensor of a new safetensors file goes, and the header that says so. */
import { FormatError, OptionError } from '@saccade/kernels';
import { safetensorsPrefixBytes } from './safetensors-header.js';
import { countStored, type StoredDType, storedBytes } from './stored.js';

/** What the layout has to know about a tensor: nothing of its data. */
export interface LayoutItem {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
}

/** Options of every function that writes safetensors. */
export interface SafetensorsWriteOptions {
  /** Texts to store under `__metadata__`. Default: none. */
  readonly metadata?: Readonly<Record<string, string>> | ReadonlyMap<string, string> | undefined;
}

/** A file about to be written: the bytes of its beginning, then the tensors in order. */
export interface SafetensorsLayout<T extends LayoutItem> {
  /** Length and header, padded with spaces to a multiple of 8 so that all data are aligned. */
  readonly head: Uint8Array;
  readonly order: readonly T[];
  /** Size of the whole file. */
  readonly totalBytes: number;
}

function metadataJson(metadata: NonNullable<SafetensorsWriteOptions['metadata']>, what: string): string {
  const entries = metadata instanceof Map ? [...metadata] : Object.entries(metadata);
  const members = entries.map(([name, text]) => {
    if (typeof text !== 'string') {
      throw new OptionError(`${what}: metadata must be strings, got ${typeof text} for ${JSON.stringify(name)}`);
    }
    return `${JSON.stringify(name)}:${JSON.stringify(text)}`;
  });
  return `"__metadata__":{${members.join(',')}}`;
}

function ascending(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Lays out a safetensors file: the widest elements first, then by name, so that every tensor is aligned to its
 * elements and equal tensors give equal files.
 *
 * @param what how an error names the operation
 * @throws {OptionError} if a tensor is called `__metadata__` or metadata are no strings
 * @throws {FormatError} if a shape has a bad extent, or the file would have more than 2^53 - 1 bytes
 */
export function layoutSafetensors<T extends LayoutItem>(
  items: readonly T[],
  options: SafetensorsWriteOptions,
  what: string,
): SafetensorsLayout<T> {
  const order = [...items].sort((a, b) => storedBytes(b.dtype) - storedBytes(a.dtype) || ascending(a.name, b.name));
  const members = options.metadata === undefined ? [] : [metadataJson(options.metadata, what)];
  let position = 0;
  for (const { name, dtype, shape } of order) {
    if (name === '__metadata__') throw new OptionError(`${what}: a tensor cannot be called "__metadata__"`);
    const begin = position;
    position += countStored(shape, `${what}: tensor ${JSON.stringify(name)}`) * storedBytes(dtype);
    if (!Number.isSafeInteger(position)) throw new FormatError(`${what}: the file would have more than 2^53 - 1 bytes`);
    const info = `{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${position}]}`;
    members.push(`${JSON.stringify(name)}:${info}`);
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(safetensorsPrefixBytes + headerBytes).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerBytes), true);
  head.set(json, safetensorsPrefixBytes);
  return { head, order, totalBytes: head.length + position };
}
