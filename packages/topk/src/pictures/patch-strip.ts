/** Patches side by side, as a selector's feature network gets them. */
import { checkOptions, OptionError, quote, ShapeError } from '@saccade/tensor';
import { dark, fillBox, textWidth, writeText } from './painter.js';
import { type Picture, type PixelImage, requireImage, toPicture } from './picture.js';
import { glyphAdvance, glyphHeight } from './pixel-font.js';

/** Patches of one size, in the order of their slots. */
export interface PatchStripInput {
  /** [count, height, width, channels], row-major; see {@link PixelImage} for channels and values. */
  readonly data: PixelImage['data'];
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The values that are shown black and white. Default: [0, 255] for bytes, [0, 1] for float32. */
  readonly range?: readonly [low: number, high: number] | undefined;
  /** A line under each patch, cut where it is too long. Default: none. */
  readonly captions?: readonly string[] | undefined;
}

/** How the strip looks. */
export interface PatchStripOptions {
  /** Height and width of a patch in the picture: smaller ones grow by whole factors, as far as they fit. Default 160. */
  readonly patchSize?: number | undefined;
  /** Patches in a row. Default: all, at most 8. */
  readonly columns?: number | undefined;
}

/** Pixels between patches, and the size of the dots of captions. */
const gap = 8;
const dot = 2;

/** @throws {OptionError} @throws {ShapeError} */
function requireStrip(op: string, input: PatchStripInput, patchSize: number, columns: number): void {
  const { count, height, data, captions } = input;
  for (const [name, value] of Object.entries({ count, patchSize, columns })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(`${op}: ${name} must be a whole number from 1, got ${quote(value)}`);
    }
  }
  if (data.length % count !== 0) throw new ShapeError(`${op}: ${data.length} values are not ${count} patches`);
  // One under the other they are an image.
  requireImage(op, { ...input, height: count * height });
  if (captions !== undefined && captions.length !== count) {
    throw new OptionError(`${op}: ${count} patches need as many captions, got ${captions.length}`);
  }
}

function paste(to: Picture, from: Picture, top: number, left: number): void {
  for (let y = 0; y < from.height; y++) {
    const row = from.data.subarray(4 * y * from.width, 4 * (y + 1) * from.width);
    to.data.set(row, 4 * ((top + y) * to.width + left));
  }
}

function blank(width: number, height: number): Picture {
  return { width, height, data: new Uint8ClampedArray(4 * width * height) };
}

/** As much of a caption as fits. */
function cutText(text: string, width: number): string {
  const letters = [...text];
  const most = Math.max(0, Math.floor((width + dot) / (glyphAdvance * dot)));
  return letters.length <= most ? text : `${letters.slice(0, Math.max(0, most - 1)).join('')}.`;
}

/**
 * Patches side by side, on transparent ground, with a caption under each: what a feature network sees.
 *
 * @param input `data` of `count` patches of `height` x `width` x `channels`; `range`; `captions`
 * @param options `patchSize`, default 160; `columns`, default all, at most 8
 * @throws {ShapeError} unless the values are those of the patches @throws {OptionError} for options that do not fit
 */
export function patchStrip(input: PatchStripInput, options: PatchStripOptions = {}): Picture {
  const op = 'patchStrip';
  const { patchSize = 160, columns = 8 } = checkOptions(op, options, ['patchSize', 'columns']);
  requireStrip(op, input, patchSize, columns);
  const { count, height, width, channels, data, range, captions } = input;
  const factor =
    Math.max(height, width) > patchSize
      ? patchSize / Math.max(height, width)
      : Math.floor(patchSize / Math.max(height, width));
  const [h, w] = [Math.max(1, Math.round(height * factor)), Math.max(1, Math.round(width * factor))];
  const across = Math.min(columns, count);
  const stepY = h + gap + (captions === undefined ? 0 : (glyphHeight + 4) * dot);
  const strip = blank(across * (w + gap) - gap, Math.ceil(count / across) * stepY - gap);
  const values = height * width * channels;
  for (let slot = 0; slot < count; slot++) {
    const [top, left] = [Math.floor(slot / across) * stepY, (slot % across) * (w + gap)];
    const patch = { height, width, channels, range, data: data.subarray(slot * values, (slot + 1) * values) };
    paste(strip, toPicture(patch, h, w), top, left);
    if (captions === undefined) continue;
    const text = cutText(captions[slot]!, w - 4 * dot);
    // On a dark ground, so that it can be read on any page.
    const bottom = top + h + (glyphHeight + 4) * dot;
    fillBox(strip, { top: top + h, left, bottom, right: left + w }, dark);
    writeText(strip, text, top + h + 2 * dot, left + Math.floor((w - textWidth(text, dot)) / 2), dot, [255, 255, 255]);
  }
  return strip;
}

/** Pictures one under the other, on transparent ground. @throws {OptionError} without any */
export function stackPictures(pictures: readonly Picture[]): Picture {
  if (pictures.length === 0) throw new OptionError('stackPictures: expected at least one picture');
  const width = Math.max(...pictures.map((picture) => picture.width));
  const height = pictures.reduce((total, picture) => total + picture.height + gap, -gap);
  const stacked = blank(width, height);
  let top = 0;
  for (const picture of pictures) {
    paste(stacked, picture, top, 0);
    top += picture.height + gap;
  }
  return stacked;
}
