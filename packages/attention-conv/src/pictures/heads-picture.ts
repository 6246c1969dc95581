/** Where each head of a layer looks from a query in the middle: one heat map a head. */
import { checkOptions, requireCount } from '@saccade/tensor';
import { type HeadFacts, type HeadReport, headReport } from '../read/head-report.js';
import { type Neighbourhood, neighbourhood, offsetAt, type PositionHeads } from '../read/marginals.js';
import { type Cell, type Drawing, frame, type Place, type Shape } from './drawing.js';
import { type AnyCanvas, type CanvasOptions, canvasNames, drawOnCanvas } from './drawing-canvas.js';
import { drawingSvg } from './drawing-svg.js';
import { evenColumns, offsetText, type Panel, panelDrawing, signed } from './panels.js';
import { heat, queryEntry, weightEntry } from './weight-legend.js';

/** A layer whose heads have weights by position: quadratic ones, learned ones of position alone, and the position part of gated ones. */
export type ReadableHeads = PositionHeads & { headFacts(): HeadFacts[] };

/** Options of the picture of all heads. */
export interface HeadsPictureOptions {
  /** Offsets -radius ... radius are shown, along each axis. Default 4, at most 32. */
  readonly radius?: number | undefined;
  /** Heads in a row. Default: as many as make it nearly square, at most 6. */
  readonly columns?: number | undefined;
  /** Default: it says what is shown. */
  readonly title?: string | undefined;
}

const names = ['radius', 'columns', 'title'] as const;

const mostRadius = 32;
/** Squares of more cells than that do not tell their weights one by one: files would be large. */
const mostTold = 16_384;
/** Room beside and below a map for the offsets. */
const [besides, below] = [28, 20];

/** One head's map: [rows, columns] of the last two axes, at the depth that it looks at most. */
function mapOf(near: Neighbourhood, { head, argmaxShift }: HeadReport): { weight: number; offset: number[] }[] {
  const size = near.p.length / near.heads;
  const extent = 2 * near.radius + 1;
  const depth = near.dims === 3 ? (argmaxShift[0] as number) + near.radius : 0;
  const slice = near.dims === 3 ? extent * extent : size;
  return Array.from({ length: slice }, (_, i) => {
    const place = depth * slice + i;
    return { weight: near.p[head * size + place] as number, offset: offsetAt(near, place) };
  });
}

/** The offsets at the ends and in the middle, below the map and on its left. */
function offsetLabels([x, y]: Place, radius: number, size: number, rows: number): Shape[] {
  const extent = 2 * radius + 1;
  const offsets = radius === 0 ? [0] : [-radius, 0, radius];
  const text = (offset: number): string => (offset > 0 ? `+${offset}` : signed(offset));
  const across = offsets.map((offset): Shape => {
    const at: Place = [x + (offset + radius + 0.5) * size, y + rows * size + 15];
    return { kind: 'text', at, text: text(offset), color: 'soft', size: 11, anchor: 'middle' };
  });
  if (rows < extent) return across;
  const down = offsets.map((offset): Shape => {
    const at: Place = [x - 6, y + (offset + radius + 0.5) * size + 4];
    return { kind: 'text', at, text: text(offset), color: 'soft', size: 11, anchor: 'end' };
  });
  return [...across, ...down];
}

function panelOf(near: Neighbourhood, report: HeadReport, size: number): Panel {
  const { radius, dims } = near;
  const extent = 2 * radius + 1;
  const rows = dims === 1 ? 1 : extent;
  const map = mapOf(near, report);
  const isTold = near.p.length <= mostTold;
  const cells = map.map(({ weight, offset }): Cell => {
    const tell = isTold ? `${offsetText(offset)}: ${Number(weight.toPrecision(3))}` : undefined;
    return { color: heat, opacity: report.maxProb > 0 ? weight / report.maxProb : 0, tell };
  });
  const middle = (at: Place): Place => [at[0] + radius * size, at[1] + (rows === 1 ? 0 : radius * size)];
  const share = report.positionShare === undefined ? '' : `, gate ${report.positionShare.toFixed(2)}`;
  return {
    name: `head ${report.head}: ${report.status}`,
    note: `${report.maxProb.toPrecision(3)} at ${offsetText(report.argmaxShift)}${share}`,
    width: besides + extent * size,
    height: rows * size + below,
    shapes: ([left, top]) => {
      const at: Place = [left + besides, top];
      return [
        { kind: 'cells', at, size, columns: extent, cells },
        frame(at, extent * size, rows * size, { color: 'line' }),
        frame(middle(at), size, size, { color: 'ink', width: 1.5 }),
        ...offsetLabels(at, radius, size, rows),
      ];
    },
  };
}

/** @throws {OptionError} for a radius that is no whole number in [0, 32], or columns that are none from 1 */
function headsDrawing(op: string, layer: ReadableHeads, options: HeadsPictureOptions): Drawing {
  const { radius = 4, columns = evenColumns(layer.heads), title = 'Where each head looks from its query' } = options;
  requireCount(op, 'radius', radius, 0, mostRadius);
  requireCount(op, 'columns', columns);
  const reports = layer.heads === 0 ? [] : headReport(layer, { radius });
  const near = layer.heads === 0 ? undefined : neighbourhood(layer, radius);
  const size = Math.max(5, Math.min(24, Math.floor(168 / (2 * radius + 1))));
  const panels = near === undefined ? [] : reports.map((report) => panelOf(near, report, size));
  const told = reports.map(({ head, status, argmaxShift }) => `head ${head} ${status} at ${offsetText(argmaxShift)}`);
  return panelDrawing({
    title: layer.heads === 0 ? `${title}: no heads` : title,
    spoken: `${title}: ${told.join(', ') || 'no heads'}`,
    legend: near === undefined ? [] : [weightEntry("share of the head's largest weight"), queryEntry('the query')],
    panels,
    columns,
  });
}

/**
 * Each head's attention around a query as a heat map over offsets (down and to the right of the query), with what the head is (`headReport`), its largest
 * weight and where that lies; of three axes the slice with the largest weight. The text of an SVG file, readable in light and dark.
 * @param options `radius`, default 4; `columns`; `title`
 * @throws {OptionError} for options that do not fit, and layers whose scores depend on content @throws {DeviceError} on a GPU, whose memory the CPU does not see
 */
export function headsSvg(layer: ReadableHeads, options: HeadsPictureOptions = {}): string {
  return drawingSvg(headsDrawing('headsSvg', layer, checkOptions('headsSvg', options, names)));
}

/** {@link headsSvg} on a canvas, which gets the size of the picture. @throws as it does @throws {OptionError} for a canvas without a 2d context */
export function drawHeads(
  canvas: AnyCanvas,
  layer: ReadableHeads,
  options: HeadsPictureOptions & CanvasOptions = {},
): void {
  const op = 'drawHeads';
  checkOptions(op, options, [...names, ...canvasNames]);
  drawOnCanvas(op, canvas, headsDrawing(op, layer, options), options);
}
