/** The section of one experiment: claim, numbers against the bar, figures, notes. */
import { escapeHtml } from '@saccade/pictures';
import type { Bar, Paper } from './experiment.js';
import { figureHtml } from './figure-html.js';
import { barText, measuredText, numberText, secondsText, withUnit } from './number-text.js';
import type { Result, Verdict } from './verdict.js';

const signs: Readonly<Record<Verdict, string>> = { held: '✓', 'not held': '✗', failed: '✗', 'left out': '–' };

/** A verdict as a small badge. */
export function badge(verdict: Verdict): string {
  return `<span class="badge ${verdict === 'held' ? 'good' : 'bad'}"><span aria-hidden="true">${signs[verdict]}</span> ${verdict}</span>`;
}

/** A paper's title, linked where it has an address. */
export function paperHtml({ title, url }: Paper): string {
  const text = `<cite>${escapeHtml(title)}</cite>`;
  return url === undefined ? text : `<a href="${escapeHtml(url)}">${text}</a>`;
}

/** One line of the picture of the numbers: its share of the track is filled. */
interface Gauge {
  readonly name: string;
  readonly kind: 'measured' | 'baseline' | 'bar';
  readonly value: number;
  readonly text: string;
}

function gauges({ experiment: { bar, unit }, outcome }: Result): Gauge[] {
  if (outcome === undefined) return [];
  const { measured, baseline } = outcome;
  const text = measuredText(measured, bar, unit);
  const lines: Gauge[] = [{ name: 'Measured', kind: 'measured', value: measured, text }];
  if (baseline !== undefined) {
    lines.push({ name: 'Baseline', kind: 'baseline', value: baseline, text: withUnit(numberText(baseline), unit) });
  }
  return [...lines, { name: 'Bar', kind: 'bar', value: limit(bar), text: barText(bar, unit) }];
}

function limit(bar: Bar): number {
  return 'atLeast' in bar ? bar.atLeast : bar.atMost;
}

/** The numbers as a table whose middle column draws them on one scale; the bar is a mark across all lines. */
function numbers(result: Result): string {
  const lines = gauges(result);
  const values = [0, ...lines.map(({ value }) => value)].filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const percent = (value: number): number => (high === low ? 0 : (100 * (value - low)) / (high - low));
  const mark = `<i class="mark" style="left:${percent(limit(result.experiment.bar)).toFixed(2)}%"></i>`;
  const rows = lines.map(({ name, kind, value, text }) => {
    const [from, to] = [Math.min(0, value), Math.max(0, value)].map(percent) as [number, number];
    const fill = `<i class="fill" style="left:${from.toFixed(2)}%;width:${(to - from).toFixed(2)}%"></i>`;
    const track = `${kind === 'bar' || !Number.isFinite(value) ? '' : fill}${mark}`;
    return `<tr class="${kind}"><th scope="row">${name}</th><td class="track" aria-hidden="true"><div>${track}</div></td><td class="number">${escapeHtml(text)}</td></tr>`;
  });
  return rows.length === 0 ? '' : `<table class="gauges"><tbody>${rows.join('\n')}</tbody></table>`;
}

function notesHtml({ outcome, log }: Result): string {
  const notes = (outcome?.notes ?? []).map((note) => `<li>${escapeHtml(note)}</li>`).join('');
  const lines = log.map(escapeHtml).join('\n');
  return `${notes === '' ? '' : `<ul class="notes">${notes}</ul>`}
${lines === '' ? '' : `<details><summary>Log</summary><pre>${lines}</pre></details>`}`;
}

/** The section of one experiment. */
export function sectionHtml(result: Result, showPaper: boolean): string {
  const { experiment, verdict, reason, outcome, seconds } = result;
  const { id, paper, claim, measures, baseline } = experiment;
  const error = reason === undefined ? '' : `<pre class="error">${escapeHtml(reason)}</pre>`;
  return `<section class="experiment" id="${escapeHtml(id)}" aria-label="${escapeHtml(claim)}">
<h3>${escapeHtml(claim)}</h3>
<p class="facts">${badge(verdict)} <code>${escapeHtml(id)}</code> <span>${secondsText(seconds)}</span></p>
${showPaper && paper !== undefined ? `<p class="paper">${paperHtml(paper)}</p>` : ''}
<dl class="terms"><dt>Measured</dt><dd>${escapeHtml(measures)}</dd><dt>Baseline</dt><dd>${escapeHtml(baseline)}</dd></dl>
${numbers(result)}
${error}
${(outcome?.figures ?? []).map(figureHtml).join('\n')}
${notesHtml(result)}
</section>`;
}
