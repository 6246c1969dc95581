/** From a path, a URL, a Blob or bytes to a source that can be read in pieces. */
import { FormatError, OptionError } from '@saccade/kernels';
import type { ByteSource, FileSource, OpenOptions } from './byte-source.js';
import { fetchWhole } from './fetch-whole.js';
import { openFileSource } from './file-source.js';
import { openHttpSource } from './http-source.js';

function memorySource(bytes: Uint8Array, label: string): ByteSource {
  return {
    label,
    size: bytes.length,
    read: async (begin, end) => bytes.subarray(begin, end),
    close: async () => {},
  };
}

function blobSource(blob: Blob, label: string): ByteSource {
  return {
    label,
    size: blob.size,
    async read(begin, end) {
      const bytes = new Uint8Array(await blob.slice(begin, end).arrayBuffer());
      if (bytes.length !== end - begin) {
        throw new FormatError(`${label}: expected ${end - begin} bytes at ${begin}, got ${bytes.length}`);
      }
      return bytes;
    },
    close: async () => {},
  };
}

function isBlob(source: unknown): source is Blob {
  return typeof Blob !== 'undefined' && source instanceof Blob;
}

function checkPath(path: string, what: string): void {
  if (path === '' || path.includes('\0')) throw new OptionError(`${what}: the path is empty or holds a NUL`);
  if (/^(https?|file|data|blob):/i.test(path)) {
    throw new OptionError(`${what}: a string is a path; for a web address pass new URL(${JSON.stringify(path)})`);
  }
}

/**
 * Opens a source for reading in pieces. An `http:` or `https:` source is read by range requests.
 *
 * @param what name of the operation, for errors
 * @throws {OptionError} if the source is of no known kind
 * @throws {SaccadeError} with code `io` if a server fails or ignores ranges, or a path is no regular file
 */
export async function openSource(source: FileSource, options: OpenOptions, what: string): Promise<ByteSource> {
  options.signal?.throwIfAborted();
  if (source instanceof Uint8Array) return memorySource(source, what);
  if (isBlob(source)) {
    const name = (source as { readonly name?: unknown }).name;
    return blobSource(source, typeof name === 'string' ? `${what}: ${name}` : what);
  }
  if (source instanceof URL) {
    if (source.protocol === 'file:') return openFileSource(source, what);
    if (/^https?:$/.test(source.protocol)) return openHttpSource(source, options, what);
    return memorySource(await fetchWhole(source, options, what), what);
  }
  if (typeof source === 'string') {
    checkPath(source, what);
    return openFileSource(source, what);
  }
  throw new OptionError(`${what}: expected a path, URL, Blob or Uint8Array, got ${typeof source}`);
}

/**
 * All bytes of a source. A web address is read by one plain request, so its server need not know ranges.
 *
 * @param most bytes that it may have
 * @returns the bytes and how an error names their source
 * @throws {FormatError} if there are more than `most` bytes
 */
export async function readWhole(
  source: FileSource,
  options: OpenOptions,
  what: string,
  most: number = Number.POSITIVE_INFINITY,
): Promise<{ readonly bytes: Uint8Array; readonly label: string }> {
  if (source instanceof URL && /^https?:$/.test(source.protocol)) {
    return { bytes: await fetchWhole(source, options, what, most), label: `${what}: ${source.href}` };
  }
  const open = await openSource(source, options, what);
  try {
    if (open.size > most) throw new FormatError(`${open.label}: has ${open.size} bytes, more than ${most}`);
    return { bytes: await open.read(0, open.size), label: open.label };
  } finally {
    await open.close();
  }
}
