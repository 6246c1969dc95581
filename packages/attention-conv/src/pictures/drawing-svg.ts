/** Draws a picture as the text of an SVG file, with the colours of light and dark inside. */
import { dark, escapeXml, light, type Palette } from '@saccade/pictures';
import type { Cell, Cells, Clip, Color, Drawing, Ellipse, Line, Shape, Text } from './drawing.js';

function colors({ series, paper, ink, soft, line }: Palette): string {
  const roles = Object.entries({ paper, ink, soft, line, ...series });
  const own = '.attention-picture';
  return roles.map(([name, color]) => `${own} .f-${name}{fill:${color}}${own} .s-${name}{stroke:${color}}`).join('');
}

/** It names its own classes only, as it also holds for the page around it. */
const style: string =
  '.attention-picture text{font-family:system-ui,sans-serif}.attention-picture .line{fill:none;stroke-linejoin:round}' +
  `${colors(light)}@media (prefers-color-scheme:dark){${colors(dark)}}`;

function short(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The attributes of a colour that fills or strokes; `also` are further classes. */
function painted(color: Color, by: 'fill' | 'stroke', also = ''): string {
  if (typeof color === 'string' && color.startsWith('#')) return `${also && `class="${also}" `}${by}="${color}"`;
  return `class="${also && `${also} `}${by[0]}-${color}"`;
}

function titled(element: string, name: string, tell: string | undefined): string {
  return tell === undefined ? `<${element}/>` : `<${element}><title>${escapeXml(tell)}</title></${name}>`;
}

/** Cells that say something one by one, the others of one look as one path. */
function cellsSvg({ at, size, columns, cells }: Cells): string {
  const place = (i: number): readonly [number, number] => [
    short(at[0] + (i % columns) * size),
    short(at[1] + Math.floor(i / columns) * size),
  ];
  const looks = new Map<string, string>();
  const told: string[] = [];
  const lookOf = ({ color, opacity }: Cell): string => `${painted(color, 'fill')} fill-opacity="${short(opacity)}"`;
  for (const [i, cell] of cells.entries()) {
    if (cell === undefined) continue;
    const [x, y] = place(i);
    const look = lookOf(cell);
    if (cell.tell === undefined) looks.set(look, `${looks.get(look) ?? ''}M${x} ${y}h${size}v${size}h-${size}z`);
    else told.push(titled(`rect x="${x}" y="${y}" width="${size}" height="${size}" ${look}`, 'rect', cell.tell));
  }
  const paths = [...looks].map(([look, d]) => `<path ${look} d="${d}"/>`);
  return `<g shape-rendering="crispEdges">${paths.join('')}${told.join('')}</g>`;
}

function strokeOf({ color, width = 1, dash }: Line | Ellipse): string {
  const dashed = dash === undefined ? '' : ` stroke-dasharray="${dash.join(' ')}"`;
  return `${painted(color, 'stroke', 'line')} stroke-width="${width}"${dashed}`;
}

function lineSvg(line: Line): string {
  const places = line.places.map(([x, y]) => `${short(x)} ${short(y)}`).join('L');
  return titled(`path ${strokeOf(line)} d="M${places}${line.closed ? 'z' : ''}"`, 'path', line.tell);
}

function ellipseSvg(ellipse: Ellipse): string {
  const { at, radii, turn = 0, fill = 0, color, tell } = ellipse;
  const [x, y] = at.map(short);
  const turned = turn === 0 ? '' : ` transform="rotate(${short((turn * 180) / Math.PI)} ${x} ${y})"`;
  const shape = `ellipse cx="${x}" cy="${y}" rx="${short(radii[0])}" ry="${short(radii[1])}"${turned}`;
  const ground = fill === 0 ? '' : titled(`${shape} ${painted(color, 'fill')} fill-opacity="${fill}"`, 'ellipse', tell);
  return `${ground}${titled(`${shape} ${strokeOf(ellipse)}`, 'ellipse', tell)}`;
}

function textSvg({ at, text, color, size = 13, bold = false, anchor = 'start' }: Text): string {
  const weight = bold ? ' font-weight="600"' : '';
  const aligned = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text ${painted(color, 'fill')} x="${short(at[0])}" y="${short(at[1])}" font-size="${size}"${weight}${aligned}>${escapeXml(text)}</text>`;
}

/** A picture in the picture: it shows nothing beyond its edges. */
function clipSvg({ at: [x, y], width, height, shapes }: Clip): string {
  const box = `${short(x)} ${short(y)} ${short(width)} ${short(height)}`;
  const [left, top, across, down] = box.split(' ');
  return `<svg x="${left}" y="${top}" width="${across}" height="${down}" viewBox="${box}">${shapes.map(shapeSvg).join('')}</svg>`;
}

function shapeSvg(shape: Shape): string {
  switch (shape.kind) {
    case 'cells':
      return cellsSvg(shape);
    case 'line':
      return lineSvg(shape);
    case 'ellipse':
      return ellipseSvg(shape);
    case 'text':
      return textSvg(shape);
    case 'clip':
      return clipSvg(shape);
  }
}

/** The text of an SVG file that needs nothing else. */
export function drawingSvg({ width, height, spoken, shapes }: Drawing): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="attention-picture" role="img" aria-label="${escapeXml(spoken)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" style="max-width:100%;height:auto">`,
    `<style>${style}</style>`,
    `<rect class="f-paper" width="${width}" height="${height}"/>`,
    ...shapes.map(shapeSvg),
    '</svg>\n',
  ].join('\n');
}
