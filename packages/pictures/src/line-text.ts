/** Lines as text for terminals. */
import type { Axis } from './axis.js';
import { looks } from './chart-look.js';
import { lineAxes } from './line-axes.js';
import type { Curve, LineDrawing } from './line-drawing.js';
import { plainText } from './safe-text.js';
import { colorPlot, emptyPlot, letterPlot, markOf, painted } from './text-plot.js';

/** How much room there is, and what it can show. */
export interface LineTextSize {
  /** Characters across, from 30. */
  readonly width: number;
  /** Lines of the plot itself, from 4; its axis, title and legend come on top. */
  readonly height: number;
  /** Fine lines of braille characters in the colours of the terminal, rather than a letter for each curve. */
  readonly color: boolean;
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

/** A chart as lines of text, each of at most `width` characters and ended by a line feed. */
export function lineText(drawing: LineDrawing, { width, height, color }: LineTextSize): string {
  const { curves, title, xLabel, yLabel } = drawing;
  const axes = lineAxes(drawing, { x: Math.floor(width / 7), y: Math.max(3, Math.floor(height / 3)) });
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
