/** The balls of a billiard image: where they lie, and how they are painted. */
import { OptionError } from '@saccade/tensor';
import type { Canvas, Color, Mark } from './canvas.js';
import type { StreamGenerator } from './stream-generator.js';

/** The colours of balls. */
export type BilliardColor = 'green' | 'blue' | 'purple' | 'yellow' | 'red' | 'orange';

const colors: Readonly<Record<BilliardColor, Color>> = {
  green: [0, 170, 80],
  blue: [30, 60, 220],
  purple: [140, 40, 170],
  yellow: [235, 210, 40],
  red: [215, 30, 40],
  orange: [240, 130, 20],
};

const colorNames = Object.keys(colors) as BilliardColor[];

/** One ball: its centre, its number from 1 to 9 and its colour. */
export interface BilliardBall {
  readonly x: number;
  readonly y: number;
  readonly number: number;
  readonly color: BilliardColor;
}

const white: Color = [250, 250, 250];
const black: Color = [10, 10, 10];

const glyphHeight = 7;
const glyphWidth = 5;

/** The numbers 1 to 9, rows from top to bottom. */
const glyphs: readonly (readonly string[])[] = [
  '00100 01100 00100 00100 00100 00100 01110',
  '01110 10001 00001 00010 00100 01000 11111',
  '11111 00010 00100 00010 00001 10001 01110',
  '00010 00110 01010 10010 11111 00010 00010',
  '11111 10000 11110 00001 00001 10001 01110',
  '00110 01000 10000 11110 10001 10001 01110',
  '11111 00001 00010 00100 01000 01000 01000',
  '01110 10001 10001 01110 10001 10001 01110',
  '01110 10001 10001 01111 00001 00010 01100',
].map((rows) => rows.split(' '));

function paintDisc(canvas: Canvas, { x, y }: BilliardBall, radius: number, color: Color): void {
  const { top, height } = canvas.window;
  const last = Math.min(y + radius, top + height - 1);
  for (let row = Math.max(y - radius, top); row <= last; row++) {
    const half = Math.floor(Math.sqrt(radius * radius - (row - y) ** 2));
    canvas.run(row, x - half, x + half + 1, color);
  }
}

function paintNumber(canvas: Canvas, { x, y, number }: BilliardBall, scale: number): void {
  const [top, left] = [y - Math.floor((glyphHeight * scale) / 2), x - Math.floor((glyphWidth * scale) / 2)];
  for (const [i, cells] of glyphs[number - 1]!.entries()) {
    for (let j = 0; j < glyphWidth; j++) {
      if (cells[j] === '0') continue;
      for (let row = top + i * scale; row < top + (i + 1) * scale; row++) {
        canvas.run(row, left + j * scale, left + (j + 1) * scale, black);
      }
    }
  }
}

/** How a ball is painted: a disc, a white one of two thirds of its radius, and the number, floor(radius / 9) times 5 x 7 pixels. */
export function ballMark(ball: BilliardBall, radius: number): Mark {
  const side = 2 * radius + 1;
  return {
    top: ball.y - radius,
    left: ball.x - radius,
    height: side,
    width: side,
    paint: (canvas) => {
      paintDisc(canvas, ball, radius, colors[ball.color]);
      paintDisc(canvas, ball, Math.floor((2 * radius) / 3), white);
      paintNumber(canvas, ball, Math.max(1, Math.floor(radius / 9)));
    },
  };
}

/** Draws that one ball may take to find a place. */
const maxDraws = 1_000_000;

/** What {@link placeBalls} needs to know. */
export interface BilliardLayout {
  readonly height: number;
  readonly width: number;
  readonly minBalls: number;
  readonly maxBalls: number;
  readonly radius: number;
}

/**
 * Draws the balls of an image: two pixels at least between any two, and centres in columns at least two apart, so that
 * the order from left to right is plain.
 * @throws {OptionError} where no place is found for a ball
 */
export function placeBalls(op: string, stream: StreamGenerator, layout: BilliardLayout): BilliardBall[] {
  const { height, width, minBalls, maxBalls, radius } = layout;
  const balls: BilliardBall[] = [];
  const near = (2 * radius + 2) ** 2;
  for (let left = minBalls + stream.below(maxBalls - minBalls + 1), draws = 0; left > 0; ) {
    if (++draws > maxDraws) {
      throw new OptionError(
        `${op}: no place was found for ball ${balls.length + 1} of radius ${radius} in an image of ${height} x ${width}; ` +
          'make the image larger, or maxBalls or radius smaller',
      );
    }
    const x = radius + stream.below(width - 2 * radius);
    const y = radius + stream.below(height - 2 * radius);
    if (balls.some((ball) => (ball.x - x) ** 2 + (ball.y - y) ** 2 < near || Math.abs(ball.x - x) < 2)) continue;
    const number = 1 + stream.below(9);
    balls.push({ x, y, number, color: colorNames[stream.below(colorNames.length)]! });
    left--;
    draws = 0;
  }
  return balls;
}
