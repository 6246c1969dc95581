/** The picture of what a selector looked at: the image, the scores over it, and the chosen patches with their numbers. */
import { checkOptions, OptionError, quote } from '@saccade/tensor';
import { type PixelBox, patchBox } from '../patches/patch-grid.js';
import { colorMap, type Rgb, scoreShares, viridis } from './color-map.js';
import { cellBoxes, cutBox, type LookedAt, requireLook } from './grid-boxes.js';
import { bright, dark, insetBox, strokeBox, writeTag } from './painter.js';
import {
  type Picture,
  type PictureSizeOptions,
  type PixelImage,
  pictureSize,
  requireImage,
  toPicture,
} from './picture.js';

/** What an overlay shows. */
export interface OverlayInput extends LookedAt {
  readonly image: PixelImage;
  /** What stands at each chosen patch. Default: 1, 2, … */
  readonly labels?: readonly string[] | undefined;
}

/** How an overlay looks. */
export interface OverlayOptions extends PictureSizeOptions {
  /** Of the scores over the image, 0 to 1; over chosen patches it is a third of it. Default 0.5. */
  readonly opacity?: number | undefined;
  /** From the lowest score to the highest, at least two. Default: viridis. */
  readonly colors?: readonly string[] | undefined;
}

const optionNames = ['opacity', 'colors', 'maxSize', 'minSize'] as const;

/** Share of the opacity that is left over chosen patches. */
export const patchOpacity: number = 1 / 3;

/** Checks what all kinds of overlay take. @throws {OptionError} @throws {ShapeError} */
export function requireOverlay(
  op: string,
  input: OverlayInput,
  options: OverlayOptions,
): { readonly opacity: number; readonly colors: readonly string[]; readonly labels: readonly string[] } {
  const { opacity = 0.5, colors = viridis } = checkOptions(op, options, optionNames);
  if (!(typeof opacity === 'number' && opacity >= 0 && opacity <= 1)) {
    throw new OptionError(`${op}: opacity must be a number in [0, 1], got ${quote(opacity)}`);
  }
  const { image, chosen, labels = chosen.map((_, slot) => String(slot + 1)) } = input;
  requireImage(op, image);
  requireLook(op, input, image);
  if (labels.length !== chosen.length) {
    throw new OptionError(`${op}: ${chosen.length} chosen patches need as many labels, got ${labels.length}`);
  }
  return { opacity, colors, labels };
}

/** A box of the image in the pixels of its picture, cut at the edges. */
function scaleBox(box: PixelBox, image: PixelImage, picture: Picture): PixelBox {
  const { top, left, bottom, right } = cutBox(box, image);
  const y = (at: number): number => Math.round((at * picture.height) / image.height);
  const x = (at: number): number => Math.round((at * picture.width) / image.width);
  return { top: y(top), left: x(left), bottom: y(bottom), right: x(right) };
}

/** How opaque the scores are at each pixel: less over patches, so that what decided can be seen. */
function opacities(picture: Picture, patches: readonly PixelBox[], opacity: number): Float32Array {
  const all = new Float32Array(picture.width * picture.height).fill(opacity);
  for (const { top, left, bottom, right } of patches) {
    for (let y = top; y < bottom; y++) {
      all.fill(opacity * patchOpacity, y * picture.width + left, y * picture.width + right);
    }
  }
  return all;
}

/** Blends a colour into the pixels of a box. */
function blend(picture: Picture, { top, left, bottom, right }: PixelBox, color: Rgb, opacity: Float32Array): void {
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const pixel = y * picture.width + x;
      for (let c = 0; c < 3; c++) {
        const before = picture.data[4 * pixel + c]!;
        picture.data[4 * pixel + c] = before + opacity[pixel]! * (color[c]! - before);
      }
    }
  }
}

/** A bright line between two dark ones, along the inside of a box. */
function outline(picture: Picture, box: PixelBox, thickness: number): void {
  const thin = Math.ceil(thickness / 2);
  strokeBox(picture, box, 2 * thin + thickness, dark);
  strokeBox(picture, insetBox(box, thin), thickness, bright);
}

/** The image with its scores over it, without outlines, and where the chosen patches are in it. */
export function paintedScores(
  op: string,
  input: OverlayInput,
  options: OverlayOptions,
): { readonly picture: Picture; readonly boxes: readonly PixelBox[] } {
  const { image, grid, chosen, scores } = input;
  const { opacity, colors } = requireOverlay(op, input, options);
  const map = colorMap(op, colors);
  const picture = toPicture(image, ...pictureSize(op, image, options));
  const boxes = chosen.map((cell) => scaleBox(patchBox(grid, cell), image, picture));
  const opaque = opacities(picture, boxes, opacity);
  const shares = scoreShares(scores);
  for (const [cell, box] of cellBoxes(grid).entries()) {
    blend(picture, scaleBox(box, image, picture), map(shares[cell]!), opaque);
  }
  return { picture, boxes };
}

/**
 * The image with its scores in colour over it, from dark for the lowest to bright for the highest, and the chosen patches
 * outlined and numbered in the order of their slots. Plain arrays, so it runs everywhere, and as often as each epoch.
 *
 * @param input `image`, of the size that the grid is for; `scores` [rows, columns]; `grid`; `chosen`: positions of cells;
 *   `labels`: instead of numbers
 * @param options `opacity`, default 0.5; `colors`, default viridis; `maxSize`, default 1024; `minSize`, default 480
 * @returns opaque pixels
 * @throws {ShapeError} where sizes do not go together @throws {OptionError} for options that do not fit and cells outside
 */
export function scoreOverlay(input: OverlayInput, options: OverlayOptions = {}): Picture {
  const op = 'scoreOverlay';
  const { labels } = requireOverlay(op, input, options);
  const { picture, boxes } = paintedScores(op, input, options);
  const scale = Math.max(1, Math.round(Math.max(picture.width, picture.height) / 320));
  for (const box of boxes) outline(picture, box, scale);
  // From the last on, so that where patches share a corner the first number is on top.
  for (let slot = boxes.length - 1; slot >= 0; slot--) {
    writeTag(picture, labels[slot]!, boxes[slot]!, scale);
  }
  return picture;
}
