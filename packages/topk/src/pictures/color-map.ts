/** Colours for scores: the same step in the score looks like the same step in brightness, also to the colour-blind. */
import { OptionError, quote } from '@saccade/tensor';

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Nine colours along viridis (van der Walt and Smith 2015), from dark violet to yellow. */
export const viridis: readonly string[] = [
  '#440154',
  '#472d7b',
  '#3b528b',
  '#2c728e',
  '#21918c',
  '#28ae80',
  '#5ec962',
  '#addc30',
  '#fde725',
];

function parseColor(op: string, color: string): Rgb {
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (digits === null) throw new OptionError(`${op}: colors must be like '#fde725', got ${quote(color)}`);
  return [1, 2, 3].map((i) => Number.parseInt(digits[i]!, 16)) as unknown as Rgb;
}

/** A colour for each share from 0 to 1, interpolated between the given ones. @throws {OptionError} */
export function colorMap(op: string, colors: readonly string[]): (share: number) => Rgb {
  if (!Array.isArray(colors) || colors.length < 2) {
    throw new OptionError(`${op}: colors must be an array of at least two, got ${quote(colors)}`);
  }
  const stops = colors.map((color) => parseColor(op, color));
  return (share) => {
    const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
    const before = Math.min(Math.floor(place), stops.length - 2);
    const [from, to] = [stops[before]!, stops[before + 1]!];
    return from.map((value, c) => Math.round(value + (place - before) * (to[c]! - value))) as unknown as Rgb;
  };
}

/** Scores as shares of the way from the lowest to the highest finite one; NaN and -Infinity are 0, +Infinity 1, equal ones 0. */
export function scoreShares(scores: ArrayLike<number>): Float32Array {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) continue;
    low = Math.min(low, scores[i]!);
    high = Math.max(high, scores[i]!);
  }
  return Float32Array.from(scores, (score) => {
    if (score === Number.POSITIVE_INFINITY) return 1;
    return Number.isFinite(score) && high > low ? (score - low) / (high - low) : 0;
  });
}
