/** A file of which any piece can be read: by path in Node, a Blob, or bytes. */
import { FormatError, nodeFiles, OptionError, quote, SaccadeError } from '@saccade/tensor';

/** An open file. */
export interface RandomAccess {
  /** How an error names it. */
  readonly label: string;
  readonly size: number;
  /** The bytes [begin, end), which lie within the size. @throws {FormatError} if the file has become shorter */
  read(begin: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

async function openPath(op: string, path: string): Promise<RandomAccess> {
  const label = `${op}: ${path}`;
  const fail = (cause: Error): never => {
    throw new SaccadeError('io', `${label}: cannot be opened (${cause.message})`, { cause });
  };
  const file = await nodeFiles(op).open(path, 'r').catch(fail);
  const { size, isFile } = await file.stat().then((stat) => ({ size: stat.size, isFile: stat.isFile() }));
  if (!isFile) {
    await file.close();
    throw new SaccadeError('io', `${label}: is no regular file`);
  }
  return {
    label,
    size,
    async read(begin, end) {
      const bytes = new Uint8Array(end - begin);
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, begin + done);
        if (bytesRead === 0) throw new FormatError(`${label}: ends at byte ${begin + done}, had ${size} bytes before`);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}

/**
 * Opens a file for reading in pieces.
 *
 * @param source a path or `file:` URL (in Node), a File or Blob, or bytes
 * @throws {OptionError} for another source @throws {SaccadeError} with code `io` if the path cannot be opened
 */
export async function openRandomAccess(op: string, source: string | URL | Blob | Uint8Array): Promise<RandomAccess> {
  const close = async (): Promise<void> => {};
  if (source instanceof Uint8Array) {
    return { label: op, size: source.length, read: async (begin, end) => source.subarray(begin, end), close };
  }
  if (typeof Blob !== 'undefined' && source instanceof Blob) {
    const read = async (begin: number, end: number): Promise<Uint8Array> =>
      new Uint8Array(await source.slice(begin, end).arrayBuffer());
    const { name } = source as { readonly name?: string };
    return { label: name === undefined ? op : `${op}: ${name}`, size: source.size, read, close };
  }
  if (source instanceof URL && source.protocol === 'file:') return openPath(op, nodeFiles(op).pathOf(source));
  if (typeof source === 'string' && source !== '' && !source.includes('\0')) return openPath(op, source);
  throw new OptionError(`${op}: expected a path, file URL, Blob or Uint8Array, got ${quote(source)}`);
}
