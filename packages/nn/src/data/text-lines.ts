/** Text files line by line: UTF-8, lines ended by \n or \r\n, across the borders of chunks. */
import { checkOptions, FormatError } from '@saccade/tensor';
import type { ByteStream } from './byte-stream.js';
import { grown } from './grown.js';

/** Options of {@link lines}. */
export interface LinesOptions {
  /** Bytes that a line may have. Default: 64 MiB. */
  readonly maxLineBytes?: number | undefined;
}

const newline = 10;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes put aside until their line is complete; grows by doubling. */
class Rest {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  readonly #label: string;
  length = 0;

  constructor(label: string) {
    this.#label = label;
  }

  append(bytes: Uint8Array): void {
    const length = this.length + bytes.length;
    if (length > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, Math.max(length, 2 * this.#bytes.length), this.#label);
    }
    this.#bytes.set(bytes, this.length);
    this.length = length;
  }

  /** The bytes, valid until the next `append`. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }
}

/** Whole lines as text. A fault is looked for line by line, so that its line can be named. */
function decodeLines(bytes: Uint8Array, firstLine: number, label: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    let line = firstLine;
    for (let start = 0; ; line++) {
      const end = bytes.indexOf(newline, start);
      try {
        decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
      } catch {
        break;
      }
      if (end < 0) break;
      start = end + 1;
    }
    throw new FormatError(`${label}, line ${line}: expected UTF-8, got other bytes`, { cause });
  }
}

/** How many lines end in the chunk. @throws {FormatError} if one is longer than allowed, `before` counted to the first */
function countLines(chunk: Uint8Array, before: number, line: number, maxLineBytes: number, label: string): number {
  let count = 0;
  let start = -before;
  for (let end = chunk.indexOf(newline); ; end = chunk.indexOf(newline, start)) {
    if ((end < 0 ? chunk.length : end) - start > maxLineBytes) {
      throw new FormatError(
        `${label}, line ${line + count}: expected lines of at most ${maxLineBytes} bytes, got more`,
      );
    }
    if (end < 0) return count;
    count++;
    start = end + 1;
  }
}

/**
 * The text of a file in blocks of whole lines, line ends included; a byte order mark in front is left out.
 *
 * @throws {FormatError} if a line is not UTF-8 or longer than allowed
 */
export async function* textBlocks(
  { label, stream }: ByteStream,
  { maxLineBytes = 67_108_864 }: LinesOptions = {},
): AsyncGenerator<string, void, undefined> {
  const rest = new Rest(label);
  let line = 1;
  const text = (bytes: Uint8Array, first: boolean): string => {
    const decoded = decodeLines(bytes, line, label);
    return first && decoded.charCodeAt(0) === 0xfeff ? decoded.slice(1) : decoded;
  };
  for await (const chunk of stream) {
    const count = countLines(chunk, rest.length, line, maxLineBytes, label);
    const end = count === 0 ? 0 : chunk.lastIndexOf(newline) + 1;
    if (count > 0) {
      let whole = chunk.subarray(0, end);
      if (rest.length > 0) {
        rest.append(whole);
        whole = rest.take();
      }
      yield text(whole, line === 1);
      line += count;
    }
    rest.append(chunk.subarray(end));
  }
  if (rest.length > 0) yield text(rest.take(), line === 1);
}

/** The lines of a block, without their ends. */
export function splitLines(block: string): string[] {
  const parts = block.split('\n');
  const last = parts.pop()!;
  for (const [i, part] of parts.entries()) if (part.endsWith('\r')) parts[i] = part.slice(0, -1);
  if (last !== '') parts.push(last);
  return parts;
}

/**
 * The lines of a UTF-8 file, without their ends (\n or \r\n); a byte order mark in front is left out. Of a file of any
 * size only a piece is held.
 *
 * @param bytes what `byteStream` returns
 * @param options `maxLineBytes`: bytes that a line may have, default 64 MiB
 * @throws {FormatError} if a line is not UTF-8 or longer than allowed, and all that the stream throws
 */
export async function* lines(bytes: ByteStream, options: LinesOptions = {}): AsyncGenerator<string, void, undefined> {
  checkOptions('lines', options, ['maxLineBytes']);
  for await (const block of textBlocks(bytes, options)) yield* splitLines(block);
}
