/** What the page shows of a run. */
import { type Entrant, rivals } from '../bench/case.js';
import { adapterText, caseNotes, entrants, ratio, short } from '../bench/markdown.js';
import type { CaseResult, Report } from '../bench/report.js';

/** The element of this id, which is in index.html. */
export function element(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

export function showProgress(text: string, fraction: number): void {
  element('status').textContent = text;
  const bar = element('progress') as HTMLProgressElement;
  bar.hidden = false;
  bar.value = fraction;
}

export function showReport(report: Report): void {
  const { adapters, host, threads, missing, cases } = report;
  const facts = adapters.map((adapter) => item(adapterText(adapter), adapter.software ? 'warning' : ''));
  const cpu = item(`wasm: ${threads} ${threads === 1 ? 'thread' : 'threads'}`);
  element('facts').replaceChildren(...facts, cpu, item(host), item(`${report.date} UTC`));
  element('cases').replaceChildren(...cases.map(caseView));
  const notes = [...missing.map((reason) => `left out: ${reason}`), ...cases.flatMap(caseNotes)];
  element('notes').hidden = notes.length === 0;
  element('notes')
    .querySelector('ul')
    ?.replaceChildren(...notes.map((note) => item(note)));
}

function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = '',
  ...children: readonly Node[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  made.append(...children);
  return made;
}

function item(text: string, className = ''): HTMLLIElement {
  const made = make('li', text);
  made.className = className;
  return made;
}

/** A table with a line and a bar for each entrant. */
function caseView(result: CaseResult): HTMLElement {
  const present = entrants.filter((entrant) => result.times[entrant] !== undefined);
  const longest = Math.max(...present.map((entrant) => result.times[entrant]?.median ?? 0));
  const head = make('tr', '', make('th', 'library'), make('th', 'ms'), make('th', '×'));
  const rows = present.map((entrant) => entrantRow(result, entrant, longest));
  const table = make('table', '', make('thead', '', head), make('tbody', '', ...rows));
  return make('section', '', make('h2', result.name), table);
}

function entrantRow(result: CaseResult, entrant: Entrant, longest: number): HTMLTableRowElement {
  const time = result.times[entrant]?.median ?? 0;
  const times = ratio(result, entrant);
  const name = make('th', entrant);
  name.scope = 'row';
  name.style.setProperty('--share', `${(100 * time) / longest}%`);
  const ratioCell = make('td', times === undefined ? '' : short(times));
  if (times !== undefined) ratioCell.title = `${entrant} / ${rivals[entrant]}`;
  const row = make('tr', '', name, make('td', short(time)), ratioCell);
  row.className = entrant.startsWith('saccade') ? 'ours' : 'peer';
  return row;
}
