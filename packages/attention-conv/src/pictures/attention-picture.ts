/** What a pixel of an actual image attends to, head by head, over the image. */
import {
  checkOptions,
  isTensor,
  OptionError,
  quote,
  requireCount,
  ShapeError,
  type Tensor,
  type TypedArray,
} from '@saccade/tensor';
import type { Axis } from '../layers/grid.js';
import { axesFor, everyPixel } from '../layers/window.js';
import type { ImageAttention } from '../read/aligned-attention.js';
import { UnsupportedError } from '../unsupported-error.js';
import { headPanel, picturePanel, type Rectangle, sceneOf } from './attention-panels.js';
import type { Drawing } from './drawing.js';
import { type AnyCanvas, type CanvasOptions, canvasNames, drawOnCanvas } from './drawing-canvas.js';
import { drawingSvg } from './drawing-svg.js';
import { imageCells } from './image-cells.js';
import { evenColumns, offsetText, panelDrawing } from './panels.js';
import { queryEntry, weightEntry } from './weight-legend.js';

/** Options of the picture of attention on an image. */
export interface AttentionPictureOptions {
  /** Which of the images. Default 0. */
  readonly index?: number | undefined;
  /** The image's values that are shown black and white. Default: its least and its greatest. */
  readonly range?: readonly [low: number, high: number] | undefined;
  /** Panels in a row. Default: as many as make it nearly square, at most 6. */
  readonly columns?: number | undefined;
  /** Default: it says what is shown. */
  readonly title?: string | undefined;
}

const names = ['index', 'range', 'columns', 'title'] as const;

/** Pixels along an axis of what is drawn: larger files would be slow to look at. */
const mostPixels = 128;

/** The grid, with a signal as an image of one row. @throws {OptionError} @throws {UnsupportedError} for volumes */
function gridOf(op: string, { window }: ImageAttention, images: Tensor): Rectangle {
  if (!isTensor(images))
    throw new ShapeError(`${op}: images must be [batch, ...spatial, channels], got ${quote(images)}`);
  const extents = images.shape.slice(1, -1);
  if (extents.length < 1 || extents.length > 2) {
    throw new UnsupportedError(`${op}: draws images of one or two axes, got ${extents.length}`);
  }
  const axes = axesFor(op, window ?? everyPixel(extents.length), extents);
  const longest = Math.max(...axes.map(({ keys }) => keys));
  if (longest > mostPixels) {
    throw new OptionError(`${op}: draws images of at most ${mostPixels} pixels along an axis, got ${longest}`);
  }
  const row: Axis = { first: 0, keys: 1, stride: 1, queries: 1 };
  return axes.length === 1 ? [row, axes[0] as Axis] : [axes[0] as Axis, axes[1] as Axis];
}

/** @throws {OptionError} unless it is a place among the queries */
function requireQuery(op: string, query: readonly number[], axes: Rectangle, dims: number): number[] {
  const limits = axes.slice(-dims).map(({ queries }) => queries);
  const fits = Array.isArray(query) && query.length === dims;
  if (fits && query.every((q, i) => Number.isSafeInteger(q) && q >= 0 && q < (limits[i] as number))) return [...query];
  throw new OptionError(`${op}: query must be a place among ${limits.join(' x ')} queries, got ${quote(query)}`);
}

/** Weights of one query of one image: [heads, keys]. */
async function weightsAt(layer: ImageAttention, images: Tensor, index: number, query: number): Promise<TypedArray> {
  const weights = layer.weightsFor(images, query, query + 1);
  try {
    const [batch] = weights.shape as [number];
    const each = weights.size / batch;
    const from = batch === 1 ? 0 : index * each;
    return (await weights.data()).subarray(from, from + each);
  } finally {
    weights.dispose();
  }
}

async function attentionDrawing(
  op: string,
  layer: ImageAttention,
  images: Tensor,
  place: readonly number[],
  options: AttentionPictureOptions,
): Promise<Drawing> {
  const axes = gridOf(op, layer, images);
  const dims = images.rank - 2;
  const { index = 0, range, columns, title = 'What a pixel attends to' } = options;
  requireCount(op, 'index', index, 0, (images.shape[0] as number) - 1);
  const at = requireQuery(op, place, axes, dims);
  const number = at.reduce((all, q, i) => all * (axes.slice(-dims)[i] as Axis).queries + q, 0);
  const weights = await weightsAt(layer, images, index, number);
  const [full, faint] = imageCells(op, images, await images.data(), index, range);
  const scene = sceneOf(axes, dims, at, images.shape.at(-2) as number);
  const keys = axes[0].keys * axes[1].keys;
  const heads = Array.from({ length: layer.heads }, (_, h) =>
    headPanel(scene, h, weights.subarray(h * keys, (h + 1) * keys), faint),
  );
  const beyond = scene.query === undefined ? ', beyond the image' : '';
  return panelDrawing({
    title,
    spoken: `${title}: the pixel at ${offsetText(at)} of an image, ${heads.map(({ name, note }) => `${name} ${note}`).join(', ')}`,
    legend: [weightEntry("share of the head's largest weight"), queryEntry(`the query, at ${offsetText(at)}${beyond}`)],
    panels: [picturePanel(scene, full), ...heads],
    columns: columns === undefined ? evenColumns(heads.length + 1) : requireCount(op, 'columns', columns),
  });
}

/**
 * One pixel's attention on an image, a panel a head over the faded image, beside the image itself; with the largest weight, where it lies from the query, and what
 * a sink takes. Keys that were added by padding stand around the image. The text of an SVG file, readable in light and dark.
 * @param images [batch, ...spatial, channels] of one or two axes, at most 128 pixels long; they stay the caller's. Three or four channels are red, green and blue, others grey
 * @param query which query, along each axis: the pixel itself where the stride is 1
 * @param options `index` of the image; `range`; `columns`; `title`
 * @throws {OptionError} for options and queries that do not fit @throws {UnsupportedError} for volumes @throws {ShapeError} for images that do not fit
 */
export async function attentionSvg(
  layer: ImageAttention,
  images: Tensor,
  query: readonly number[],
  options: AttentionPictureOptions = {},
): Promise<string> {
  const op = 'attentionSvg';
  return drawingSvg(await attentionDrawing(op, layer, images, query, checkOptions(op, options, names)));
}

/** {@link attentionSvg} on a canvas, which gets the size of the picture. @throws as it does @throws {OptionError} for a canvas without a 2d context */
export async function drawAttention(
  canvas: AnyCanvas,
  layer: ImageAttention,
  images: Tensor,
  query: readonly number[],
  options: AttentionPictureOptions & CanvasOptions = {},
): Promise<void> {
  const op = 'drawAttention';
  checkOptions(op, options, [...names, ...canvasNames]);
  drawOnCanvas(op, canvas, await attentionDrawing(op, layer, images, query, options), options);
}
