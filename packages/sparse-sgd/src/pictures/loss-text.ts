/** Loss against what was sent, as text for terminals. */
import { checkOptions } from '@saccade/tensor';
import { requireCount } from '../check.js';
import type { Axis } from './axis.js';
import { looks } from './chart-look.js';
import { lossAxes } from './loss-axes.js';
import { type Curve, chartNames, type LossChartOptions, lossDrawing } from './loss-series.js';
import { plainText } from './safe-text.js';
import { colorPlot, emptyPlot, letterPlot, markOf, painted } from './text-plot.js';

/** Options of {@link lossText}. */
export interface LossTextOptions extends LossChartOptions {
  /** Characters across, from 30. Default: 80. */
  readonly width?: number | undefined;
  /** Lines of the plot itself, from 4; its axis, title and legend come on top. Default: 16. */
  readonly height?: number | undefined;
  /** Fine lines of braille characters in the colours of the terminal, rather than a letter for each of the series. Default: false. */
  readonly color?: boolean | undefined;
}

/** The names of the values of the vertical axis, line by line, and the axis itself. */
function withRows(plot: readonly string[], axis: Axis): string[] {
  const names = new Map(
    axis.ticks.map(({ value, text }) => [Math.round((1 - axis.place(value)) * (plot.length - 1)), text]),
  );
  const width = Math.max(...axis.ticks.map(({ text }) => text.length), 3);
  return plot.map((line, row) => {
    const name = names.get(row);
    return `${(name ?? '').padStart(width)} ${name === undefined ? '│' : '┤'}${line}`;
  });
}

/** The horizontal axis with the names of its values below. */
function columnLines(axis: Axis, width: number, indent: number): string[] {
  const line = new Array<string>(width).fill('─');
  const names = new Array<string>(width + 8).fill(' ');
  let free = 0;
  for (const { value, text } of axis.ticks) {
    const at = Math.round(axis.place(value) * (width - 1));
    const start = Math.max(0, Math.min(width - text.length, at - Math.floor(text.length / 2)));
    line[at] = '┬';
    if (start < free) continue;
    names.splice(start, text.length, ...text);
    free = start + text.length + 1;
  }
  return [`${' '.repeat(indent - 1)}└${line.join('')}`, `${' '.repeat(indent)}${names.join('')}`];
}

/** The names of the series behind their marks, in lines of at most `width` characters. */
function legend(curves: readonly Curve[], width: number, color: boolean): string[] {
  const all = looks(curves);
  const lines: string[] = [];
  let room = 0;
  for (const [i, { name, dashed }] of curves.entries()) {
    const text = [...plainText(name)].slice(0, width - 6).join('');
    const mark = color ? painted(dashed ? '⠒⠂⠒' : '⠒⠒⠒', all[i]!.color) : markOf(curves, i).repeat(3);
    const needed = 6 + [...text].length;
    if (needed > room) [room] = [width, lines.push('')];
    lines[lines.length - 1] += `${mark} ${text}  `;
    room -= needed;
  }
  return lines;
}

/**
 * A chart of losses against bits, bytes or steps as lines of text, each of at most `width` characters and ended by a line feed.
 *
 * @param options as of `lossChart`; `width` and `height` in characters; `color`: with the colours of the terminal and finer lines
 * @throws {OptionError}
 */
export function lossText(options: LossTextOptions): string {
  const op = 'lossText';
  const {
    width = 80,
    height = 16,
    color = false,
  } = checkOptions(op, options, [...chartNames, 'width', 'height', 'color']);
  requireCount(op, 'width', width, 30);
  requireCount(op, 'height', height, 4);
  const drawing = lossDrawing(op, options);
  const { curves, title, xLabel, yLabel } = drawing;
  const axes = lossAxes(drawing, { x: Math.floor(width / 7), y: Math.max(3, Math.floor(height / 3)) });
  const indent = Math.max(...axes[1].ticks.map(({ text }) => text.length), 3) + 2;
  const empty = curves.every(({ points }) => points.length === 0);
  const plot = (empty ? emptyPlot : color ? colorPlot : letterPlot)(curves, axes, width - indent, height);
  const cut = (text: string): string => [...plainText(text)].slice(0, width).join('');
  return [
    cut(title),
    cut(yLabel),
    ...withRows(plot, axes[1]),
    ...columnLines(axes[0], width - indent, indent),
    cut(xLabel.padStart(Math.floor((width + indent + xLabel.length) / 2))),
    ...legend(curves, width, color),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
