/** Prints results as plain tables. */
import type { Entrant } from './case.js';
import type { Figure } from './figure.js';
import type { CaseResult } from './run-case.js';

const entrants: readonly Entrant[] = ['saccade', 'saccade, 1 thread', 'tfjs', 'tfjs rewritten', 'jax-js', 'gpu.js'];

/** Three significant digits, never in powers of ten. */
function short(value: number | undefined): string {
  if (value === undefined) return '-';
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))));
  return value.toFixed(Math.min(digits, 4));
}

/** Rows under a head; numbers to the right, the columns in `words` to the left. */
function columns(head: readonly string[], rows: readonly (readonly string[])[], ...words: number[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (words.includes(i) ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** The cases of one group: milliseconds of each entrant, ratios of the medians, bar and verdict. */
export function caseTable(results: readonly CaseResult[]): string {
  const present = entrants.filter((entrant) => results.some(({ timings }) => timings[entrant] !== undefined));
  const peers = present.filter((entrant) => entrant !== 'saccade');
  const withWork = results.some(({ operations }) => operations !== undefined);
  const head = [
    'case',
    ...present.map((entrant) => `${entrant} ms`),
    ...(withWork ? ['GFLOP/s'] : []),
    ...peers.map((entrant) => `${entrant} / ours`),
    'of minima',
    'bar',
    '',
  ];
  const rows = results.map((result) => {
    const { timings, ratios, bar } = result;
    const rate = result.operations && timings.saccade && result.operations / timings.saccade.median / 1e6;
    const judged = bar?.peer ?? peers[0];
    return [
      result.name,
      ...present.map((entrant) => short(timings[entrant]?.median)),
      ...(withWork ? [short(rate)] : []),
      ...peers.map((entrant) => short(ratios[entrant])),
      short(judged && result.ratiosOfMinima[judged]),
      bar === undefined ? '' : bar.ratio.toFixed(1),
      bar === undefined ? '' : bar.held ? 'held' : 'NOT HELD',
    ];
  });
  const notes = results.flatMap(({ name, problems, fallbacks }) => [
    ...problems.map((problem) => `  ! ${name}: ${problem}`),
    ...(fallbacks.length > 0 ? [`  ! ${name}: ${fallbacks.join(', ')} ran on js`] : []),
  ]);
  return [columns(head, rows, 0), ...notes].join('\n');
}

export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, bar, held, detail }) => [
    name,
    `${short(value)} ${unit}`,
    bar === undefined ? '' : `at most ${bar.atMost}`,
    held === undefined ? '' : held ? 'held' : 'NOT HELD',
    detail,
  ]);
  return columns(['figure', 'value', 'bar', '', 'detail'], rows, 0, 4);
}
