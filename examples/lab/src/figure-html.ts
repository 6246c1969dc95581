/** Figures as HTML, each with its title and caption. */
import { escapeHtml } from '@saccade/pictures';
import { chartHtml } from './charts.js';
import type { Cell, Figure, Table } from './figure.js';
import { numberText } from './number-text.js';
import { picturesHtml } from './pictures.js';

function cell(value: Cell): string {
  return typeof value === 'number' ? `<td class="number">${numberText(value)}</td>` : `<td>${escapeHtml(value)}</td>`;
}

function tableHtml({ title, head, rows }: Table): string {
  const isNumber = (i: number): boolean => rows.length > 0 && rows.every((row) => typeof row[i] === 'number');
  const heads = head.map(
    (text, i) => `<th scope="col"${isNumber(i) ? ' class="number"' : ''}>${escapeHtml(text)}</th>`,
  );
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(title)}">
<table class="data"><thead><tr>${heads.join('')}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function content(figure: Figure): string {
  switch (figure.kind) {
    case 'chart':
      return chartHtml(figure);
    case 'pictures':
      return picturesHtml(figure);
    case 'table':
      return tableHtml(figure);
    case 'svg':
      return `<div class="drawing" role="img" aria-label="${escapeHtml(figure.title)}">${figure.svg}</div>`;
  }
}

/** A figure as HTML; one that cannot be drawn says so in its place. */
export function figureHtml(figure: Figure): string {
  let inside: string;
  try {
    inside = content(figure);
  } catch (error) {
    inside = `<p class="quiet">This figure could not be drawn: ${escapeHtml(String(error))}</p>`;
  }
  const caption = figure.caption === undefined ? '' : `<p class="quiet">${escapeHtml(figure.caption)}</p>`;
  return `<figure class="figure"><figcaption>${escapeHtml(figure.title)}</figcaption>${caption}
${inside}</figure>`;
}
