/** The frame of a chart: where its plot lies, and the axes around it. */
import type { Axis } from './axis.js';

/** Where the frame of the plot lies, in pixels. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Pixels with one decimal. */
export function short(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Pixels that a text needs, about: its letters are as wide as those of most fonts, or narrower. */
export function textWidth(text: string, size = 13): number {
  return 0.58 * size * [...text].length;
}

/** Where a point of the plot lies. */
export function pixelOf(
  [a, b]: readonly [number, number],
  [x, y]: readonly [Axis, Axis],
  { left, right, top, bottom }: Frame,
): readonly [number, number] {
  return [short(left + x.place(a) * (right - left)), short(bottom - y.place(b) * (bottom - top))];
}

/** The grid and the names of the values of both axes, for the inside of a chart. */
export function axesSvg([x, y]: readonly [Axis, Axis], { left, right, top, bottom }: Frame): string {
  const columns = x.ticks.map(({ value, text }) => {
    const at = short(left + x.place(value) * (right - left));
    return `<path class="grid" d="M${at} ${top}V${bottom}"/><text class="soft" x="${at}" y="${bottom + 20}" text-anchor="middle">${text}</text>`;
  });
  const rows = y.ticks.map(({ value, text }) => {
    const at = short(bottom - y.place(value) * (bottom - top));
    return `<path class="grid" d="M${left} ${at}H${right}"/><text class="soft" x="${left - 8}" y="${at + 4.5}" text-anchor="end">${text}</text>`;
  });
  return `${columns.join('')}${rows.join('')}<path class="axis" d="M${left} ${bottom}H${right}"/>`;
}
