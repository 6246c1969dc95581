/** The comparison as one SVG: the image, the convolution, and for each alpha the attention and its difference. */
import { dark, escapeXml, light, type Palette, shortNumber } from '@saccade/pictures';
import type { Comparison, Step } from './compare.js';
import { type FilterName, filters } from './filters.js';
import { type ColorMap, colorAddress, differences, greys, valueAddress } from './image-png.js';
import type { Photograph } from './photograph.js';

/** What the report shows. */
export interface Report {
  readonly image: Photograph;
  /** Where the image is from. */
  readonly origin: string;
  readonly filter: FilterName;
  readonly comparison: Comparison;
}

const margin = 16;
const gap = 24;
/** Of each image. */
const across = 300;
const columns = 3;
/** Room above an image for its two lines, and below it. */
const [captions, below] = [42, 20];

const colors = ({ paper, ink, soft, line }: Palette): string =>
  `.edge-filter .paper{fill:${paper}}.edge-filter text{fill:${ink}}.edge-filter .soft{fill:${soft}}.edge-filter .frame{stroke:${line}}`;

const style =
  '.edge-filter text{font:13px system-ui,sans-serif}.edge-filter .title{font-size:16px;font-weight:600}.edge-filter .name{font-weight:600}.edge-filter .frame{fill:none}.edge-filter image{image-rendering:pixelated}' +
  `${colors(light)}@media (prefers-color-scheme:dark){${colors(dark)}}`;

interface Figure {
  readonly name: string;
  readonly note: string;
  readonly address: string;
}

/** An image under its name, the upper left of both at a place. */
function figureSvg({ name, note, address }: Figure, x: number, y: number, height: number): string {
  const top = y + captions;
  return (
    `<text class="name" x="${x}" y="${y + 14}">${escapeXml(name)}</text><text class="soft" x="${x}" y="${y + 32}">${escapeXml(note)}</text>` +
    `<image x="${x}" y="${top}" width="${across}" height="${height}" preserveAspectRatio="none" href="${address}"><title>${escapeXml(`${name}: ${note}`)}</title></image>` +
    `<rect class="frame" x="${x}" y="${top}" width="${across}" height="${height}"/>`
  );
}

/** A strip of what a map makes of -1 to 1, with its ends named. */
function keySvg(map: ColorMap, x: number, y: number, [low, middle, high]: readonly [string, string, string]): string {
  const steps = Float32Array.from({ length: 61 }, (_, i) => i / 30 - 1);
  const width = across - 20;
  const text = (at: number, anchor: string, words: string): string =>
    `<text class="soft" x="${at}" y="${y + 30}" text-anchor="${anchor}">${escapeXml(words)}</text>`;
  return (
    `<image x="${x}" y="${y}" width="${width}" height="12" preserveAspectRatio="none" href="${valueAddress(61, 1, steps, map)}"/><rect class="frame" x="${x}" y="${y}" width="${width}" height="12"/>` +
    text(x, 'start', low) +
    text(x + width / 2, 'middle', middle) +
    text(x + width, 'end', high)
  );
}

/** What the colours mean, beside the convolution. */
function keysSvg(x: number, y: number, usual: number): string {
  const most = shortNumber(usual);
  return [
    `<text class="name" x="${x}" y="${y + 14}">The filter's values</text>`,
    keySvg(greys(1), x, y + 26, [`−${most} and below`, '0', `${most} and above`]),
    `<text class="name" x="${x}" y="${y + 94}">Differences</text>`,
    keySvg(differences(1), x, y + 106, ['−scale', '0', 'scale']),
    `<text class="soft" x="${x}" y="${y + 160}">The scale of each is its largest error.</text>`,
  ].join('');
}

function stepFigures({ alpha, output, difference, maxError, bound, oneHot }: Step, comparison: Comparison): Figure[] {
  const { width, height, usual } = comparison;
  const weights = oneHot ? ', weights 1 and 0' : '';
  return [
    {
      name: `Attention, alpha ${alpha}${weights}`,
      note: `error ${shortNumber(maxError)}, certified ${shortNumber(bound)}`,
      address: valueAddress(width, height, output, greys(usual)),
    },
    {
      name: 'Less the convolution',
      note: `scale ${shortNumber(maxError)}`,
      address: valueAddress(width, height, difference, differences(maxError)),
    },
  ];
}

/** The text of the SVG file, with the images inside, readable in light and dark. */
export function reportSvg({ image, origin, filter, comparison }: Report): string {
  const { width, height, convolution, largest, usual, steps } = comparison;
  const down = Math.max(1, Math.round((across * height) / width));
  const each = captions + down + below;
  const left = (column: number): number => margin + column * (across + gap);
  const top = 48;
  const first = [
    { name: 'The image', note: `${origin}, ${width} x ${height}`, address: colorAddress(width, height, image.data) },
    {
      name: `Convolution with a ${filters[filter].name} filter`,
      note: `values from −${shortNumber(largest)} to ${shortNumber(largest)}`,
      address: valueAddress(width, height, convolution, greys(usual)),
    },
  ];
  const parts = steps.flatMap((step, i) => {
    const y = top + Math.max(each, 190) + Math.floor(i / columns) * 2 * each;
    return stepFigures(step, comparison).map((figure, row) =>
      figureSvg(figure, left(i % columns), y + row * each, down),
    );
  });
  const size = [left(columns) - gap + margin, top + Math.max(each, 190) + Math.ceil(steps.length / columns) * 2 * each];
  const title = 'An edge filter as a convolution and as attention';
  const spoken = steps.map(({ alpha, maxError }) => `alpha ${alpha} error ${shortNumber(maxError)}`).join(', ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="edge-filter" role="img" aria-label="${title}: ${spoken}" viewBox="0 0 ${size.join(' ')}" width="${size[0]}" height="${size[1]}" style="max-width:100%;height:auto">`,
    `<style>${style}</style>`,
    `<rect class="paper" width="${size[0]}" height="${size[1]}"/>`,
    `<text class="title" x="${margin}" y="30">${title}</text>`,
    ...first.map((figure, i) => figureSvg(figure, left(i), top, down)),
    keysSvg(left(2), top, usual),
    ...parts,
    '</svg>\n',
  ].join('\n');
}
