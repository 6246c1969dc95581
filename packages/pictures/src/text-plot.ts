/** The curves of a chart as lines of text. */
import type { Axis } from './axis.js';
import { looks } from './chart-look.js';
import { brailleBit, brailleSize, brailleText, traceLine } from './dots.js';
import type { Curve } from './line-drawing.js';

/** A letter for each of the series where there are no colours, and one for bounds. */
const marks = [...'*o+x#@%&abcdefghijklmnpqrstuvwyz'];
const boundMark = '.';
/** ANSI colours in the order of the chart's: blue, yellow, green, magenta, cyan, grey. */
const ansi = [94, 93, 92, 95, 96, 90];

/** Text in one of the chart's colours. */
export function painted(text: string, color: number): string {
  return `\u001b[${ansi[color]}m${text}\u001b[0m`;
}

/** The letter of one of the series. */
export function markOf(curves: readonly Curve[], i: number): string {
  if (curves[i]!.dashed) return boundMark;
  const before = curves.slice(0, i).filter(({ dashed }) => !dashed).length;
  return marks[before % marks.length]!;
}

function places(curve: Curve, [x, y]: readonly [Axis, Axis]): (readonly [number, number])[] {
  return curve.points.map(([a, b]) => [x.place(a), y.place(b)] as const);
}

/** The plot of no point at all. */
export function emptyPlot(_: readonly Curve[], __: readonly [Axis, Axis], width: number, height: number): string[] {
  const note = 'no point to draw';
  return Array.from({ length: height }, (___, row) =>
    row === Math.floor(height / 2) ? note.padStart(Math.floor((width + note.length) / 2)) : '',
  );
}

/** A letter for each of the series; where they meet the last is seen. */
export function letterPlot(
  curves: readonly Curve[],
  axes: readonly [Axis, Axis],
  width: number,
  height: number,
): string[] {
  const grid = Array.from({ length: height }, () => new Array<string>(width).fill(' '));
  for (const [i, curve] of curves.entries()) {
    const mark = markOf(curves, i);
    traceLine(places(curve, axes), width, height, (column, row) => {
      grid[row]![column] = mark;
    });
  }
  return grid.map((cells) => cells.join(''));
}

/** What a character of a plot in colours shows. */
interface Cell {
  bits: number;
  color: number;
}

/** Characters side by side, with a change of colour only where it changes. */
function cellText(cells: readonly Cell[]): string {
  let text = '';
  for (let start = 0, end = 0; start < cells.length; start = end) {
    const { bits, color } = cells[start]!;
    const same = (cell: Cell): boolean => (bits === 0 ? cell.bits === 0 : cell.bits !== 0 && cell.color === color);
    while (end < cells.length && same(cells[end]!)) end++;
    const run = cells.slice(start, end).map((cell) => brailleText(cell.bits));
    text += bits === 0 ? run.join('') : painted(run.join(''), color);
  }
  return text;
}

/** Braille characters, each in the colour of the last of the series that is in it. */
export function colorPlot(
  curves: readonly Curve[],
  axes: readonly [Axis, Axis],
  width: number,
  height: number,
): string[] {
  const cells = Array.from({ length: height }, () =>
    Array.from({ length: width }, (): Cell => ({ bits: 0, color: 0 })),
  );
  const all = looks(curves);
  for (const [i, curve] of curves.entries()) {
    let dot = 0;
    traceLine(places(curve, axes), width * brailleSize.columns, height * brailleSize.rows, (column, row) => {
      // A dashed line leaves two dots of every five out.
      if (curve.dashed && dot++ % 5 > 2) return;
      const cell = cells[Math.floor(row / brailleSize.rows)]![Math.floor(column / brailleSize.columns)]!;
      cell.bits |= brailleBit(column, row);
      cell.color = all[i]!.color;
    });
  }
  return cells.map(cellText);
}
