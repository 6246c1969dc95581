/** Centres and spreads of the heads of layers: as ellipses around the query, as the paper draws them, or as curves of one axis. */
import { textWidth } from '@saccade/pictures';
import { checkOptions, OptionError, quote, requireCount } from '@saccade/tensor';
import { UnsupportedError } from '../unsupported-error.js';
import { curvesPanel } from './curves-panel.js';
import type { Drawing } from './drawing.js';
import { type AnyCanvas, type CanvasOptions, canvasNames, drawOnCanvas } from './drawing-canvas.js';
import { drawingSvg } from './drawing-svg.js';
import { ellipsesPanel, fittingRadius, levels } from './ellipses-panel.js';
import { headLook } from './head-look.js';
import { type HeadShape, headShapes } from './head-shapes.js';
import type { ReadableHeads } from './heads-picture.js';
import { evenColumns, type LegendEntry, type Panel, panelDrawing } from './panels.js';
import { queryEntry } from './weight-legend.js';

/** Options of the picture of centres and spreads. */
export interface ContoursPictureOptions {
  /** Offsets -radius ... radius are shown. Default: as far as centres and spreads go, from 2 to 8. At most 64. */
  readonly radius?: number | undefined;
  /** What stands above each layer. Default: layer 1, layer 2, ... */
  readonly names?: readonly string[] | undefined;
  /** Layers in a row. Default: as many as make it nearly square, at most 6. */
  readonly columns?: number | undefined;
  /** Default: it says what is shown. */
  readonly title?: string | undefined;
}

const optionNames = ['radius', 'names', 'columns', 'title'] as const;
const mostRadius = 64;

/** Heads with their colours; more of them look like earlier ones. */
function headEntries(count: number): LegendEntry[] {
  return Array.from({ length: count }, (_, head) => ({
    text: `head ${head}`,
    width: 20,
    sample: ([x, y]) => [
      {
        kind: 'line' as const,
        places: [
          [x, y],
          [x + 20, y],
        ] as const,
        ...headLook(head),
        width: 2.5,
      },
    ],
  }));
}

/** Two ellipses, as they are drawn. */
const levelEntry: LegendEntry = {
  text: `${levels.outer} (line) and ${levels.inner} (filled) of the largest weight`,
  width: 26,
  sample: ([x, y]) => [
    { kind: 'ellipse', at: [x + 13, y], radii: [13, 8], color: 'soft' },
    { kind: 'ellipse', at: [x + 13, y], radii: [8, 5], color: 'soft', fill: 0.25 },
  ],
};

/** @throws {OptionError} unless they are layers of as many axes @throws {UnsupportedError} for three */
function requireLayers(op: string, layers: readonly ReadableHeads[]): 1 | 2 {
  const dims = new Set(layers.map((layer) => layer?.dims));
  if (layers.length === 0 || dims.size !== 1) {
    throw new OptionError(`${op}: expected layers of as many axes each, at least one, got axes ${quote([...dims])}`);
  }
  const [axes] = dims;
  if (axes === 1 || axes === 2) return axes;
  throw new UnsupportedError(
    `${op}: draws layers of one or two axes, got ${quote(axes)}; headsSvg shows a slice of three`,
  );
}

function noteOf(shapes: readonly HeadShape[], radius: number, dims: number): string {
  const nowhere = shapes.filter(({ center }) => center === undefined).length;
  const outside = shapes.filter(({ center }) => center?.some((c) => Math.abs(c) > radius + 0.5)).length;
  const parts = [
    `${shapes.length} ${shapes.length === 1 ? 'head' : 'heads'}`,
    ...(nowhere > 0 && dims === 2 ? [`${nowhere} degenerate`] : []),
    ...(outside > 0 ? [`${outside} beyond ${radius}`] : []),
    ...(shapes.some(({ measured }) => measured) ? ['by mean and covariance'] : []),
  ];
  return parts.join(', ');
}

/** Rows of the legend stay in the width of the panels. */
function columnsFor(count: number, width: number): number {
  return Math.max(evenColumns(count), Math.min(count, Math.ceil(480 / width)));
}

function contoursDrawing(
  op: string,
  given: ReadableHeads | readonly ReadableHeads[],
  options: ContoursPictureOptions,
): Drawing {
  const layers = [given].flat() as ReadableHeads[];
  const dims = requireLayers(op, layers);
  if (options.radius !== undefined) requireCount(op, 'radius', options.radius, 0, mostRadius);
  if (options.columns !== undefined) requireCount(op, 'columns', options.columns);
  const { names = layers.map((_, i) => `layer ${i + 1}`), title = 'Centres and spreads of the heads' } = options;
  if (names.length !== layers.length) {
    throw new OptionError(`${op}: ${layers.length} layers need as many names, got ${names.length}`);
  }
  const shapes = layers.map((layer) => headShapes(layer, options.radius ?? 4));
  const radius = options.radius ?? fittingRadius(shapes.flat());
  const panels = layers.map((layer, i): Panel => {
    const own = shapes[i] as HeadShape[];
    const part = dims === 2 ? ellipsesPanel(own, radius) : curvesPanel(layer, radius);
    return { name: names[i] as string, note: noteOf(own, radius, dims), ...part };
  });
  const most = Math.max(...layers.map(({ heads }) => heads));
  const named = headEntries(most);
  const marks = dims === 2 ? [levelEntry, queryEntry("the query's pixel")] : [];
  const wide = Math.max(...panels.map(({ width, name }) => Math.max(width, textWidth(name))));
  return panelDrawing({
    title,
    spoken: `${title}, of ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}: ${names.join(', ')}`,
    legend: [...marks, ...named],
    panels,
    columns: options.columns ?? columnsFor(layers.length, wide),
  });
}

/**
 * Centres and spreads of all heads, around the query's pixel: of two axes ellipses on which the weight is 0.1 and 0.4 of its largest, by the parameters of a
 * quadratic or gated layer, else with the mean and covariance of the head's weights; of one axis the weights as curves. Degenerate heads, which have no place, are
 * counted and left out. The text of an SVG file, readable in light and dark.
 * @param layers one layer or several of as many axes, such as those of a model
 * @param options `radius`; `names`; `columns`; `title`
 * @throws {OptionError} for options that do not fit, no layers, or layers of different axes @throws {UnsupportedError} for three axes
 * @throws {DeviceError} on a GPU, whose memory the CPU does not see
 */
export function contoursSvg(
  layers: ReadableHeads | readonly ReadableHeads[],
  options: ContoursPictureOptions = {},
): string {
  const op = 'contoursSvg';
  return drawingSvg(contoursDrawing(op, layers, checkOptions(op, options, optionNames)));
}

/** {@link contoursSvg} on a canvas, which gets the size of the picture. @throws as it does @throws {OptionError} for a canvas without a 2d context */
export function drawContours(
  canvas: AnyCanvas,
  layers: ReadableHeads | readonly ReadableHeads[],
  options: ContoursPictureOptions & CanvasOptions = {},
): void {
  const op = 'drawContours';
  checkOptions(op, options, [...optionNames, ...canvasNames]);
  drawOnCanvas(op, canvas, contoursDrawing(op, layers, options), options);
}
