/** The table of claims for a terminal. */
import { styleText } from 'node:util';
import { barText, measuredText, numberText, secondsText, withUnit } from './number-text.js';
import { isDone, type Result } from './verdict.js';

/** How to draw the table. */
export interface TableStyle {
  readonly width: number;
  readonly color: boolean;
}

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const head = ['claim', 'measured', 'baseline', 'bar', 'verdict', 'time'];
const gap = 2;
const leastClaim = 20;

/** Cuts a text into lines at spaces; a word that is too long is cut itself. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((long) => long.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** The cells of a result but for the claim. */
function cells({ experiment, outcome, verdict, seconds }: Result): string[] {
  const { bar, unit } = experiment;
  return [
    outcome === undefined ? '-' : measuredText(outcome.measured, bar, unit),
    outcome?.baseline === undefined ? '-' : withUnit(numberText(outcome.baseline), unit),
    barText(bar, unit),
    verdict,
    secondsText(seconds),
  ];
}

function paragraph(text: string, width: number, indent: number): string[] {
  return wrap(text, width - indent).map((line) => ' '.repeat(indent) + line);
}

function block(result: Result, widths: readonly number[], total: number, paint: Paint): string[] {
  const [claimWidth = 0, ...others] = widths;
  const lines = wrap(result.experiment.claim, claimWidth);
  const texts = cells(result).map((text, i) => {
    const padded = i === 3 ? text.padEnd(others[i] ?? 0) : text.padStart(others[i] ?? 0);
    return i === 3 ? paint(result.verdict === 'held' ? 'green' : 'red', padded) : padded;
  });
  const first = [(lines[0] ?? '').padEnd(claimWidth), ...texts].join(' '.repeat(gap));
  const reason = result.reason === undefined ? [] : paragraph(result.reason, total, 2);
  return [
    first,
    ...lines.slice(1),
    paint('dim', result.experiment.id),
    ...reason.map((line) => paint('red', line)),
    '',
  ];
}

function leftOut(results: readonly Result[], width: number, paint: Paint): string[] {
  const byReason = new Map<string, string[]>();
  for (const { experiment, reason = '' } of results) {
    byReason.set(reason, [...(byReason.get(reason) ?? []), experiment.id]);
  }
  const groups = [...byReason].flatMap(([reason, ids]) => [
    ...wrap(`left out: ${ids.join(', ')}`, width),
    ...paragraph(reason, width, 2).map((line) => paint('dim', line)),
  ]);
  return groups.length === 0 ? [] : [...groups, ''];
}

/** How many claims held: `3 of 4 claims held`. */
export function summary(results: readonly Result[]): string {
  const done = results.filter(isDone);
  const held = done.filter(({ verdict }) => verdict === 'held').length;
  return `${held} of ${done.length} claim${done.length === 1 ? '' : 's'} held`;
}

/** All claims in lines of at most `width` characters, 80 at the least. */
export function terminalTable(results: readonly Result[], { width, color }: TableStyle): string {
  const paint: Paint = (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
  const total = Math.max(80, width);
  const done = results.filter(isDone);
  const rows = [head.slice(1), ...done.map(cells)];
  const others = head.slice(1).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const used = others.reduce((sum, n) => sum + n + gap, 0);
  const widths = [Math.max(leastClaim, total - used), ...others];
  const titles = head.map((title, i) =>
    i === 0 || i === 4 ? title.padEnd(widths[i] ?? 0) : title.padStart(widths[i] ?? 0),
  );
  const top = [paint('bold', titles.join(' '.repeat(gap))), '─'.repeat(Math.min(total, (widths[0] ?? 0) + used))];
  const table = done.length === 0 ? [] : [...top, ...done.flatMap((result) => block(result, widths, total, paint))];
  const rest = leftOut(
    results.filter((result) => !isDone(result)),
    total,
    paint,
  );
  return [...table, ...rest, paint('bold', summary(results))].map((line) => `${line.trimEnd()}\n`).join('');
}
