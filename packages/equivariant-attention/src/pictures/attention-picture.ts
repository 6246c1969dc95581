/** A pixel's attention for each element of the group, while the image turns: one sees the maps turn with it and change places. */
import { checkOptions, OptionError, quote, requireCount, requireShape, type Tensor } from '@saccade/tensor';
import type { Group } from '../groups/group.js';
import type { Pixel } from '../layers/pixel-attention.js';
import { keepingElements, type Sides } from '../layers/pixel-grid.js';
import { type AttentionLayer, type AttentionMapsOptions, attentionMapsNames } from './attention-maps.js';
import { attentionRows, mostMaps } from './attention-rows.js';
import { type ImageRange, imageLooks } from './image-looks.js';
import { turnedMaps } from './turned-maps.js';

/** Options of the picture. */
export interface AttentionPictureOptions extends AttentionMapsOptions {
  /** What the layer is given for images: the layers before it. Default: the images themselves, for layers that lift. */
  readonly input?: ((images: Tensor) => Tensor) | undefined;
  /** Whose elements turn the image. Default: the layer's group. Another one, for layers that are not equivariant under it. */
  readonly by?: Group | undefined;
  /** Which of these turn it, a row each, of those that map the image's pixels to its pixels. Default: all of those. */
  readonly turns?: readonly number[] | undefined;
  /** Values that are shown black and white; [1, 0] shows ink as black. Default: the least and the greatest. */
  readonly range?: ImageRange | undefined;
  /** Default: it says what is shown. */
  readonly title?: string | undefined;
  /** Pixels across, at most, from 240; but maps are no smaller than 32. Default 856. */
  readonly width?: number | undefined;
}

const op = 'attentionSvg';
const names = [...attentionMapsNames, 'input', 'by', 'turns', 'range', 'title', 'width'] as const;

/** Pixels along an axis of what is drawn: larger files would be slow to look at. */
const mostPixels = 128;

/**
 * Rows of heat maps: for the image as it is and turned by each element, the image with the query pixel, which turns with it, and where that pixel looks for each output
 * element (`attentionMaps`). Maps of the upright image are letters; in turned rows a letter is the map that should stand there, and ≠ tells where it is another. The
 * text of an SVG file, readable in light and dark.
 * @param images [batch, height, width, channels], at most 128 pixels long; they stay the caller's. Three or four channels are red, green and blue, others grey
 * @param pixel among those of the layer's input
 * @throws {OptionError} for options that do not fit, more than 26 output elements, and a pixel that is not there @throws {ShapeError} for images that do not fit
 */
export async function attentionSvg(
  layer: AttentionLayer,
  images: Tensor,
  pixel: Pixel,
  options: AttentionPictureOptions = {},
): Promise<string> {
  checkOptions(op, options, names);
  const {
    index = 0,
    head,
    input,
    by = layer.group,
    range,
    title = 'Where a pixel looks, as the image turns',
  } = options;
  const [batch, height, width] = requireShape(op, 'images', images, ['batch', 'height', 'width', 'channels']);
  const total = requireCount(op, 'width', options.width ?? 856, 240);
  requireCount(op, 'index', index, 0, batch - 1);
  if (Math.max(height, width) > mostPixels) {
    throw new OptionError(
      `${op}: draws images of at most ${mostPixels} pixels along an axis, got ${height} x ${width}`,
    );
  }
  if (layer.group.order > mostMaps) {
    throw new OptionError(`${op}: draws at most ${mostMaps} elements, got ${layer.group.order}`);
  }
  const turns = requireTurns(by, options.turns, { height, width });
  const rows = await turnedMaps(layer, images, pixel, { index, head, input, by, turns });
  const looks = await imageLooks(op, images, index, range);
  return attentionRows({ group: layer.group, by, rows, image: { looks, height, width }, title, total });
}

/** @throws {OptionError} for elements that do not keep the pixels */
function requireTurns(by: Group, turns: readonly number[] | undefined, sides: Sides): readonly number[] {
  const all = keepingElements(by, sides);
  if (turns === undefined) return all;
  if (Array.isArray(turns) && turns.length > 0 && turns.every((h) => all.includes(h))) return turns;
  const image = `${sides.height} x ${sides.width}`;
  throw new OptionError(
    `${op}: turns must be elements that map the pixels of ${image} to each other (${all.join(', ')}), got ${quote(turns)}`,
  );
}
