/** A report as Markdown: what "Copy as Markdown" copies and the command prints. */
import { type Entrant, rivals } from './case.js';
import type { Adapter, CaseResult, Report } from './report.js';

/** In the order of the columns. */
export const entrants: readonly Entrant[] = [
  'saccade webgpu',
  'saccade webgl2',
  'saccade wasm',
  'tfjs webgpu',
  'tfjs webgl',
  'jax-js webgpu',
  'torch cuda',
];

/** Three significant digits, never in powers of ten. */
export function short(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))));
  return value.toFixed(Math.min(digits, 4));
}

/** Time of an entrant divided by that of ours on the same way to the GPU: above 1 ours is faster. */
export function ratio({ times }: CaseResult, entrant: Entrant): number | undefined {
  const rival = rivals[entrant];
  const [theirs, ours] = [times[entrant], rival && times[rival]];
  return theirs && ours && theirs.median / ours.median;
}

/** Name of a GPU, with a warning where the CPU plays it. */
export function adapterText({ api, name, software }: Adapter): string {
  return `${api}: ${name}${software ? ' (software: figures mean nothing)' : ''}`;
}

/** What else has to be said of a case. */
export function caseNotes({ name, problems, fallbacks }: CaseResult): string[] {
  return [
    ...problems.map((problem) => `${name}: ${problem}`),
    ...fallbacks.map((fallback) => `${name}: on the CPU in the GPU's place: ${fallback}`),
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(cases: readonly CaseResult[]): string[] {
  const present = entrants.filter((entrant) => cases.some(({ times }) => times[entrant] !== undefined));
  const compared = present.filter((entrant) => cases.some((result) => ratio(result, entrant) !== undefined));
  const cell = (value: number | undefined) => (value === undefined ? '–' : short(value));
  return [
    row(['case', ...present.map((name) => `${name}, ms`), ...compared.map((name) => `${name} / ${rivals[name]}`)]),
    row(['---', ...present.map(() => '---:'), ...compared.map(() => '---:')]),
    ...cases.map((result) =>
      row([
        result.name,
        ...present.map((name) => cell(result.times[name]?.median)),
        ...compared.map((name) => cell(ratio(result, name))),
      ]),
    ),
  ];
}

export function markdown(report: Report): string {
  const { date, host, adapters, threads, versions, missing, cases, quick, stopped } = report;
  const facts = [
    ...(adapters.length > 0 ? adapters.map(adapterText) : ['no GPU']),
    host,
    `wasm on ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `${date} UTC`,
  ];
  const notes = [
    ...(quick ? ['small sizes and few turns: shows that all runs, not for quoting'] : []),
    ...(stopped ? ['stopped before its end'] : []),
    ...missing.map((reason) => `left out: ${reason}`),
    ...cases.flatMap(caseNotes),
  ];
  return [
    ...facts.map((fact) => `- ${fact}`),
    '',
    ...(cases.length > 0 ? table(cases) : ['No case was finished.']),
    '',
    'Milliseconds a call, medians; a ratio above 1 means that saccade is faster.',
    ...(notes.length > 0 ? ['', ...notes.map((note) => `- ${note}`)] : []),
    '',
  ].join('\n');
}
