/** One error of a certificate: its number on a colour, green for rounding and orange for what is more. */
import { escapeXml, shortNumber, textWidth } from '@saccade/pictures';
import type { CertificateCell } from './certificate-table.js';
import { short, squaresSvg } from './squares-svg.js';
import { lineHeight, textSvg } from './text-lines.js';

/** Where it is, in pixels. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** From just above the tolerance to 1, on a logarithmic scale. */
const [faintest, strongest] = [0.15, 0.7];

function fillOf(error: number | undefined, tolerance: number): string {
  if (error === undefined) return 'class="d5" fill-opacity="0.1"';
  if (error <= tolerance) return 'class="d2" fill-opacity="0.28"';
  const share = Math.min(1, Math.max(0, 1 - Math.log(error) / Math.log(Math.min(tolerance, 0.5))));
  const opacity = Number.isFinite(share) ? faintest + (strongest - faintest) * share : strongest;
  return `class="d1" fill-opacity="${short(opacity)}"`;
}

function textOf(error: number | undefined): string {
  if (error === undefined) return '–';
  return error === Number.POSITIVE_INFINITY ? '∞' : shortNumber(error, error < 1e-4 ? 1 : 2);
}

/** A cell of the table. */
export function errorCell({ x, y, width, height }: Box, cell: CertificateCell): string {
  const middle = x + width / 2;
  if (cell.kind === 'proof') {
    // Where pixels are not mapped to pixels there is nothing to prove.
    const look = cell.proved ? 'd2' : cell.onLattice ? 'd1' : 'soft';
    return textSvg(middle, y + height - 6, cell.proved ? '✓' : 'no', { anchor: 'middle', look });
  }
  const { error, tolerance, tell } = cell;
  const box = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
  const told = `<title>${escapeXml(tell)}</title>`;
  return `<rect ${fillOf(error, tolerance)} ${box}>${told}</rect>${textSvg(middle, y + height - 6, textOf(error), { anchor: 'middle', small: true })}`;
}

/** What the colours mean, in one line or two, with the first base line at `y`, and where it ends. */
export function errorLegend(
  x: number,
  y: number,
  width: number,
  tolerance: number,
): readonly [svg: string, bottom: number] {
  const size = 13;
  const orange = Array.from({ length: 5 }, (_, i) => fillOf(tolerance ** (1 - (i + 0.5) / 5), tolerance));
  const rounding = `rounding, up to ${shortNumber(tolerance)}`;
  const second = x + size + 30 + textWidth(rounding);
  const more = 'more, up to 1';
  const [left, bottom] = second + 5 * size + 8 + textWidth(more) <= width - x ? [second, y] : [x, y + lineHeight];
  const svg = [
    squaresSvg({ at: [x, y - 11], size, columns: 1 }, [fillOf(0, tolerance)]),
    textSvg(x + size + 8, y, rounding),
    squaresSvg({ at: [left, bottom - 11], size, columns: 5 }, orange),
    textSvg(left + 5 * size + 8, bottom, more),
  ];
  return [svg.join(''), bottom];
}
