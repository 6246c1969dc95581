/** Lines as one SVG that needs nothing else and is readable in light and dark. */
import { axesSvg, short, textWidth } from './chart-frame.js';
import { type Look, looks } from './chart-look.js';
import { chartSvg } from './chart-svg.js';
import { curveSvg } from './curve-svg.js';
import { lineAxes } from './line-axes.js';
import type { Curve, LineDrawing } from './line-drawing.js';
import { escapeXml } from './safe-text.js';

/** Pixels. */
export interface LineChartSize {
  /** From 240. */
  readonly width: number;
  /** With one row of names, from 200; each further row adds to it. */
  readonly height: number;
}

/** Base line of the first names. */
const firstRow = 54;

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
  return chartSvg({ title, spoken: spoken(drawing), width, height: full }, [
    legend,
    `<text class="soft" x="16" y="${top - 14}">${escapeXml(yLabel)}</text>`,
    empty ? note : axesSvg(axes, frame),
    ...curves.map((curve, i) => curveSvg(curve, all[i]!, axes, frame, xLabel)),
    `<text class="soft" x="${(frame.left + frame.right) / 2}" y="${bottom + 42}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
  ]);
}
