/** Taking exact numbers of bytes from a stream, without trust in the numbers. */
import { FormatError } from '@saccade/tensor';
import type { ByteStream } from './byte-stream.js';
import { grown } from './grown.js';

const firstBytes = 65_536;

/** A place in a stream of bytes. `close` it when done. */
export class ByteCursor {
  readonly label: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor({ label, stream }: ByteStream) {
    this.label = label;
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Whether another byte is there to take. */
  async #more(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#chunk = next.value;
    }
    return true;
  }

  /** The next bytes that are there, at most `most`. */
  async #some(most: number, part: string): Promise<Uint8Array> {
    if (!(await this.#more())) {
      throw new FormatError(
        `${this.label}, byte ${this.#at}: expected ${most} more bytes of ${part}, got the end of the file`,
      );
    }
    const piece = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(piece.length);
    this.#at += piece.length;
    return piece;
  }

  /**
   * The next `length` bytes, in an array and buffer of their own. Memory grows with what really comes: a length that
   * the file cannot hold costs at most twice the file.
   *
   * @param part what the bytes are, for the error
   * @throws {FormatError} if the file ends before
   */
  async take(length: number, part: string): Promise<Uint8Array<ArrayBuffer>> {
    let bytes = new Uint8Array(Math.min(length, firstBytes));
    for (let done = 0; done < length; ) {
      const piece = await this.#some(length - done, part);
      if (done + piece.length > bytes.length) {
        bytes = grown(bytes, Math.min(length, Math.max(2 * bytes.length, done + piece.length)), this.label);
      }
      bytes.set(piece, done);
      done += piece.length;
    }
    return bytes;
  }

  /** The next `length` bytes as they come, in views of what the stream gives. @throws {FormatError} if the file ends before */
  async *pieces(length: number, part: string): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = length; left > 0; ) {
      const piece = await this.#some(left, part);
      left -= piece.length;
      yield piece;
    }
  }

  /** Passes over the next `length` bytes. @throws {FormatError} if the file ends before */
  async skip(length: number, part: string): Promise<void> {
    for (let left = length; left > 0; ) left -= (await this.#some(left, part)).length;
  }

  /** @throws {FormatError} unless the file ends here */
  async end(): Promise<void> {
    if (await this.#more()) {
      throw new FormatError(`${this.label}, byte ${this.#at}: expected the end of the file, got more bytes`);
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
