/** Turns images of bytes, as rotated MNIST was made. */
import { checkOptions, OptionError, quote, requireCount } from '@saccade/tensor';

/** What the bytes are, and how far each image turns. */
export interface RotatePixelsOptions {
  readonly height: number;
  readonly width: number;
  /** Default 1. */
  readonly channels?: number | undefined;
  /** Of each image, in radians, counter-clockwise as images are shown. */
  readonly angles: ArrayLike<number>;
}

/**
 * Images [images, height, width, channels] turned about their centre, each by its own angle: bilinear interpolation in float64, 0 outside, rounded to bytes, halves up.
 * A quarter turn of a square is exact.
 * @throws {OptionError} for sizes that are no whole numbers from 1, angles that are not finite, and bytes that are not as many
 */
export function rotatePixels(pixels: Uint8Array, options: RotatePixelsOptions): Uint8Array {
  const op = 'rotatePixels';
  const { height, width, channels = 1, angles } = checkOptions(op, options, ['height', 'width', 'channels', 'angles']);
  for (const [name, value] of Object.entries({ height, width, channels })) requireCount(op, name, value);
  const size = height * width * channels;
  if (!(pixels instanceof Uint8Array) || pixels.length !== size * angles?.length) {
    const got = pixels instanceof Uint8Array ? `${pixels.length} bytes and ${angles?.length} angles` : quote(pixels);
    throw new OptionError(`${op}: expected ${size} bytes for each angle, got ${got}`);
  }
  const out = new Uint8Array(pixels.length);
  for (let image = 0; image < angles.length; image++) {
    const angle = angles[image] as number;
    if (!Number.isFinite(angle)) throw new OptionError(`${op}: angle ${image} must be a finite number, got ${angle}`);
    const [from, to] = [pixels, out].map((all) => all.subarray(image * size, (image + 1) * size)) as [
      Uint8Array,
      Uint8Array,
    ];
    rotateOne(from, to, [height, width, channels], angle);
  }
  return out;
}

function rotateOne(
  from: Uint8Array,
  to: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  angle: number,
): void {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2];
  const at = (row: number, column: number, channel: number): number =>
    row < 0 || row >= height || column < 0 || column >= width
      ? 0
      : (from[(row * width + column) * channels + channel] as number);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const [y, x] = [r - middleRow, c - middleColumn];
      const [row, column] = [cos * y + sin * x + middleRow, -sin * y + cos * x + middleColumn];
      const [top, left] = [Math.floor(row), Math.floor(column)];
      const [down, right] = [row - top, column - left];
      for (let k = 0; k < channels; k++) {
        const value =
          (1 - down) * ((1 - right) * at(top, left, k) + right * at(top, left + 1, k)) +
          down * ((1 - right) * at(top + 1, left, k) + right * at(top + 1, left + 1, k));
        to[(r * width + c) * channels + k] = Math.min(255, Math.max(0, Math.floor(value + 0.5)));
      }
    }
  }
}
