/** What a megapixel digits image consists of: digits and strokes that are no digits; where they lie, and how they are painted. */
import { digits8x8 } from '@saccade/nn';
import { OptionError } from '@saccade/tensor';
import { type Mark, overlap } from './canvas.js';
import type { GeneratedSplit, StreamGenerator } from './stream-generator.js';

/** One digit of an image: its upper left corner, what it shows, and which of the 1797 digits it is. */
export interface MegapixelDigit {
  readonly y: number;
  readonly x: number;
  readonly number: number;
  readonly source: number;
}

/** What {@link placeDigits} and {@link drawNoise} need to know. */
export interface DigitsLayout {
  readonly height: number;
  readonly width: number;
  /** Side of a digit: 8 times a whole number. */
  readonly side: number;
  readonly same: number;
  readonly other: number;
  readonly noise: number;
}

/** Digits that only training images show; other splits show the rest. */
const trainDigits = 1200;

/** The digits that a split may show, by what they show. */
export function digitPool(split: GeneratedSplit): number[][] {
  const { labels } = digits8x8();
  const pool: number[][] = Array.from({ length: 10 }, () => []);
  for (const [i, label] of labels.entries()) if (i < trainDigits === (split === 'train')) pool[label]!.push(i);
  return pool;
}

/** A line from one pixel to another in a box of `side` pixels, two pixels broad where the box allows. */
function strokeMark(stream: StreamGenerator, top: number, left: number, side: number, value: number): Mark {
  const [y0, x0, y1, x1] = [stream.below(side), stream.below(side), stream.below(side), stream.below(side)];
  const steps = Math.max(Math.abs(y1 - y0), Math.abs(x1 - x0));
  const between = (from: number, to: number, t: number): number =>
    steps === 0 ? from : from + Math.floor((2 * (to - from) * t + steps) / (2 * steps));
  return {
    top,
    left,
    height: side,
    width: side,
    paint: (canvas) => {
      for (let t = 0; t <= steps; t++) {
        const x = between(x0, x1, t);
        canvas.run(top + between(y0, y1, t), left + x, left + Math.min(x + 2, side), [value]);
      }
    },
  };
}

/** Draws the noise: pairs of strokes of one grey. */
export function drawNoise(stream: StreamGenerator, { height, width, side, noise }: DigitsLayout): Mark[] {
  const marks: Mark[] = [];
  for (let i = 0; i < noise; i++) {
    const y = stream.below(height - side + 1);
    const x = stream.below(width - side + 1);
    const value = 128 + stream.below(128);
    marks.push(strokeMark(stream, y, x, side, value), strokeMark(stream, y, x, side, value));
  }
  return marks;
}

/** Draws that one digit may take to find a place. */
const maxDraws = 1_000_000;

/**
 * Draws the digits of an image: first those that show its label, then the others, none over another.
 * @throws {OptionError} where no place is found for a digit
 */
export function placeDigits(
  op: string,
  stream: StreamGenerator,
  pool: readonly (readonly number[])[],
  { height, width, side, same, other }: DigitsLayout,
): MegapixelDigit[] {
  const label = stream.below(10);
  const numbers = new Array<number>(same).fill(label);
  for (let i = 0; i < other; i++) numbers.push((label + 1 + stream.below(9)) % 10);
  const boxes: { top: number; left: number; height: number; width: number }[] = [];
  return numbers.map((number, placed) => {
    const source = pool[number]![stream.below(pool[number]!.length)]!;
    for (let draws = 0; draws < maxDraws; draws++) {
      const top = stream.below(height - side + 1);
      const left = stream.below(width - side + 1);
      const box = { top, left, height: side, width: side };
      if (boxes.some((earlier) => overlap(earlier, box))) continue;
      boxes.push(box);
      return { y: top, x: left, number, source };
    }
    throw new OptionError(
      `${op}: no place was found for digit ${placed + 1} of ${side} x ${side} in an image of ${height} x ${width}; ` +
        'make the image larger, or show fewer digits or smaller ones',
    );
  });
}

/** How a digit is painted: over all that was there, paper included; ink 0 to 16 becomes 0 to 255. */
export function digitMark({ y, x, source }: MegapixelDigit, side: number): Mark {
  const up = side / 8;
  return {
    top: y,
    left: x,
    height: side,
    width: side,
    paint: (canvas) => {
      const { pixels } = digits8x8();
      for (let row = 0; row < side; row++) {
        for (let column = 0; column < 8; column++) {
          const ink = pixels[source * 64 + Math.floor(row / up) * 8 + column]!;
          canvas.run(y + row, x + column * up, x + (column + 1) * up, [Math.floor((ink * 255 + 8) / 16)]);
        }
      }
    },
  };
}
