/** One curve of a chart: its band, its line, its points. */
import type { Axis } from './axis.js';
import { type Frame, pixelOf } from './chart-frame.js';
import type { Look } from './chart-look.js';
import type { Curve } from './line-drawing.js';
import { escapeXml } from './safe-text.js';
import { shortNumber } from './short-number.js';

/** Curves with no more points than that show each of them. */
const dottedPoints = 25;

/** Those of many points in a column of pixels that shape a line: the first, the lowest, the highest, the last. */
function thin(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const kept: (readonly [number, number])[] = [];
  for (let start = 0, end = 1; start < points.length; start = end++) {
    const column = Math.round(points[start]![0]);
    while (end < points.length && Math.round(points[end]![0]) === column) end++;
    const group = points.slice(start, end);
    const [low, high] = group.reduce(
      ([a, b], point) => [point[1] < a[1] ? point : a, point[1] > b[1] ? point : b],
      [group[0]!, group[0]!],
    );
    const chosen = new Set([group[0]!, low, high, group.at(-1)!]);
    kept.push(...group.filter((point) => chosen.has(point)));
  }
  return kept;
}

/** @param unit what stands behind a place on the horizontal axis */
export function curveSvg(
  curve: Curve,
  { color, dash }: Look,
  axes: readonly [Axis, Axis],
  frame: Frame,
  unit: string,
): string {
  const { name, points, hollow = [], dashed } = curve;
  if (points.length === 0) return '';
  const pixels = points.map((point) => pixelOf(point, axes, frame));
  const line = thin(pixels).map(([a, b]) => `${a} ${b}`);
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  const tell = (i: number): string => {
    const [a, b] = points[i]!;
    return `${hollow[i] ? 'at most ' : ''}${shortNumber(b, 4)} at ${shortNumber(a, 4)} ${unit}`;
  };
  const dotSvg = ([x, y]: readonly [number, number], i: number): string => {
    const look = hollow[i] ? `c${color} hollow" stroke-width="1.6` : `d${color}`;
    const told = `<title>${escapeXml(`${name}: ${tell(i)}`)}</title>`;
    return `<circle class="${look}" cx="${x}" cy="${y}" r="3">${told}</circle>`;
  };
  const dots = !dashed && points.length <= dottedPoints ? pixels.map(dotSvg) : [];
  const title = `<title>${escapeXml(`${name}: ends with ${tell(points.length - 1)}`)}</title>`;
  const path = `<path class="c${color}" stroke-width="2.2"${dashes} d="M${line.join('L')}">${title}</path>`;
  return `${bandSvg(curve, color, axes, frame)}${path}${dots.join('')}`;
}

/** From where to where the points may lie. */
function bandSvg({ points, spread }: Curve, color: number, axes: readonly [Axis, Axis], frame: Frame): string {
  if (spread === undefined) return '';
  const edge = (end: 0 | 1): string[] =>
    points.map(([a], i) => pixelOf([a, spread[i]![end]], axes, frame)).map(([x, y]) => `${x} ${y}`);
  return `<path class="d${color}" fill-opacity="0.18" d="M${[...edge(1), ...edge(0).reverse()].join('L')}z"/>`;
}
