/** The overlay as SVG: outlines and numbers stay sharp at every size, and scores can be read by pointing at them. */
import { escapeXml } from '@saccade/pictures';
import { type PixelBox, patchBox } from '../patches/patch-grid.js';
import { colorMap, scoreShares } from './color-map.js';
import { cellBoxes, cutBox } from './grid-boxes.js';
import { type PixelImage, pictureSize, toPicture } from './picture.js';
import { pictureAddress } from './picture-png.js';
import {
  type OverlayInput,
  type OverlayOptions,
  paintedScores,
  patchOpacity,
  requireOverlay,
} from './score-overlay.js';

/** Grids with more cells than that are painted into the image. */
const maxCells = 16_384;

/** An id that is the same for the same picture and another for another: a page may hold several. */
function idOf({ scores, chosen }: OverlayInput): string {
  let hash = 0x811c9dc5;
  const bytes = new Uint8Array(Float32Array.from([...scores, ...chosen]).buffer);
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `topk-${(hash >>> 0).toString(16)}`;
}

function hex(color: readonly number[]): string {
  return `#${color.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function short(value: number): number {
  return Math.round(value * 100) / 100;
}

function rect({ top, left, bottom, right }: PixelBox): string {
  return `x="${short(left)}" y="${short(top)}" width="${short(right - left)}" height="${short(bottom - top)}"`;
}

/** A rectangle for each cell, with its score as a title. */
function cellRects({ grid, scores }: OverlayInput, colors: readonly string[]): string {
  const map = colorMap('overlaySvg', colors);
  const shares = scoreShares(scores);
  return cellBoxes(grid)
    .map((box, cell) => {
      const [row, column] = [Math.floor(cell / grid.columns), cell % grid.columns];
      const title = `row ${row + 1}, column ${column + 1}: score ${Number(scores[cell]!.toPrecision(4))}`;
      return `<rect ${rect(box)} fill="${hex(map(shares[cell]!))}"><title>${title}</title></rect>`;
    })
    .join('\n');
}

/** All cells, lighter over chosen patches. */
function scoreLayer(
  input: OverlayInput,
  opacity: number,
  colors: readonly string[],
  boxes: readonly PixelBox[],
): string {
  const id = idOf(input);
  const { height, width } = input.image;
  const paths = boxes.map(({ top, left, bottom, right }) => `M${left} ${top}H${right}V${bottom}H${left}z`).join('');
  const mask =
    `<mask id="${id}" maskUnits="userSpaceOnUse" x="0" y="0" width="${width}" height="${height}"><rect width="${width}" height="${height}" fill="#fff"/>` +
    `<path d="${paths}" fill-opacity="${(1 - patchOpacity).toFixed(3)}"/></mask>`;
  const style = `opacity="${opacity}" shape-rendering="crispEdges" mask="url(#${id})"`;
  return `${mask}\n<g ${style}>\n${cellRects(input, colors)}\n</g>`;
}

/** An outlined patch with its label, above it or, where the image ends there, in it. */
function patchMark(box: PixelBox, label: string, size: number, image: PixelImage): string {
  const shape = `${rect(box)} fill="none" vector-effect="non-scaling-stroke" pointer-events="stroke"`;
  const [height, width] = [1.3 * size, size * (0.62 * [...label].length + 0.5)];
  const top = box.top >= height ? box.top - height : box.top;
  const left = Math.max(0, Math.min(box.left, image.width - width));
  const place = `${box.left} to ${box.right} across, ${box.top} to ${box.bottom} down`;
  return (
    `<g><title>patch ${escapeXml(label)}: ${place}</title>` +
    `<rect ${shape} stroke="#101018" stroke-width="4"/><rect ${shape} stroke="#fff" stroke-width="2"/>` +
    `<rect ${rect({ top, left, bottom: top + height, right: left + width })} fill="#101018"/>` +
    `<text x="${short(left + width / 2)}" y="${short(top + size)}" text-anchor="middle" fill="#fff">${escapeXml(label)}</text></g>`
  );
}

/** The image alone, or, where cells are too many to be drawn, with its scores. */
async function embeddedImage(input: OverlayInput, options: OverlayOptions, isPainted: boolean): Promise<string> {
  const op = 'overlaySvg';
  const { image } = input;
  const size = { maxSize: options.maxSize, minSize: 1 };
  const picture = isPainted
    ? paintedScores(op, input, { ...options, minSize: 1 }).picture
    : toPicture(image, ...pictureSize(op, image, size));
  const crisp = picture.width < 480 ? ' style="image-rendering:pixelated"' : '';
  return `<image width="${image.width}" height="${image.height}" preserveAspectRatio="none"${crisp} href="${await pictureAddress(picture)}"/>`;
}

/**
 * What `scoreOverlay` shows, as the text of an SVG file in the pixels of the image, which is inside as a PNG. A cell of the
 * grid tells its score, a patch its place, to those who point at them. Grids of more than 16,384 cells are painted into the PNG.
 *
 * @param input as of `scoreOverlay`
 * @param options as of `scoreOverlay`; sizes are those of the PNG
 * @throws {ShapeError} where sizes do not go together @throws {OptionError} for options that do not fit and cells outside
 */
export async function overlaySvg(input: OverlayInput, options: OverlayOptions = {}): Promise<string> {
  const { opacity, colors, labels } = requireOverlay('overlaySvg', input, options);
  const { image, grid, chosen, scores } = input;
  const { height, width } = image;
  const boxes = chosen.map((cell) => cutBox(patchBox(grid, cell), image));
  const isPainted = scores.length > maxCells;
  const size = Math.max(width, height) / 32;
  const marks = boxes.map((box, slot) => patchMark(box, labels[slot]!, size, image));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>Chosen patches: ${chosen.length} of ${scores.length}</title>`,
    `<desc>An image of ${width} by ${height} pixels with the scores of ${grid.rows} by ${grid.columns} cells over it, from dark for the lowest to bright for the highest, and ${chosen.length} chosen patches outlined: ${escapeXml(labels.join(', '))}.</desc>`,
    await embeddedImage(input, options, isPainted),
    ...(isPainted ? [] : [scoreLayer(input, opacity, colors, boxes)]),
    `<g font-family="system-ui, sans-serif" font-weight="600" font-size="${short(size)}">`,
    // From the last on, so that where patches share a corner the first number is on top.
    ...marks.reverse(),
    '</g>',
    '</svg>\n',
  ].join('\n');
}
