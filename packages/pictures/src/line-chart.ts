/** Lines as one SVG that needs nothing else and is readable in light and dark. */
import type { Axis } from './axis.js';
import { chartStyle, type Look, looks } from './chart-look.js';
import { lineAxes } from './line-axes.js';
import type { Curve, LineDrawing } from './line-drawing.js';
import { escapeXml } from './safe-text.js';
import { shortNumber } from './short-number.js';

/** Pixels. */
export interface LineChartSize {
  /** From 240. */
  readonly width: number;
  /** With one row of names, from 200; each further row adds to it. */
  readonly height: number;
}

/** Where the frame of the plot lies. */
interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Curves with no more points than that show each of them. */
const dottedPoints = 25;
/** Base line of the first names. */
const firstRow = 54;

function short(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Pixels that a text needs, about: its letters are as wide as those of most fonts, or narrower. */
export function textWidth(text: string, size = 13): number {
  return 0.58 * size * [...text].length;
}

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

function curveSvg(
  curve: Curve,
  { color, dash }: Look,
  [x, y]: readonly [Axis, Axis],
  frame: Frame,
  unit: string,
): string {
  const pixels = curve.points.map(
    ([a, b]) =>
      [
        short(frame.left + x.place(a) * (frame.right - frame.left)),
        short(frame.bottom - y.place(b) * (frame.bottom - frame.top)),
      ] as const,
  );
  if (pixels.length === 0) return '';
  const line = thin(pixels).map(([a, b]) => `${a} ${b}`);
  const dashed = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  const tell = ([a, b]: readonly [number, number]): string => `${shortNumber(b, 4)} at ${shortNumber(a, 4)} ${unit}`;
  const dots = curve.points.map(
    (point, i) =>
      `<circle class="d${color}" cx="${pixels[i]![0]}" cy="${pixels[i]![1]}" r="3"><title>${escapeXml(`${curve.name}: ${tell(point)}`)}</title></circle>`,
  );
  const shown = !curve.dashed && dots.length <= dottedPoints ? dots : [];
  const title = `<title>${escapeXml(`${curve.name}: ends with ${tell(curve.points.at(-1)!)}`)}</title>`;
  return `<path class="c${color}" stroke-width="2.2"${dashed} d="M${line.join('L')}">${title}</path>${shown.join('')}`;
}

function axesSvg([x, y]: readonly [Axis, Axis], { left, right, top, bottom }: Frame): string {
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

/** The names of the curves beside samples, in rows of at most `width` pixels from `top` on. */
function legendSvg(
  curves: readonly Curve[],
  all: readonly Look[],
  width: number,
  top: number,
): [svg: string, bottom: number] {
  let [left, y] = [16, top];
  const entries = curves.map(({ name }, i) => {
    const { color, dash } = all[i]!;
    const needed = 32 + textWidth(name);
    if (left > 16 && left + needed > width - 16) [left, y] = [16, y + 22];
    const at = left;
    left += needed + 22;
    const dashed = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
    return `<path class="c${color}" stroke-width="2.6"${dashed} d="M${at} ${y - 4.5}h24"/><text x="${short(at + 32)}" y="${y}">${escapeXml(name)}</text>`;
  });
  return [entries.join(''), y];
}

/** What a chart says to those who do not see it. */
function spoken({ title, curves, xLabel, yLabel }: LineDrawing): string {
  return `${title}: ${yLabel} by ${xLabel}, for ${curves.map(({ name }) => name).join(', ')}`;
}

/** A chart with axes and a legend as the text of an SVG file. Points tell their values to those who point at them. */
export function lineChart(drawing: LineDrawing, { width, height }: LineChartSize): string {
  const { curves, xLabel, yLabel, title } = drawing;
  const all = looks(curves);
  const [legend, legendBottom] = legendSvg(curves, all, width, firstRow);
  const top = legendBottom + 38;
  const bottom = top + height - firstRow - 92;
  const axes = lineAxes(drawing, { x: Math.floor(width / 72), y: Math.max(3, Math.floor((bottom - top) / 45)) });
  const left = 24 + Math.max(...axes[1].ticks.map(({ text }) => textWidth(text)), 20);
  const frame = { left: short(left), right: width - 24, top, bottom };
  const empty = curves.every(({ points }) => points.length === 0);
  const note = `<text class="soft" x="${(frame.left + frame.right) / 2}" y="${(top + bottom) / 2}" text-anchor="middle">no point to draw</text>`;
  const full = bottom + 54;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="line-chart" role="img" aria-label="${escapeXml(spoken(drawing))}" viewBox="0 0 ${width} ${full}" width="${width}" height="${full}" style="max-width:100%;height:auto">`,
    `<style>${chartStyle}</style>`,
    `<rect class="paper" width="${width}" height="${full}"/>`,
    `<text class="title" x="16" y="28">${escapeXml(title)}</text>`,
    legend,
    `<text class="soft" x="16" y="${top - 14}">${escapeXml(yLabel)}</text>`,
    empty ? note : axesSvg(axes, frame),
    ...curves.map((curve, i) => curveSvg(curve, all[i]!, axes, frame, xLabel)),
    `<text class="soft" x="${(frame.left + frame.right) / 2}" y="${bottom + 42}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    '</svg>\n',
  ].join('\n');
}
