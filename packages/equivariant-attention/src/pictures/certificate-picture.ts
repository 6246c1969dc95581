/** A certificate as a table in colours: the error of each element after each layer, what is proved, and the verdict. */
import { chartSvg, textWidth } from '@saccade/pictures';
import { checkOptions, OptionError, quote, requireCount } from '@saccade/tensor';
import type { Certificate, Verdict } from '../certify/certificate.js';
import { type CertificateTable, certificateTable } from './certificate-table.js';
import { elementLabels } from './element-labels.js';
import { errorCell, errorLegend } from './error-cell.js';
import { lineHeight, linesOf, textSvg } from './text-lines.js';

/** Options of the picture. */
export interface CertificatePictureOptions {
  /** Default: it names the group. */
  readonly title?: string | undefined;
  /** Pixels across, at most, from 240, but for columns, which are no narrower than 44. Default 856. */
  readonly width?: number | undefined;
}

const op = 'certificateSvg';
const margin = 16;
const [rowHeight, narrowest, widest] = [26, 44, 84];

/** Colours of verdicts, by the style sheet of charts. */
const looks: { readonly [kind in Verdict['kind']]: string | undefined } = {
  exact: 'd2',
  subgroup: 'd0',
  broken: 'd1',
  contradiction: 'd1',
  measured: undefined,
};

/**
 * The verdict, a column for each element and a row for each layer that was looked at, with what is proved, and the reasons where something is not. The text of an SVG
 * file, readable in light and dark.
 * @param certificate of `certify` @throws {OptionError} for options that do not fit
 */
export function certificateSvg(certificate: Certificate, options: CertificatePictureOptions = {}): string {
  if (!Array.isArray(certificate?.elements)) {
    throw new OptionError(`${op}: expected a certificate, got ${quote(certificate)}`);
  }
  const { title = `Equivariance under ${certificate.group}`, width = 856 } = checkOptions(op, options, [
    'title',
    'width',
  ]);
  requireCount(op, 'width', width, 240);
  const table = certificateTable(certificate, Math.min(240, width / 3));
  const labels = Math.max(...table.rows.map(({ name }) => textWidth(name)), textWidth('after layer') - 8);
  const left = Math.ceil(margin + labels + 12);
  const column = Math.floor(Math.max(narrowest, Math.min(widest, (width - left - margin) / table.columns.length)));
  const right = left + column * table.columns.length;
  const used = Math.ceil(Math.max(right + margin, Math.min(width, 640), 2 * margin + textWidth(title, 16)));
  const verdict = linesOf(certificate.summary, used - 2 * margin);
  const top = 52 + verdict.length * lineHeight + 34;
  const bottom = top + table.rows.length * rowHeight;
  const { tolerance } = certificate.measurement ?? {};
  const [legend, end] = tolerance === undefined ? ['', bottom - 10] : errorLegend(margin, bottom + 24, used, tolerance);
  const below = noteLines(certificate, used - 2 * margin);
  const height = end + below.length * lineHeight + (below.length > 0 ? 8 : 0) + margin;
  return chartSvg({ title, spoken: `${title}: ${certificate.summary}`, width: used, height }, [
    ...verdict.map((line, i) => textSvg(margin, 52 + i * lineHeight, line, { look: looks[certificate.verdict.kind] })),
    textSvg(margin, top - 8, 'after layer', { look: 'soft' }),
    tableSvg(table, { left, top, column }),
    legend,
    ...below.map((line, i) => textSvg(margin, end + 28 + i * lineHeight, line, { look: 'soft' })),
  ]);
}

function tableSvg(
  { columns, rows }: CertificateTable,
  { left, top, column }: { readonly left: number; readonly top: number; readonly column: number },
): string {
  const names = elementLabels(columns, column - 4).map(({ text, small }, i) =>
    textSvg(left + (i + 0.5) * column, top - 8, text, { anchor: 'middle', small }),
  );
  const all = rows.map(({ name, full, cells }, i) => {
    const y = top + i * rowHeight;
    const title = full === name ? '' : full;
    const label = textSvg(left - 12, y + 18, name, { anchor: 'end', tell: title });
    const box = (j: number) => ({ x: left + j * column, y, width: column - 2, height: rowHeight - 2 });
    return label + cells.map((cell, j) => errorCell(box(j), cell)).join('');
  });
  return `${names.join('')}${all.join('')}`;
}

/** Why something is not proved, but for what the verdict tells, and what to know besides. */
function noteLines({ steps = [], notices, verdict }: Certificate, width: number): string[] {
  const told = verdict.kind === 'broken' ? verdict.layer : undefined;
  const layers = new Map<string, string[]>();
  for (const { layer, exact, reason } of steps) {
    if (reason === '' || layer === told) continue;
    const why = `exact for ${exact.join(', ')} only, as ${reason}`;
    layers.set(why, [...(layers.get(why) ?? []), layer]);
  }
  const reasons = [...layers].map(([why, names]) => `${names.join(', ')}: ${why}`);
  return [...reasons, ...notices].flatMap((text) => linesOf(`${text}.`, width));
}
