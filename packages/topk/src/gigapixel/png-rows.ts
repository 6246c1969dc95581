/** The rows of a PNG file, one after the other, with two of them in memory. */
import { ByteCursor, type ByteStream, decompress } from '@saccade/nn';
import { FormatError } from '@saccade/tensor';
import { chunkHead, type PngHeader, readPngHeader } from './png-header.js';

/** Bodies of the data chunks, which follow each other. */
async function* dataPieces(cursor: ByteCursor, firstData: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let chunk = { length: firstData, type: 'IDAT' }; chunk.type === 'IDAT'; chunk = await chunkHead(cursor)) {
    yield* cursor.pieces(chunk.length, 'pixels');
    // The sum over each chunk is passed over: zlib has one over all of the data.
    await cursor.skip(4, 'pixels');
  }
}

function paeth(left: number, above: number, corner: number): number {
  const [byLeft, byAbove] = [Math.abs(above - corner), Math.abs(left - corner)];
  const byCorner = Math.abs(left + above - 2 * corner);
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

/** Turns differences into samples, in place. `step` is the distance to the same sample of the pixel on the left. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, step: number): void {
  const n = row.length;
  if (filter === 1) {
    for (let i = step; i < n; i++) row[i] = row[i]! + row[i - step]!;
  } else if (filter === 2) {
    for (let i = 0; i < n; i++) row[i] = row[i]! + above[i]!;
  } else if (filter === 3) {
    for (let i = 0; i < step; i++) row[i] = row[i]! + (above[i]! >> 1);
    for (let i = step; i < n; i++) row[i] = row[i]! + ((row[i - step]! + above[i]!) >> 1);
  } else if (filter === 4) {
    for (let i = 0; i < step; i++) row[i] = row[i]! + above[i]!;
    for (let i = step; i < n; i++) row[i] = row[i]! + paeth(row[i - step]!, above[i]!, above[i - step]!);
  }
}

/** A PNG file that is being read from front to back. */
export class PngRows {
  readonly header: PngHeader;
  /** The row that `next` will give. */
  position = 0;
  readonly #cursor: ByteCursor;
  readonly #bytes: AsyncGenerator<Uint8Array, void, undefined>;
  #chunk: Uint8Array = new Uint8Array(0);
  /** Filter and samples of the row that is being read, and of the one above. */
  #row: Uint8Array;
  #above: Uint8Array;

  private constructor(cursor: ByteCursor, header: PngHeader) {
    this.#cursor = cursor;
    this.header = header;
    this.#bytes = decompress(dataPieces(cursor, header.firstData), 'zlib', cursor.label);
    this.#row = new Uint8Array(1 + header.width * header.samples);
    this.#above = new Uint8Array(this.#row.length);
  }

  /** Reads up to the first row. @throws {FormatError} for what is no PNG that can be read row by row */
  static async open(stream: ByteStream): Promise<PngRows> {
    const cursor = new ByteCursor(stream);
    try {
      return new PngRows(cursor, await readPngHeader(cursor));
    } catch (error) {
      await cursor.close();
      throw error;
    }
  }

  /** The samples of the next row; the array is used again. @throws {FormatError} for damage, and for rows that are not there */
  async next(): Promise<Uint8Array> {
    [this.#row, this.#above] = [this.#above, this.#row];
    const { header, position } = this;
    for (let filled = 0; filled < this.#row.length; ) {
      if (this.#chunk.length === 0) {
        const more = await this.#bytes.next();
        if (more.done) {
          const where = `row ${position} of ${header.height}`;
          throw new FormatError(`${this.#cursor.label}: expected pixels of ${where}, got the end of the data`);
        }
        this.#chunk = more.value;
      }
      const piece = this.#chunk.subarray(0, this.#row.length - filled);
      this.#row.set(piece, filled);
      this.#chunk = this.#chunk.subarray(piece.length);
      filled += piece.length;
    }
    const filter = this.#row[0]!;
    if (filter > 4) {
      throw new FormatError(`${this.#cursor.label}: expected filter 0 to 4 in row ${position}, got ${filter}`);
    }
    const samples = this.#row.subarray(1);
    unfilter(filter, samples, this.#above.subarray(1), header.samples);
    this.position += 1;
    return samples;
  }

  /** Stops reading. */
  async close(): Promise<void> {
    await this.#bytes.return();
    await this.#cursor.close();
  }
}
