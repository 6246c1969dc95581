/** A finished ONNX file in pieces: most of them are views of the file that it was made of. */
import { nodeFiles, OptionError, quote, SaccadeError } from '@saccade/tensor';
import { lengthOf, type Pieces } from './model/protobuf.js';

/** @internal All bytes in one array. */
export function joinedPieces(pieces: Pieces): Uint8Array {
  const all = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

let counter = 0;

/** @internal Writes to a temporary name beside the path, and renames. @throws {SaccadeError} with code `io` @throws the signal's reason */
export async function writePieces(
  op: string,
  path: string,
  pieces: Pieces,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new OptionError(`${op}: expected a path, got ${quote(path)}`);
  }
  const files = nodeFiles(op);
  const temporary = `${path}.${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-${counter++}.tmp`;
  const fail = (cause: unknown): never => {
    throw new SaccadeError('io', `${op}: cannot write ${path} (${(cause as Error).message})`, { cause });
  };
  const file = await files.open(temporary, 'wx').catch(fail);
  try {
    try {
      for (const piece of batches(pieces)) {
        signal?.throwIfAborted();
        for (let done = 0; done < piece.length; ) {
          done += (await file.write(piece, done, piece.length - done, null).catch(fail)).bytesWritten;
        }
      }
      await file.sync().catch(fail);
    } finally {
      await file.close();
    }
    await files.rename(temporary, path).catch(fail);
  } catch (error) {
    await files.unlink(temporary).catch(() => {});
    throw error;
  }
}

/** A graph has many pieces of a few bytes: joined, they take few calls. */
const BATCH = 2 ** 20;

function* batches(pieces: Pieces): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length + piece.length > BATCH) {
      if (length > 0) yield joinedPieces(waiting);
      [waiting, length] = [[], 0];
    }
    if (piece.length > BATCH) yield piece;
    else {
      waiting.push(piece);
      length += piece.length;
    }
  }
  if (length > 0) yield joinedPieces(waiting);
}
