/** Reading a file from front to back, wherever it lies, in pieces, decompressed if it is gzip. */
import {
  checkOptions,
  type FileSource,
  nodeFiles,
  type OpenOptions,
  OptionError,
  quote,
  SaccadeError,
} from '@saccade/tensor';
import { decompress } from './decompress.js';
import { joined } from './joined.js';

type Chunks = AsyncGenerator<Uint8Array, void, undefined>;

/** A file that can be read once, from front to back. */
export interface ByteStream {
  /** How an error names the file, with the operation in front. */
  readonly label: string;
  /** The bytes in pieces of at most 256 KiB. Nothing is opened before the first is asked for; stopping early closes. */
  readonly stream: AsyncIterable<Uint8Array>;
}

/** Options of {@link byteStream}. */
export interface ByteStreamOptions extends OpenOptions {
  /** Name of the operation, for errors. Default: byteStream. */
  readonly what?: string | undefined;
}

const chunkBytes = 262_144;

function ioError(label: string, problem: string, cause?: unknown): SaccadeError {
  const reason = cause === undefined ? '' : ` (${(cause as Error).message})`;
  return new SaccadeError('io', `${label}: ${problem}${reason}`, { cause });
}

async function* fileChunks(path: string, label: string, what: string): Chunks {
  const fail = (problem: string) => (cause: unknown) => {
    throw ioError(label, problem, cause);
  };
  const file = await nodeFiles(what).open(path, 'r').catch(fail('cannot be opened'));
  try {
    for (;;) {
      const chunk = new Uint8Array(chunkBytes);
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, null).catch(fail('cannot be read'));
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* bodyChunks(body: ReadableStream<Uint8Array>, label: string, signal?: AbortSignal): Chunks {
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } catch (cause) {
    signal?.throwIfAborted();
    throw ioError(label, 'reading broke off', cause);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function* urlChunks(url: URL, label: string, signal?: AbortSignal): Chunks {
  const response = await fetch(url, { signal: signal ?? null }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw ioError(label, 'request failed', cause);
  });
  if (!response.ok) {
    await response.body?.cancel().catch(() => {});
    throw ioError(label, `the server answered ${response.status} ${response.statusText}`);
  }
  if (response.body !== null) yield* bodyChunks(response.body, label, signal);
}

async function* oneChunk(bytes: Uint8Array): Chunks {
  yield bytes;
}

/** Pieces of bounded size, none empty; looks at the signal before each. */
async function* bounded(chunks: Chunks, signal?: AbortSignal): Chunks {
  signal?.throwIfAborted();
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += chunkBytes) {
      signal?.throwIfAborted();
      yield chunk.subarray(start, start + chunkBytes);
    }
  }
}

async function* prefixed(head: Uint8Array, rest: Chunks): Chunks {
  try {
    if (head.length > 0) yield head;
    yield* rest;
  } finally {
    await rest.return();
  }
}

/** The content: what the file holds, or what its gzip holds if it begins with the two bytes of that format. */
async function* unpacked(chunks: Chunks, label: string): Chunks {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    head = joined(head, next.value);
  }
  const whole = prefixed(head, chunks);
  yield* head[0] === 0x1f && head[1] === 0x8b ? decompress(whole, 'gzip', label) : whole;
}

/** The chunks of a source and its name for errors; opens nothing yet. */
function chunksOf(source: FileSource, what: string, signal?: AbortSignal): { chunks: Chunks; name: string } {
  if (source instanceof Uint8Array) return { chunks: oneChunk(source), name: '' };
  if (typeof Blob !== 'undefined' && source instanceof Blob) {
    const name = (source as { readonly name?: unknown }).name;
    const text = typeof name === 'string' ? name : '';
    return { chunks: bodyChunks(source.stream(), text === '' ? what : `${what}: ${text}`, signal), name: text };
  }
  if (source instanceof URL && source.protocol !== 'file:') {
    const name = source.href.slice(0, 200);
    return { chunks: urlChunks(source, `${what}: ${name}`, signal), name };
  }
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new OptionError(`${what}: expected a path, URL, Blob or Uint8Array, got ${quote(source)}`);
  }
  const path = typeof source === 'string' ? source : nodeFiles(what).pathOf(source);
  if (path === '' || path.includes('\0')) throw new OptionError(`${what}: the path is empty or holds a NUL`);
  if (/^(https?|file|data|blob):/i.test(path)) {
    throw new OptionError(
      `${what}: a string is a path; for a web address pass new URL(${JSON.stringify(path.slice(0, 200))})`,
    );
  }
  return { chunks: fileChunks(path, `${what}: ${path}`, what), name: path };
}

/**
 * A file as a stream of bytes. One that begins with the bytes 1f 8b is taken for gzip and decompressed on the way. A
 * gzip made of several joined ones is refused by hosts that follow the standard strictly, as browsers do.
 *
 * @param source a path (in Node), a URL object (`file:`, `http:`, `https:`, `data:`, `blob:`), a File or Blob, or bytes
 * @param options `what` names the operation in errors; `signal` stops the reading with its reason
 * @returns the stream, which throws SaccadeError with code `io` where the source cannot be read, FormatError for a
 *   damaged gzip, and DeviceError for a path where there are none
 * @throws {OptionError} if the source is of no known kind
 */
export function byteStream(source: FileSource, options: ByteStreamOptions = {}): ByteStream {
  const { what = 'byteStream', signal } = checkOptions('byteStream', options, ['what', 'signal']);
  const { chunks, name } = chunksOf(source, what, signal);
  const label = name === '' ? what : `${what}: ${name}`;
  return { label, stream: bounded(unpacked(chunks, label), signal) };
}
