/** A finished ONNX file in pieces: most of them are views of the file that it was made of. */
import { OptionError, quote, writeFileAtomically } from '@saccade/tensor';
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

/** @internal Writes the file whole or not at all. @throws {SaccadeError} with code `io` @throws the signal's reason */
export async function writePieces(
  op: string,
  path: string,
  pieces: Pieces,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new OptionError(`${op}: expected a path, got ${quote(path)}`);
  }
  await writeFileAtomically(path, batches(pieces, signal), op);
}

/** A graph has many pieces of a few bytes: joined, they take few calls. */
const BATCH = 2 ** 20;

function* batches(pieces: Pieces, signal: AbortSignal | undefined): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    signal?.throwIfAborted();
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
