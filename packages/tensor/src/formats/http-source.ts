/** Reading pieces of a file on a web server by range requests, each answer checked against what was asked. */
import { SaccadeError } from '@saccade/kernels';
import { allocateBytes } from './allocate-bytes.js';
import type { ByteSource, OpenOptions } from './byte-source.js';

/** Bytes fetched when a file is opened; most headers fit, so opening and reading the header is one request. */
const firstBytes = 65_536;

interface RangeAnswer {
  readonly bytes: Uint8Array;
  readonly total: number;
  readonly tag: string | null;
}

/** @internal */
export function ioError(label: string, problem: string, cause?: unknown): SaccadeError {
  return new SaccadeError('io', `${label}: ${problem}`, { cause });
}

/** @internal Asks a server. @throws {SaccadeError} with code `io` if it cannot be reached */
export async function request(
  url: URL,
  headers: Record<string, string>,
  options: OpenOptions,
  label: string,
): Promise<Response> {
  const signal = options.signal ?? null;
  try {
    return await fetch(url, { headers, signal });
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw ioError(label, `request failed (${(cause as Error).message})`, cause);
  }
}

/** Reads exactly `length` bytes of a body, and gives up as soon as there are more. */
async function readExactly(
  response: Response,
  length: number,
  options: OpenOptions,
  label: string,
): Promise<Uint8Array> {
  const bytes = allocateBytes(length, label);
  let done = 0;
  const reader = response.body?.getReader();
  try {
    for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
      if (done + chunk.value.length > length) throw ioError(label, `sent more than the ${length} bytes it announced`);
      bytes.set(chunk.value, done);
      done += chunk.value.length;
    }
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (cause instanceof SaccadeError) throw cause;
    throw ioError(label, `download broke off after ${done} of ${length} bytes`, cause);
  } finally {
    await reader?.cancel().catch(() => {});
  }
  if (done !== length) throw ioError(label, `sent ${done} of ${length} bytes`);
  return bytes;
}

async function fetchRange(
  url: URL,
  begin: number,
  end: number,
  options: OpenOptions,
  label: string,
): Promise<RangeAnswer> {
  const headers = { range: `bytes=${begin}-${end - 1}`, 'accept-encoding': 'identity' };
  const response = await request(url, headers, options, label);
  const refuse = async (problem: string): Promise<never> => {
    await response.body?.cancel().catch(() => {});
    throw ioError(label, problem);
  };
  if (response.status === 200) {
    return refuse('the server ignores range requests (status 200 where 206 was expected); load the whole file instead');
  }
  if (response.status !== 206) return refuse(`the server answered ${response.status} ${response.statusText}`);
  const stated = response.headers.get('content-range');
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(stated ?? '');
  if (match === null) {
    return refuse(`the answer has no usable Content-Range (${stated ?? 'none, or hidden by CORS'})`);
  }
  const [from, last, total] = match.slice(1).map(Number) as [number, number, number];
  const wanted = Math.min(end, total);
  if (!Number.isSafeInteger(total) || from !== begin || last + 1 !== wanted) {
    return refuse(`asked for bytes ${begin}-${end - 1}, the server sent ${stated}`);
  }
  return {
    bytes: await readExactly(response, wanted - begin, options, label),
    total,
    tag: response.headers.get('etag'),
  };
}

/**
 * Opens a file on a web server for reading in pieces.
 *
 * @param what name of the operation, for errors
 * @throws {SaccadeError} with code `io` if the server fails, ignores the range, sends another one than asked for, or the
 *   file changes between two requests
 */
export async function openHttpSource(url: URL, options: OpenOptions, what: string): Promise<ByteSource> {
  const label = `${what}: ${url.href}`;
  const first = await fetchRange(url, 0, firstBytes, options, label);
  return {
    label,
    size: first.total,
    async read(begin, end) {
      if (end <= first.bytes.length) return first.bytes.slice(begin, end);
      if (begin === end) return new Uint8Array(0);
      const answer = await fetchRange(url, begin, end, options, label);
      if (answer.total !== first.total || answer.tag !== first.tag) {
        throw ioError(label, 'the file has changed on the server since it was opened');
      }
      return answer.bytes;
    },
    close: async () => {},
  };
}
