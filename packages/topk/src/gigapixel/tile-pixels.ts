/** Pixels as a model wants them: checked, and with its number of channels. */
import { quote, ShapeError } from '@saccade/tensor';
import type { PixelData, TilePixels } from './tile-source.js';

/** Whether values go from 0 to 255, so that models see them divided by 255. */
export function isByteData(data: PixelData): boolean {
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray;
}

/** Bytes as bytes, all else as float32. */
export type Samples = Uint8Array | Float32Array;

/** Memory for so many samples, of the same kind as those of a tile. */
export function samplesLike(data: PixelData, length: number): Samples {
  return isByteData(data) ? new Uint8Array(length) : new Float32Array(length);
}

/** How many channels pixels have. @throws {ShapeError} unless they are height x width of them, each with all its channels */
function channelsOf(what: string, pixels: TilePixels, size: readonly number[]): number {
  const { height, width, channels, data } = pixels ?? {};
  if (!ArrayBuffer.isView(data) || data instanceof DataView) {
    throw new ShapeError(
      `${what}: expected { height, width, data } with a typed array of numbers, got data ${quote(data)}`,
    );
  }
  const found = channels ?? data.length / (size[0]! * size[1]!);
  if (height !== size[0] || width !== size[1] || data.length !== height * width * found || !Number.isInteger(found)) {
    throw new ShapeError(
      `${what}: expected ${size[0]} x ${size[1]} pixels, got ${height} x ${width} with ${data.length} numbers` +
        (channels === undefined ? '' : ` for ${channels} channels`),
    );
  }
  return found;
}

/**
 * Copies pixels to `to`, from position `at` on, with so many channels: grey to red, green and blue or the other way round
 * (Rec. 601 luma), alpha dropped.
 *
 * @param what names the pixels in errors
 * @param size [height, width] that they must have
 * @param stride from the beginning of a row in `to` to that of the next one; default: rows follow each other
 * @throws {ShapeError} for pixels of another size, or with channels that cannot become those that are wanted
 */
export function copyPixels(
  what: string,
  pixels: TilePixels,
  size: readonly [height: number, width: number],
  to: Samples,
  channels: number,
  at = 0,
  stride: number = size[1] * channels,
): void {
  const from = channelsOf(what, pixels, size);
  const [height, width] = size;
  const { data } = pixels;
  const convert = from === channels ? undefined : converter(what, from, channels);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width * from, (y + 1) * width * from);
    const start = at + y * stride;
    if (convert === undefined) to.set(row, start);
    else for (let x = 0; x < width; x++) convert(row, x * from, to, start + x * channels);
  }
}

type Convert = (row: PixelData, from: number, to: Samples, at: number) => void;

/** Copies one pixel with other channels. @throws {ShapeError} if none fits */
function converter(what: string, from: number, channels: number): Convert {
  if (channels === 3 && from <= 2) return (row, i, to, at) => to.fill(row[i]!, at, at + 3);
  if (from === channels + 1 && (channels === 1 || channels === 3)) {
    return (row, i, to, at) => {
      for (let c = 0; c < channels; c++) to[at + c] = row[i + c]!;
    };
  }
  if (channels === 1 && (from === 3 || from === 4)) {
    return (row, i, to, at) => {
      const luma = (299 * row[i]! + 587 * row[i + 1]! + 114 * row[i + 2]!) / 1000;
      to[at] = to instanceof Uint8Array ? Math.floor(luma + 0.5) : luma;
    };
  }
  throw new ShapeError(`${what}: expected ${channels} channels, as the model takes, got ${from}`);
}
