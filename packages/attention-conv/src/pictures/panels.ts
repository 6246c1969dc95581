/** Panels side by side under a title and a legend. */
import { textWidth } from '@saccade/pictures';
import type { Drawing, Place, Shape } from './drawing.js';

/** A part of a picture with a name of its own. */
export interface Panel {
  readonly name: string;
  /** A second line, which matters less. */
  readonly note: string;
  readonly width: number;
  readonly height: number;
  /** What it shows, with its upper left corner at a place. */
  shapes(at: Place): Shape[];
}

/** What a mark of the picture means. */
export interface LegendEntry {
  readonly text: string;
  /** Width of the sample. */
  readonly width: number;
  /** The sample, on a line of text whose middle is at a place. */
  sample(at: Place): Shape[];
}

/** What all pictures have in common. */
export interface PanelPicture {
  readonly title: string;
  readonly spoken: string;
  readonly legend: readonly LegendEntry[];
  readonly panels: readonly Panel[];
  /** Panels in a row. */
  readonly columns: number;
}

const margin = 16;
const gap = 24;
/** Room above a panel for its two lines. */
const captions = 40;
const legendLine = 24;

/** Columns of a nearly square arrangement, at most 6. */
export function evenColumns(count: number): number {
  return Math.max(1, Math.min(6, Math.ceil(Math.sqrt(count))));
}

/** Shapes of a legend in rows of at most `width` pixels, and where it ends. */
function legendShapes(entries: readonly LegendEntry[], width: number, top: number): [Shape[], number] {
  let [left, y] = [margin, top];
  const shapes = entries.flatMap(({ text, width: sample, sample: draw }): Shape[] => {
    const needed = sample + 8 + textWidth(text);
    if (left > margin && left + needed > width - margin) [left, y] = [margin, y + legendLine];
    const at = left;
    left += needed + 22;
    return [...draw([at, y]), { kind: 'text', at: [at + sample + 8, y + 4.5], text, color: 'ink' }];
  });
  return [shapes, entries.length === 0 ? top - legendLine : y];
}

/** The picture of panels. */
export function panelDrawing({ title, spoken, legend, panels, columns }: PanelPicture): Drawing {
  const widths = panels.map(({ name, note, width }) => Math.max(width, textWidth(name), textWidth(note)));
  const [across, down] = [Math.max(0, ...widths), Math.max(0, ...panels.map(({ height }) => height))];
  const used = Math.max(1, Math.min(columns, panels.length));
  const widest = Math.max(0, ...legend.map(({ text, width: sample }) => sample + 8 + textWidth(text)));
  const grid = used * (across + gap) - gap;
  const width = Math.ceil(2 * margin + Math.max(grid, textWidth(title, 16), widest));
  const [legendPart, legendEnd] = legendShapes(legend, width, 52);
  const top = legendEnd + 26;
  const rows = Math.ceil(panels.length / used);
  const parts = panels.flatMap((panel, i): Shape[] => {
    const [x, y] = [margin + (i % used) * (across + gap), top + Math.floor(i / used) * (captions + down + gap)];
    return [
      { kind: 'text', at: [x, y + 13], text: panel.name, color: 'ink', bold: true },
      { kind: 'text', at: [x, y + 30], text: panel.note, color: 'soft' },
      ...panel.shapes([x, y + captions]),
    ];
  });
  return {
    width,
    height: Math.ceil(top + rows * (captions + down + gap) - gap + margin),
    spoken,
    shapes: [
      { kind: 'text', at: [margin, 28], text: title, color: 'ink', size: 16, bold: true },
      ...legendPart,
      ...parts,
    ],
  };
}

/** An offset as pictures write it: `(−1, 0)`. */
export function offsetText(offset: readonly number[], digits = 2): string {
  const texts = offset.map((value) => signed(Number(value.toFixed(digits))));
  return texts.length === 1 ? (texts[0] as string) : `(${texts.join(', ')})`;
}

/** A number with a true minus. */
export function signed(value: number): string {
  return value < 0 ? `−${-value}` : String(value || 0);
}
