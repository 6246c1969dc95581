/** An image as coloured squares, as it is and faded. */
import { OptionError, quote, type Tensor } from '@saccade/tensor';
import type { Cell, Color } from './drawing.js';

/** How much is left of an image under attention. */
const faded = 0.35;

function hex(value: number): string {
  return Math.round(Math.min(1, Math.max(0, value)) * 255)
    .toString(16)
    .padStart(2, '0');
}

/** Red, green and blue of three or four channels, else grey: the mean of all. */
function shown(values: ArrayLike<number>, from: number, channels: number): [number, number, number] {
  const at = (c: number): number => values[from + c] as number;
  if (channels === 3 || channels === 4) return [at(0), at(1), at(2)];
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += at(c);
  return [sum / channels, sum / channels, sum / channels];
}

function extremes(values: readonly number[]): [low: number, high: number] {
  const first = values[0] ?? 0;
  return [values.reduce((a, b) => Math.min(a, b), first), values.reduce((a, b) => Math.max(a, b), first)];
}

/**
 * The pixels of one of the images [batch, ...spatial, channels], row by row: as they are, and faded to grey.
 * @throws {OptionError} for a range without extent
 */
export function imageCells(
  op: string,
  images: Tensor,
  data: ArrayLike<number>,
  index: number,
  range: readonly [low: number, high: number] | undefined,
): [full: Cell[], faint: Cell[]] {
  const channels = images.shape.at(-1) as number;
  const pixels = images.shape.slice(1, -1).reduce((a, b) => a * b, 1);
  const colors = Array.from({ length: pixels }, (_, i) => shown(data, (index * pixels + i) * channels, channels));
  const finite = colors.flat().filter(Number.isFinite);
  const [low, high] = range ?? extremes(finite);
  if (range !== undefined && !(high > low)) {
    throw new OptionError(`${op}: range must be [low, high] with low < high, got ${quote(range)}`);
  }
  const share = (value: number): number => (Number.isFinite(value) ? (value - low) / (high - low || 1) : 0);
  const full = colors.map(
    (rgb): Cell => ({ color: `#${rgb.map((v) => hex(share(v))).join('')}` as Color, opacity: 1 }),
  );
  const faint = colors.map(([r, g, b]): Cell => {
    const grey = hex(share(0.299 * r + 0.587 * g + 0.114 * b));
    return { color: `#${grey}${grey}${grey}`, opacity: faded };
  });
  return [full, faint];
}
