/** Writing a file so that its name never holds half of it. */
import { SaccadeError } from '@saccade/kernels';
import { type NodeFile, nodeFiles } from './node-files.js';

/** Node writes at most 2 GiB at once; this is 1 GiB. */
const maxWriteBytes = 1_073_741_824;

let counter = 0;

async function writeAll(file: NodeFile, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(bytes.length - done, maxWriteBytes);
    done += (await file.write(bytes, done, length, null)).bytesWritten;
  }
}

type Pieces = Iterator<Uint8Array> | AsyncIterator<Uint8Array>;

/** Writes the next piece, in a call of its own, so that nothing holds it while the one after it is made. False at the end. */
async function writeNext(pieces: Pieces, write: (piece: Uint8Array) => Promise<void>): Promise<boolean> {
  const { done, value } = await pieces.next();
  if (!done) await write(value);
  return !done;
}

/**
 * Writes pieces to a temporary name beside the target, flushes them to the disk and renames. If anything fails the
 * temporary file is removed and a file that was there before is left as it was.
 *
 * @param path target, replaced if it exists
 * @param pieces the content in order; pulled one at a time, so only one need be in memory
 * @param what name of the operation, for errors
 * @throws {SaccadeError} with code `io` if the file cannot be created, written or renamed
 */
export async function writeFileAtomically(
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  what: string,
): Promise<void> {
  const files = nodeFiles(what);
  const unique = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-${counter++}`;
  const temporary = `${path}.${unique}.tmp`;
  const fail = (cause: unknown): never => {
    throw new SaccadeError('io', `${what}: cannot write ${path} (${(cause as Error).message})`, { cause });
  };
  const iterator: Pieces = Symbol.iterator in pieces ? pieces[Symbol.iterator]() : pieces[Symbol.asyncIterator]();
  const file = await files.open(temporary, 'wx').catch(fail);
  const write = (piece: Uint8Array): Promise<void> => writeAll(file, piece).catch(fail);
  try {
    try {
      while (await writeNext(iterator, write));
      await file.sync().catch(fail);
    } finally {
      await iterator.return?.();
      await file.close();
    }
    await files.rename(temporary, path).catch(fail);
  } catch (error) {
    await files.unlink(temporary).catch(() => {});
    throw error;
  }
}
