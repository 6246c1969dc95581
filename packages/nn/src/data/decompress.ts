/** Decompressing while reading, by the decompressor that Node and browsers both have. */
import { FormatError, SaccadeError } from '@saccade/tensor';

/** What was compressed how: gzip files, or zlib data, which has another header and checksum. */
export type Compression = 'gzip' | 'zlib';

const streamFormats = { gzip: 'gzip', zlib: 'deflate' } as const;

type Feed = { failure: unknown };

/** Writes all chunks; what the source itself throws is kept apart from what the decompressor says. */
async function feedAll(
  chunks: AsyncIterable<Uint8Array>,
  writer: WritableStreamDefaultWriter<BufferSource>,
  feed: Feed,
): Promise<void> {
  let writing = false;
  try {
    for await (const chunk of chunks) {
      writing = true;
      await writer.write(chunk as Uint8Array<ArrayBuffer>);
      writing = false;
    }
    writing = true;
    await writer.close();
  } catch (error) {
    if (!writing) feed.failure = error;
    await writer.abort(error).catch(() => {});
  }
}

/**
 * The decompressed bytes of a stream, piece by piece: a file that swells is seen by the reader before it is in memory.
 *
 * @param chunks the compressed bytes; closed at the end and on early return
 * @param compression 'gzip' or 'zlib'
 * @param label how an error names the source
 * @throws {FormatError} if the data is damaged or ends too early, by its checksum too; and what `chunks` throws
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
  label: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { readable, writable } = new DecompressionStream(streamFormats[compression]);
  const feed: Feed = { failure: undefined };
  const writer = writable.getWriter();
  // Rejects with every stream that fails; the failure is reported by the read below.
  writer.closed.catch(() => {});
  const feeding = feedAll(chunks, writer, feed);
  const reader = readable.getReader();
  let given = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      given += next.value.length;
      yield next.value;
    }
    await feeding;
    if (feed.failure !== undefined) throw feed.failure;
  } catch (cause) {
    if (feed.failure !== undefined) throw feed.failure;
    if (cause instanceof SaccadeError) throw cause;
    throw new FormatError(
      `${label}: expected ${compression} data, got bytes that are damaged or end too early, after ${given} decompressed bytes`,
      { cause },
    );
  } finally {
    await reader.cancel().catch(() => {});
    await writer.abort().catch(() => {});
    await feeding;
  }
}
