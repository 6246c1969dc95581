/** An image that is known as marks on an even ground: any window of it, or all of it made small, without its pixels. */
import type { DecodedImage } from '@saccade/nn';
import { IndexError, OptionError, requireCount, ShapeError } from '@saccade/tensor';
import { type Color, type ImageWindow, type Mark, paintWindow } from './canvas.js';
import { paintThumbnail } from './thumbnail.js';

/** A generated image. It takes memory for its marks alone, so it may be as large as 1,048,576 x 1,048,576. */
export class GeneratedImage {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly #ground: Color;
  readonly #marks: readonly Mark[];

  constructor(height: number, width: number, ground: Color, marks: readonly Mark[]) {
    this.height = height;
    this.width = width;
    this.channels = ground.length as 1 | 3;
    this.#ground = ground;
    this.#marks = marks;
  }

  /**
   * All pixels: [height, width, channels], row-major, 0 to 255.
   * @throws {OptionError} for an image of 2^31 bytes or more, of which only windows can be painted
   */
  pixels(): Uint8Array<ArrayBuffer> {
    const bytes = this.height * this.width * this.channels;
    if (bytes >= 2 ** 31) {
      throw new OptionError(
        `pixels: an image of ${this.height} x ${this.width} has ${bytes} bytes; ask for windows of it, or for a thumbnail`,
      );
    }
    return paintWindow({ top: 0, left: 0, height: this.height, width: this.width }, this.#ground, this.#marks);
  }

  /**
   * The pixels of a window, the same as in `pixels()`; needs memory for the window only.
   * @throws {OptionError} for sides that are no whole numbers from 1 @throws {IndexError} unless it lies within the image
   */
  window(window: ImageWindow): DecodedImage {
    const { top, left, height, width } = window;
    requireCount('window', 'height', height, 1, this.height);
    requireCount('window', 'width', width, 1, this.width);
    if (!(Number.isInteger(top) && top >= 0 && top + height <= this.height)) {
      throw new IndexError(`window: rows ${top} to ${top + height} are not within an image of ${this.height} rows`);
    }
    if (!(Number.isInteger(left) && left >= 0 && left + width <= this.width)) {
      throw new IndexError(`window: columns ${left} to ${left + width} are not within ${this.width} columns`);
    }
    return { height, width, channels: this.channels, data: paintWindow(window, this.#ground, this.#marks) };
  }

  /**
   * The image made small: pixel (i, j) is the rounded mean of rows [floor(i H / height), floor((i + 1) H / height)) and of
   * columns alike. Only the parts with something in them are painted, a few megabytes at a time.
   * @param size [height, width]
   * @throws {ShapeError} unless both are whole numbers from 1 to the image's own
   */
  thumbnail(size: readonly [height: number, width: number]): DecodedImage {
    const [height, width] = size;
    if (!fits(height, this.height) || !fits(width, this.width)) {
      throw new ShapeError(
        `thumbnail: size must be from [1, 1] to [${this.height}, ${this.width}], got [${height}, ${width}]`,
      );
    }
    const data = paintThumbnail(this, size, this.#ground, this.#marks);
    return { height, width, channels: this.channels, data };
  }
}

function fits(extent: number, limit: number): boolean {
  return Number.isInteger(extent) && extent >= 1 && extent <= limit;
}
