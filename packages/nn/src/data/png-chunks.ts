/** The chunks of a PNG file, checked: header, palette, transparency and compressed data. */
import { crc32, FormatError } from '@saccade/tensor';

/** Size and kind of a PNG. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly interlaced: boolean;
}

/** The parts of a PNG that its pixels need. */
export interface PngFile {
  readonly header: PngHeader;
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  /** The compressed data, in the pieces in which the file has it. */
  readonly data: readonly Uint8Array[];
  /** Signature, header, data and end: all that is needed to decode the samples. */
  readonly essence: readonly Uint8Array[];
}

/** Samples of a pixel and depths allowed, by colour type: grey, RGB, palette, grey and alpha, RGB and alpha. */
export const colorTypes: ReadonlyMap<number, { readonly samples: number; readonly depths: readonly number[] }> =
  new Map([
    [0, { samples: 1, depths: [1, 2, 4, 8, 16] }],
    [2, { samples: 3, depths: [8, 16] }],
    [3, { samples: 1, depths: [1, 2, 4, 8] }],
    [4, { samples: 2, depths: [8, 16] }],
    [6, { samples: 4, depths: [8, 16] }],
  ]);

function parseHeader(chunk: DataView, label: string): PngHeader {
  const [depth, colorType, compression, filter, interlace] = [8, 9, 10, 11, 12].map((at) => chunk.getUint8(at));
  const [width, height] = [chunk.getUint32(0), chunk.getUint32(4)];
  if (width === 0 || height === 0 || !colorTypes.get(colorType!)?.depths.includes(depth!)) {
    throw new FormatError(
      `${label}, byte 16: expected a size from 1 x 1 and a depth and colour type that PNG knows, ` +
        `got ${width} x ${height}, depth ${depth}, colour type ${colorType}`,
    );
  }
  if (compression !== 0 || filter !== 0 || interlace! > 1) {
    throw new FormatError(
      `${label}, byte 26: expected compression 0, filter 0, interlacing 0 or 1, got ${compression}, ${filter}, ${interlace}`,
    );
  }
  return { width, height, depth: depth!, colorType: colorType!, interlaced: interlace === 1 };
}

const used = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];

/**
 * Takes a PNG apart. Chunks that the pixels do not need are passed over.
 *
 * @param label how an error names the file
 * @throws {FormatError} if the header is not PNG's, a chunk does not lie within the file, is damaged or unknown and critical
 */
export function parsePng(bytes: Uint8Array, label: string): PngFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  const essence = [bytes.subarray(0, 8)];
  let header: PngHeader | undefined;
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  for (let at = 8; ; ) {
    const length = at + 12 > bytes.length ? -1 : view.getUint32(at);
    if (length < 0 || at + 12 + length > bytes.length) {
      throw new FormatError(`${label}, byte ${at}: expected a whole chunk, got the end of the file`);
    }
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if ((type === 'IHDR') !== (header === undefined) || (type === 'IHDR' && length !== 13)) {
      throw new FormatError(`${label}, byte ${at}: expected one header chunk, in front, got ${JSON.stringify(type)}`);
    }
    if (used.includes(type) && crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw new FormatError(
        `${label}, byte ${at}: expected the checksum of ${JSON.stringify(type)} to fit, got damage`,
      );
    }
    if (type === 'IHDR') header = parseHeader(new DataView(body.buffer, body.byteOffset, length), label);
    else if (type === 'PLTE') palette = body;
    else if (type === 'tRNS') transparency = body;
    else if (type === 'IDAT') data.push(body);
    else if (type !== 'IEND' && /^[A-Z]/.test(type)) {
      throw new FormatError(`${label}, byte ${at}: expected a chunk that PNG knows, got ${JSON.stringify(type)}`);
    }
    if (type === 'IHDR' || type === 'IDAT' || type === 'IEND') essence.push(bytes.subarray(at, at + 12 + length));
    if (type === 'IEND') return { header: header!, palette, transparency, data, essence };
    at += 12 + length;
  }
}
