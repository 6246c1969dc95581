/** The beginning of a PNG file, read from a stream and checked before any memory of a stated size is taken. */
import type { ByteCursor } from '@saccade/nn';
import { FormatError } from '@saccade/tensor';

/** What the pixels need to be understood. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bytes of a pixel in the file: 1 of a palette. */
  readonly samples: number;
  /** Channels of a pixel: grey, grey and alpha, red, green and blue, or these with alpha. */
  readonly channels: number;
  /** Red, green and blue of each colour; present if pixels are positions in it. */
  readonly palette: Uint8Array | undefined;
  /** Length of the first chunk of data, whose body comes next. */
  readonly firstData: number;
}

export const pngSignature: Uint8Array = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/** Bytes of a pixel by colour type: grey, RGB, palette, grey and alpha, RGBA. */
const samplesByType: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Above it a row alone would be large. */
const maxRowBytes = 2 ** 24;
const paletteType = 3;

/** Length and type of the next chunk. */
export async function chunkHead(cursor: ByteCursor): Promise<{ readonly length: number; readonly type: string }> {
  const head = await cursor.take(8, 'a chunk');
  const length = new DataView(head.buffer).getUint32(0);
  const type = String.fromCharCode(...head.subarray(4));
  if (length >= 2 ** 31 || !/^[A-Za-z]{4}$/.test(type)) {
    throw new FormatError(
      `${cursor.label}: expected a chunk of a PNG, got ${JSON.stringify(type)} with ${length} bytes`,
    );
  }
  return { length, type };
}

function parseHeader(
  body: Uint8Array<ArrayBuffer>,
  label: string,
): Omit<PngHeader, 'palette' | 'firstData'> & { type: number } {
  const view = new DataView(body.buffer);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, compression, filter, interlace] = body.subarray(8) as unknown as readonly number[];
  const samples = samplesByType[type!];
  if (width === 0 || height === 0 || samples === undefined || compression !== 0 || filter !== 0) {
    throw new FormatError(
      `${label}: expected a size from 1 x 1 and a kind that PNG knows, got ${width} x ${height}, colour type ${type}, ` +
        `compression ${compression}, filter ${filter}`,
    );
  }
  if (depth !== 8 || interlace !== 0) {
    throw new FormatError(
      `${label}: only PNG files with 8 bits a sample and without interlacing are read row by row; this one has ` +
        `${depth} bits${interlace === 0 ? '' : ' and is interlaced'}: save it anew`,
    );
  }
  if (width * samples > maxRowBytes) {
    throw new FormatError(`${label}: expected rows of at most ${maxRowBytes} bytes, got ${width} pixels of ${samples}`);
  }
  return { width, height, samples, channels: type === paletteType ? 3 : samples, type: type! };
}

/**
 * Reads a PNG file up to the first byte of its data. Transparency is passed over: models get colours.
 * @throws {FormatError} for what is no PNG, and for one that cannot be read row by row
 */
export async function readPngHeader(cursor: ByteCursor): Promise<PngHeader> {
  const { label } = cursor;
  const signature = await cursor.take(8, 'the signature');
  const first = pngSignature.every((byte, i) => signature[i] === byte) ? await chunkHead(cursor) : undefined;
  if (first?.type !== 'IHDR' || first.length !== 13)
    throw new FormatError(`${label}: expected a PNG with a header in front`);
  const { type, ...header } = parseHeader(await cursor.take(13, 'the header'), label);
  await cursor.skip(4, 'the header');
  let palette: Uint8Array | undefined;
  for (;;) {
    const chunk = await chunkHead(cursor);
    if (chunk.type === 'IDAT') {
      if (type === paletteType && palette === undefined) {
        throw new FormatError(`${label}: expected a palette before the data, got none`);
      }
      return { ...header, palette: type === paletteType ? palette : undefined, firstData: chunk.length };
    }
    if (chunk.type === 'IEND') throw new FormatError(`${label}: expected data, got the end of the PNG`);
    if (chunk.type === 'PLTE') {
      if (chunk.length === 0 || chunk.length > 768 || chunk.length % 3 !== 0) {
        throw new FormatError(`${label}: expected a palette of 1 to 256 colours, got ${chunk.length} bytes`);
      }
      palette = await cursor.take(chunk.length, 'the palette');
    } else await cursor.skip(chunk.length, chunk.type);
    await cursor.skip(4, chunk.type);
  }
}
