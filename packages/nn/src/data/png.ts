/** PNG files where there is no browser to decode them: from samples of any depth to pixels of 8 bits. */
import { FormatError } from '@saccade/tensor';
import { colorTypes, type PngFile, parsePng } from './png-chunks.js';
import { pngSamples } from './png-samples.js';

/** A decoded PNG with 1 (grey), 2 (grey, alpha), 3 (red, green, blue) or 4 (with alpha) channels of 8 bits. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Row-major, channels together. */
  readonly data: Uint8Array;
}

function fromPalette(indices: ArrayLike<number>, { header, palette, transparency }: PngFile, label: string): Pixels {
  const { width, height } = header;
  const colors = (palette?.length ?? 0) / 3;
  if (palette === undefined || !Number.isInteger(colors) || colors < 1 || colors > 256) {
    throw new FormatError(`${label}: expected a palette of 1 to 256 colours, got ${palette?.length ?? 0} bytes`);
  }
  const channels = transparency === undefined ? 3 : 4;
  const data = new Uint8Array(width * height * channels);
  for (let i = 0, to = 0; i < indices.length; i++) {
    const color = indices[i]!;
    if (color >= colors) {
      throw new FormatError(`${label}: expected palette positions below ${colors}, got ${color} at pixel ${i}`);
    }
    for (let c = 0; c < 3; c++) data[to++] = palette[3 * color + c]!;
    if (transparency !== undefined) data[to++] = transparency[color] ?? 255;
  }
  return { width, height, channels, data };
}

/** Samples scaled to 8 bits; where a tRNS chunk names a colour as transparent, an alpha channel is added. */
function toBytes(flat: ArrayLike<number>, samples: number, { header, transparency }: PngFile, label: string): Pixels {
  const { width, height, depth, colorType } = header;
  const most = 2 ** depth - 1;
  const hasKey = transparency !== undefined && (colorType === 0 || colorType === 2);
  if (hasKey && transparency.length !== 2 * samples) {
    throw new FormatError(`${label}: expected ${2 * samples} bytes of transparency, got ${transparency.length}`);
  }
  const key = Array.from(
    { length: samples },
    (_, c) => ((transparency?.[2 * c] ?? 0) << 8) + (transparency?.[2 * c + 1] ?? 0),
  );
  const channels = samples + (hasKey ? 1 : 0);
  const data = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; from < flat.length; from += samples) {
    let isKey = true;
    for (let c = 0; c < samples; c++) {
      const sample = flat[from + c]!;
      if (sample !== key[c]) isKey = false;
      data[to++] = depth === 8 ? sample : Math.round((sample * 255) / most);
    }
    if (hasKey) data[to++] = isKey ? 0 : 255;
  }
  return { width, height, channels, data };
}

/**
 * Decodes a PNG file: every depth and colour type, interlaced from 8 bits a sample on; 16-bit samples are rounded to 8 bits.
 *
 * @param bytes the whole file, with a size that was found acceptable
 * @param label how an error names the file
 * @throws {FormatError} if the file breaks a rule of the format, checksums included
 */
export async function decodePng(bytes: Uint8Array, label: string): Promise<Pixels> {
  const file = parsePng(bytes, label);
  const { colorType } = file.header;
  const { samples } = colorTypes.get(colorType)!;
  const flat = await pngSamples(file, samples, label);
  return colorType === 3 ? fromPalette(flat, file, label) : toBytes(flat, samples, file, label);
}
