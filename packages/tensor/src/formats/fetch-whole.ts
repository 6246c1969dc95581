/** Downloading a whole file from a web server. */
import { FormatError, SaccadeError } from '@saccade/kernels';
import type { OpenOptions } from './byte-source.js';
import { ioError, request } from './http-source.js';

/** Reads a body to its end, and gives up as soon as it has more than `most` bytes. */
async function readAtMost(response: Response, most: number, label: string): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  try {
    for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
      bytes += chunk.value.length;
      if (bytes > most) throw new FormatError(`${label}: has more than ${most} bytes`);
      chunks.push(chunk.value);
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/**
 * Downloads a whole file by one request.
 *
 * @param most bytes that it may have
 * @throws {SaccadeError} with code `io` if the server fails
 * @throws {FormatError} if there are more than `most` bytes
 */
export async function fetchWhole(
  url: URL,
  options: OpenOptions,
  what: string,
  most: number = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  const label = `${what}: ${url.href.slice(0, 200)}`;
  const response = await request(url, {}, options, label);
  if (!response.ok) {
    await response.body?.cancel().catch(() => {});
    throw ioError(label, `the server answered ${response.status} ${response.statusText}`);
  }
  try {
    if (Number.isFinite(most)) return await readAtMost(response, most, label);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (cause instanceof SaccadeError) throw cause;
    throw ioError(label, 'the download broke off', cause);
  }
}
