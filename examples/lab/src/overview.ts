/** The head of the report: how many claims held, under what circumstances, and a table of all claims. */
import { escapeHtml } from '@saccade/pictures';
import { barText, measuredText, numberText, secondsText, withUnit } from './number-text.js';
import type { RunFacts } from './run-facts.js';
import { badge } from './section.js';
import { isDone, type Result } from './verdict.js';

/** The circumstances as a list of names and values. */
export function factsHtml(facts: RunFacts): string {
  const { device, threads, seed, full, date, seconds, version } = facts;
  const pairs: [string, string][] = [
    ['Device', device],
    ['Threads', String(threads)],
    ['Seed', String(seed)],
    ['Scope', full ? 'full' : 'quick'],
    ['Time', secondsText(seconds)],
    ['Date', date.toISOString().slice(0, 16).replace('T', ' ').concat(' UTC')],
    ['Version', version],
  ];
  return `<dl class="run">${pairs.map(([name, text]) => `<div><dt>${name}</dt><dd>${escapeHtml(text)}</dd></div>`).join('')}</dl>`;
}

function row({ experiment, outcome, verdict, seconds }: Result): string {
  const { id, claim, bar, unit } = experiment;
  const cells: [string, string][] = [
    ['Measured', outcome === undefined ? '–' : measuredText(outcome.measured, bar, unit)],
    ['Baseline', outcome?.baseline === undefined ? '–' : withUnit(numberText(outcome.baseline), unit)],
    ['Bar', barText(bar, unit)],
  ];
  const cell = ([name, text]: [string, string]): string =>
    `<td role="cell" class="number" data-name="${name}">${escapeHtml(text)}</td>`;
  return `<tr role="row"><th role="rowheader" scope="row"><a href="#${escapeHtml(id)}">${escapeHtml(claim)}</a></th>
${cells.map(cell).join('')}<td role="cell" data-name="Verdict">${badge(verdict)}</td>${cell(['Time', secondsText(seconds)])}</tr>`;
}

/** The table of all claims that were tested. */
export function overviewHtml(results: readonly Result[]): string {
  const done = results.filter(isDone);
  if (done.length === 0) return '<p>No experiment came to its end.</p>';
  const heads = ['Claim', 'Measured', 'Baseline', 'Bar', 'Verdict', 'Time'].map((name, i) => {
    return `<th role="columnheader" scope="col"${i > 0 && i !== 4 ? ' class="number"' : ''}>${name}</th>`;
  });
  return `<table role="table" class="claims" aria-label="All claims">
<thead role="rowgroup"><tr role="row">${heads.join('')}</tr></thead>
<tbody role="rowgroup">${done.map(row).join('\n')}</tbody></table>`;
}

/** What was left out, and why. */
export function leftOutHtml(results: readonly Result[]): string {
  const items = results
    .filter((result) => !isDone(result))
    .map(({ experiment, reason = '' }) => {
      const { id, claim } = experiment;
      return `<li>${escapeHtml(claim)} <code>${escapeHtml(id)}</code><br><span class="quiet">${escapeHtml(reason)}</span></li>`;
    });
  return items.length === 0 ? '' : `<section><h2>Left out</h2><ul class="left-out">${items.join('\n')}</ul></section>`;
}
