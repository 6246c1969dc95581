/** Taking bytes from a stream in the portions that a format has. */
import type { ByteStream } from '@saccade/nn';
import { FormatError } from '@saccade/tensor';

/** A place in a stream of bytes. */
export class ByteCursor {
  readonly label: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor({ label, stream }: ByteStream) {
    this.label = label;
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The next `length` bytes in pieces, views of what the stream gives. @throws {FormatError} if it ends before */
  async *pieces(length: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = length; left > 0; ) {
      if (this.#chunk.length === 0) {
        const next = await this.#chunks.next();
        if (next.done) {
          throw new FormatError(
            `${this.label}, byte ${this.#at}: expected ${left} more bytes, got the end of the file`,
          );
        }
        this.#chunk = next.value;
      }
      const piece = this.#chunk.subarray(0, left);
      this.#chunk = this.#chunk.subarray(piece.length);
      this.#at += piece.length;
      left -= piece.length;
      yield piece;
    }
  }

  /** The next few bytes, in one array. @throws {FormatError} if the stream ends before */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    let at = 0;
    for await (const piece of this.pieces(length)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Passes over bytes. @throws {FormatError} if the stream ends before */
  async skip(length: number): Promise<void> {
    for await (const _ of this.pieces(length));
  }

  /** Closes the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
