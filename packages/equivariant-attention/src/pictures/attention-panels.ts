/** The parts of the picture of attention: a map over the image, the query pixel, and what they mean. */
import { shortNumber, textWidth } from '@saccade/pictures';
import { short, squaresSvg } from './squares-svg.js';
import { lineHeight, linesOf, textSvg } from './text-lines.js';
import type { TurnedMaps } from './turned-maps.js';

/** A map is another one, turned, if they differ by no more, of the largest weight. */
export const sameWithin = 1e-4;

/** How much is left of an image under attention. */
const faded = 0.25;
const frames = 5;

/** An image, or a map over it. */
export interface GridPanel {
  /** Upper left corner. */
  readonly at: readonly [x: number, y: number];
  /** Pixels of the picture for one of the map. */
  readonly cell: number;
  /** Of the map. */
  readonly height: number;
  readonly width: number;
  /** The image's pixels, if they lie evenly under those of the map. */
  readonly image: { readonly looks: readonly string[]; readonly width: number } | undefined;
}

/** The panel's image. @param opacity default 1 */
function imageSvg({ at, cell, width, image }: GridPanel, opacity = 1): string {
  if (image === undefined) return '';
  const squares = squaresSvg({ at, size: (cell * width) / image.width, columns: image.width }, image.looks);
  return opacity === 1 ? squares : `<g opacity="${opacity}">${squares}</g>`;
}

/** The image with the query pixel. */
export function imagePanel(panel: GridPanel, query: number): string {
  return `${imageSvg(panel)}${frameSvg(panel, 'axis', 1)}${querySvg(panel, query)}`;
}

/** A map over the faded image. @param most the weight that is opaque @param letter which map it is, for the colour of its frame */
export function mapPanel(panel: GridPanel, map: Float32Array, most: number, query: number, letter: number): string {
  const looks = Array.from(map, (weight) => (weight > most / 256 ? heat(weight / most) : undefined));
  const squares = squaresSvg({ at: panel.at, size: panel.cell, columns: panel.width }, looks);
  return `${imageSvg(panel, faded)}${squares}${frameSvg(panel, `c${letter % frames}`, 2)}${querySvg(panel, query)}`;
}

/** In steps, so that pixels share paths. */
function heat(share: number): string {
  return `class="d0" fill-opacity="${Math.round(Math.min(1, share) * 64) / 64}"`;
}

function frameSvg({ at: [x, y], cell, height, width }: GridPanel, look: string, stroke: number): string {
  const size = `width="${short(cell * width + stroke)}" height="${short(cell * height + stroke)}"`;
  return `<rect class="${look}" fill="none" stroke-width="${stroke}" x="${short(x - stroke / 2)}" y="${short(y - stroke / 2)}" ${size}/>`;
}

/** Dark and bright side by side, so that it is seen on anything. */
function querySvg({ at: [x, y], cell, width }: GridPanel, query: number): string {
  return querySquare(x + (query % width) * cell, y + Math.floor(query / width) * cell, cell);
}

function querySquare(x: number, y: number, size: number): string {
  const square = (around: number, color: string, stroke: number): string =>
    `<rect fill="none" stroke="${color}" stroke-width="${stroke}" x="${short(x - around)}" y="${short(y - around)}" width="${short(size + 2 * around)}" height="${short(size + 2 * around)}"/>`;
  return square(0.5, '#fff', 3) + square(0.5, '#000', 1);
}

/** What the picture means, in rows of at most `width` pixels from `top` on, and where it ends. */
export function legendSvg(
  rows: readonly TurnedMaps[],
  {
    most,
    width,
    top,
    left,
  }: { readonly most: number; readonly width: number; readonly top: number; readonly left: number },
): readonly [svg: string, bottom: number] {
  const scale = Array.from({ length: 6 }, (_, i) => (i === 0 ? undefined : heat(i / 5)));
  const weight = `weight, up to ${shortNumber(most)}`;
  const second = left + 112 + textWidth(weight);
  const isApart = second + 24 + textWidth(query) <= width - left;
  const [x, y] = isApart ? [second, top] : [left, top + lineHeight];
  const note = linesOf(noteOf(rows), width - 2 * left);
  const notes = note.map((line, i) => textSvg(left, y + 24 + i * lineHeight, line, { look: 'soft' }));
  const svg = [
    squaresSvg({ at: [left, top - 11], size: 13, columns: 6 }, scale),
    `<rect class="axis" fill="none" x="${left}" y="${top - 11}" width="78" height="13"/>`,
    textSvg(left + 88, top, weight),
    querySquare(x + 1, y - 10, 11),
    textSvg(x + 22, y, query),
    ...notes,
  ].join('');
  return [svg, y + 24 + (note.length - 1) * lineHeight];
}

const query = 'the query pixel';

/** What letters tell. */
function noteOf(rows: readonly TurnedMaps[]): string {
  const errors = rows.flatMap((row) => row.errors);
  const worst = Math.max(...errors);
  const amount = `${worst === 0 ? 'exactly' : `within ${shortNumber(worst, 1)} of the largest weight`}`;
  if (worst <= sameWithin) return `A letter is a map: where it is again, the map has turned with the image, ${amount}.`;
  const count = errors.filter((error) => !(error <= sameWithin)).length;
  return `A letter is a map, turned with the image. ${count} of ${errors.length} maps are not what they should be (≠): off by up to ${shortNumber(worst, 2)} of the largest weight.`;
}
