/** Rectangles, outlines and words on a picture. */
import type { PixelBox } from '../patches/patch-grid.js';
import type { Rgb } from './color-map.js';
import { cutBox } from './grid-boxes.js';
import type { Picture } from './picture.js';
import { glyphAdvance, glyphHeight, glyphRows } from './pixel-font.js';

/** Of outlines and tags: dark and bright side by side are seen on any image and any page. */
export const dark: Rgb = [16, 16, 24];
export const bright: Rgb = [255, 255, 255];

/** Fills a box as far as it is within the picture. */
export function fillBox(picture: Picture, box: PixelBox, color: Rgb): void {
  const { top, left, bottom, right } = cutBox(box, picture);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) picture.data.set([...color, 255], 4 * (y * picture.width + x));
  }
}

/** A box smaller by some pixels on each side. */
export function insetBox({ top, left, bottom, right }: PixelBox, by: number): PixelBox {
  return { top: top + by, left: left + by, bottom: bottom - by, right: right - by };
}

/** A line of some thickness along the inside of a box. */
export function strokeBox(picture: Picture, box: PixelBox, thickness: number, color: Rgb): void {
  const { top, left, bottom, right } = box;
  const t = Math.min(thickness, bottom - top, right - left);
  fillBox(picture, { ...box, bottom: top + t }, color);
  fillBox(picture, { ...box, top: bottom - t }, color);
  fillBox(picture, { ...box, right: left + t }, color);
  fillBox(picture, { ...box, left: right - t }, color);
}

/** Width of a line of text. */
export function textWidth(text: string, scale: number): number {
  return Math.max(0, [...text].length * glyphAdvance - 1) * scale;
}

/** Writes one line of text with its upper left corner at a place; each dot of a letter is a square of `scale` pixels. */
export function writeText(picture: Picture, text: string, top: number, left: number, scale: number, color: Rgb): void {
  for (const [i, character] of [...text].entries()) {
    for (const [y, row] of glyphRows(character).entries()) {
      for (let x = 0; x < 5; x++) {
        if (((row >> (4 - x)) & 1) === 0) continue;
        const [dotTop, dotLeft] = [top + y * scale, left + (i * glyphAdvance + x) * scale];
        fillBox(picture, { top: dotTop, left: dotLeft, bottom: dotTop + scale, right: dotLeft + scale }, color);
      }
    }
  }
}

/** Bright text on a dark ground, at the upper left corner of a box: above it, or in it where the picture ends there. */
export function writeTag(picture: Picture, text: string, box: PixelBox, scale: number): void {
  const [height, width] = [(glyphHeight + 4) * scale, textWidth(text, scale) + 4 * scale];
  const top = box.top >= height ? box.top - height : box.top;
  const left = Math.max(0, Math.min(box.left, picture.width - width));
  fillBox(picture, { top, left, bottom: top + height, right: left + width }, dark);
  writeText(picture, text, top + 2 * scale, left + 2 * scale, scale, bright);
}
