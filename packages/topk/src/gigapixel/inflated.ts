/** Decompressing zlib data while it is read, by what Node and browsers both have. */
import { FormatError } from '@saccade/tensor';

/**
 * The decompressed bytes of a stream, piece by piece.
 *
 * @param pieces the compressed bytes; closed at the end and on early return
 * @param label how an error names the source
 * @throws {FormatError} if the data is damaged or ends too early, its checksum included; what `pieces` throws
 */
export async function* inflated(
  pieces: AsyncGenerator<Uint8Array, void, undefined>,
  label: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let failure: { readonly error: unknown } | undefined;
  const compressed = new ReadableStream<BufferSource>({
    async pull(controller) {
      try {
        const next = await pieces.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
      } catch (error) {
        failure = { error };
        controller.error(error);
      }
    },
  });
  const reader = compressed.pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } catch (cause) {
    if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
    throw new FormatError(`${label}: expected zlib data, got bytes that are damaged or end too early`, { cause });
  } finally {
    await reader.cancel().catch(() => {});
    await pieces.return();
  }
}
