/** The pixels of an image as the colours of squares. */
import { OptionError, quote, type Tensor } from '@saccade/tensor';

/** Which values are black and which are white. */
export type ImageRange = readonly [black: number, white: number];

/** Steps between black and white: few enough for pixels to share a path. */
const steps = 51;

/**
 * Attributes that fill each pixel of one of the images [batch, height, width, channels]: three or four channels are red, green and blue, else it is the mean of all, grey.
 * What is not finite is black.
 * @param range default: the least and the greatest value @throws {OptionError} for a range without extent
 */
export async function imageLooks(
  op: string,
  images: Tensor,
  index: number,
  range: ImageRange | undefined,
): Promise<string[]> {
  const [, height, width, channels] = images.shape as readonly [number, number, number, number];
  const from = index * height * width * channels;
  const values = Array.from((await images.data<'float32'>()).subarray(from, from + height * width * channels));
  const colors = Array.from({ length: height * width }, (_, pixel) =>
    colorOf(values.slice(pixel * channels, (pixel + 1) * channels)),
  );
  const [black, white] = range === undefined ? extremes(colors.flat()) : requireRange(op, range);
  const hex = (value: number): string => {
    const share = (value - black) / (white - black);
    const level = Number.isFinite(share) ? Math.round(Math.min(1, Math.max(0, share)) * steps) : 0;
    return ((255 / steps) * level).toString(16).padStart(2, '0');
  };
  // A style, as the style sheet of charts leaves paths unfilled.
  return colors.map((color) => `style="fill:#${color.map(hex).join('')}"`);
}

function colorOf(channels: readonly number[]): readonly number[] {
  if (channels.length === 3 || channels.length === 4) return channels.slice(0, 3);
  const mean = channels.reduce((sum, value) => sum + value, 0) / channels.length;
  return [mean, mean, mean];
}

function extremes(values: readonly number[]): ImageRange {
  const finite = values.filter(Number.isFinite);
  const start = finite[0] ?? 0;
  return [finite.reduce((a, b) => Math.min(a, b), start), finite.reduce((a, b) => Math.max(a, b), start)];
}

function requireRange(op: string, range: ImageRange): ImageRange {
  const fits = Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] !== range[1];
  if (fits) return range;
  throw new OptionError(`${op}: range must be [black, white], two numbers, got ${quote(range)}`);
}
