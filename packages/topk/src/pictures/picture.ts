/** What a picture is, and how an image becomes one: pixels of 8 bits with red, green, blue and alpha. */
import { OptionError, quote, ShapeError } from '@saccade/tensor';

/** Pixels for people: red, green, blue, alpha, row-major, 0 to 255. It fits into `new ImageData(data, width, height)`. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * An image as networks see it. One and two channels are shown as grey, of the first; of three and more, the first three are
 * red, green and blue, and the others, alpha among them, are not looked at. What `decodeImage` gives fits.
 */
export interface PixelImage {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** [height, width, channels], row-major. */
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array;
  /** The values that are shown black and white. Default: [0, 255] for bytes, [0, 1] for float32. */
  readonly range?: readonly [low: number, high: number] | undefined;
}

/** How large pictures become. */
export interface PictureSizeOptions {
  /** Images with a longer side are made smaller, by means. Default 1024. */
  readonly maxSize?: number | undefined;
  /** Images with a shorter longest side are enlarged, each pixel to a square, while `maxSize` allows it. Default 480. */
  readonly minSize?: number | undefined;
}

/** @throws {ShapeError} unless it has pixels, and as many values as they need @throws {OptionError} for a range without extent */
export function requireImage(op: string, image: PixelImage): void {
  const { height, width, channels, data, range } = Object(image) as PixelImage;
  const counts = [height, width, channels].every((count) => Number.isSafeInteger(count) && count >= 1);
  if (!counts || data?.length !== height * width * channels) {
    const of = `${height} x ${width} x ${channels}`;
    throw new ShapeError(`${op}: expected an image of height x width x channels values, got ${data?.length} for ${of}`);
  }
  if (range !== undefined && !(range[1] > range[0])) {
    throw new OptionError(`${op}: range must be [low, high] with low < high, got ${quote(range)}`);
  }
}

/** Height and width of the picture of an image. @throws {OptionError} */
export function pictureSize(
  op: string,
  { height, width }: { readonly height: number; readonly width: number },
  { maxSize = 1024, minSize = 480 }: PictureSizeOptions,
): readonly [height: number, width: number] {
  for (const [name, value] of Object.entries({ maxSize, minSize })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(`${op}: ${name} must be a whole number from 1, got ${quote(value)}`);
    }
  }
  const longest = Math.max(height, width);
  const factor =
    longest > maxSize
      ? maxSize / longest
      : Math.max(1, Math.min(Math.ceil(minSize / longest), Math.floor(maxSize / longest)));
  return [Math.max(1, Math.round(height * factor)), Math.max(1, Math.round(width * factor))];
}

/** First pixels of the sources of `to` pixels among `from`, and the end behind the last. */
function starts(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to + 1 }, (_, i) => Math.floor((i * from) / to));
}

/** An image as an opaque picture of another size: each pixel is the mean of those that it stands for, or a copy of one. */
export function toPicture(image: PixelImage, height: number, width: number): Picture {
  const { channels, data } = image;
  const [low, high] = image.range ?? (data instanceof Float32Array ? [0, 1] : [0, 255]);
  const offsets = channels < 3 ? [0, 0, 0] : [0, 1, 2];
  const out = new Uint8ClampedArray(height * width * 4).fill(255);
  const [rows, columns] = [starts(image.height, height), starts(image.width, width)];
  for (let y = 0, to = 0; y < height; y++) {
    const [top, bottom] = [rows[y]!, Math.max(rows[y]! + 1, rows[y + 1]!)];
    for (let x = 0; x < width; x++, to += 4) {
      const [left, right] = [columns[x]!, Math.max(columns[x]! + 1, columns[x + 1]!)];
      for (let c = 0; c < 3; c++) {
        let total = 0;
        for (let row = top; row < bottom; row++) {
          const end = (row * image.width + right) * channels;
          for (let at = (row * image.width + left) * channels; at < end; at += channels) {
            total += data[at + offsets[c]!]!;
          }
        }
        const mean = total / ((bottom - top) * (right - left));
        out[to + c] = (255 * (mean - low)) / (high - low);
      }
    }
  }
  return { width, height, data: out };
}
