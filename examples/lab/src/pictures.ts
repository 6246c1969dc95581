/** Sheets of pictures as HTML: each picture a PNG inside the page. */
import { escapeHtml } from '@saccade/pictures';
import { encode } from 'fast-png';
import type { Picture, Pictures } from './figure.js';

/** Small pictures grow to about so many screen pixels: less on a sheet that is full of them. */
function comfortable(columns: number | undefined): number {
  return columns !== undefined && columns <= 6 ? 128 : 64;
}

function bytes(pixels: Uint8Array | Float32Array): Uint8Array {
  if (pixels instanceof Uint8Array) return pixels;
  return Uint8Array.from(pixels, (value) => Math.round(255 * Math.min(1, Math.max(0, value || 0))));
}

/** A picture as the address of a PNG. */
function pngAddress({ pixels, width, height, channels }: Picture): string {
  const png = encode({ width, height, channels, depth: 8, data: bytes(pixels) });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

function item(picture: Picture, { title, columns }: Pictures, number: number): string {
  const { width, height, caption, alert = false } = picture;
  const scale = picture.scale ?? Math.max(1, Math.round(comfortable(columns) / width));
  const alt = `${caption ?? `${title}, picture ${number}`}${alert ? ' (marked)' : ''}`;
  const size = `width="${Math.round(scale * width)}" height="${Math.round(scale * height)}"`;
  const words = caption === undefined ? '' : `<figcaption>${escapeHtml(caption)}</figcaption>`;
  const crisp = scale > 1 ? ' class="crisp"' : '';
  const style = `style="max-width:${Math.max(72, Math.round(scale * width))}px"`;
  return `<figure${alert ? ' class="alert"' : ''} ${style}><img${crisp} ${size} alt="${escapeHtml(alt)}" src="${pngAddress(picture)}">${words}</figure>`;
}

/** A sheet of pictures as HTML. */
export function picturesHtml(sheet: Pictures): string {
  const { columns, items } = sheet;
  const grid =
    columns === undefined ? '' : ` style="display:grid;grid-template-columns:repeat(${columns},minmax(0,max-content))"`;
  return `<div class="sheet"${grid}>${items.map((picture, i) => item(picture, sheet, i + 1)).join('\n')}</div>`;
}
