/** Path contributions for people, programs and the eye. */
import { counted, percent, table } from '@saccade/command';
import { lengthChart } from '../charts/length-chart.js';
import type { Contribution } from '../paths/contribution.js';
import type { PathContributions, PlaceContribution } from '../paths/contribution-report.js';
import type { CountedLength } from './counted-lengths.js';
import { countText, short } from './number-text.js';
import type { SampledLength } from './sample-lengths.js';

/** What was found. */
export interface PathsReport {
  readonly counts: readonly CountedLength[];
  readonly exact: PathContributions;
  readonly sampled: readonly SampledLength[] | undefined;
  /** Whether sources are told. */
  readonly sources: boolean;
}

/** Heads that are told; the others are in the JSON. */
const mostHeads = 20;

const titles = ['norm', 'residual', 'share of output'];

function cells({ norm, residual, share }: Contribution): string[] {
  // Without the sign of what is rounded to 0.
  return [short(norm), short(residual), percent(share, 2).replace(/^-(?=[0.]+ )/, '')];
}

/** Tables, and whether the sum is the output. */
export function pathsText({ counts, exact, sampled, sources }: PathsReport): string {
  const { heads, layers, first, last, check } = exact;
  const lengths = exact.lengths.map((one, length) => {
    const { count, proportion } = counts[length] as CountedLength;
    return [String(length), countText(count), `${short(100 * proportion)} %`, ...cells(one)];
  });
  const parts = [
    table(['length', 'paths', 'of all paths', ...titles], lengths),
    sources &&
      table(
        ['source', ...titles],
        exact.sources.map((one) => [sourceName(one), ...cells(one)]),
      ),
    heads && headsTable(heads),
    layers && table(['through layer', ...titles], layers.map(placeRow)),
    first && table(['first layer', ...titles], first.map(placeRow)),
    last && table(['last layer', ...titles], last.map(placeRow)),
    sampled && sampledTable(sampled),
    check &&
      `the lengths ${check.holds ? 'add up' : 'DO NOT add up'} to the output: the largest difference is ` +
        `${short(check.error)} of its largest value, at most ${short(check.bound)} may be\n`,
  ];
  return parts.filter((part) => typeof part === 'string').join('\n');
}

function sourceName({ source, layer }: PathContributions['sources'][number]): string {
  if (layer === undefined) return source;
  return layer < 0 ? `${source}, last norm` : `${source}, layer ${layer}`;
}

function placeRow({ layer, ...one }: PlaceContribution): string[] {
  return [layer === undefined ? 'no head at all' : String(layer), ...cells(one)];
}

/** The largest heads. */
function headsTable(heads: readonly PlaceContribution[]): string {
  const sorted = [...heads].sort((a, b) => b.norm - a.norm);
  const rows = sorted
    .slice(0, mostHeads)
    .map(({ layer, head, ...one }) => [`layer ${layer} head ${head}`, ...cells(one)]);
  const left = heads.length - rows.length;
  return table(['through', ...titles], rows) + (left > 0 ? `… and ${left} smaller heads, which --json has\n` : '');
}

function sampledTable(sampled: readonly SampledLength[]): string {
  const rows = sampled.map(({ length, exact, estimate, standardError, interval, onePath }) => [
    String(length),
    short(exact),
    short(estimate),
    interval === undefined ? '-' : `${short(interval[0])} to ${short(interval[1])}`,
    short(standardError),
    short(onePath.mean),
    short(onePath.largest),
  ]);
  const about = `from the tokens alone, and estimated from ${counted(sampled[0]?.paths ?? 0, 'random path')} of each length\n`;
  const names = ['length', 'exact norm', 'estimate', '95 % interval', 'error', 'one path', 'largest path'];
  return about + table(names, rows);
}

/** Without tensors. Counts are texts, as they leave the range of numbers. */
export function pathsJson({ counts, exact, sampled, sources }: PathsReport): object {
  const { heads, layers, first, last, check } = exact;
  const plain = exact.sources.map(({ byLength: _, ...one }) => one);
  const lengths = exact.lengths.map((one, length) => {
    const { count, proportion } = counts[length] as CountedLength;
    return { ...one, paths: String(count), proportion };
  });
  return { lengths, ...(sources && { sources: plain }), heads, layers, first, last, check, sampled };
}

/** The norms of all lengths; with estimates, how far these reach. */
export function pathsPicture({ counts, exact, sampled }: PathsReport): string {
  if (sampled === undefined) {
    return lengthChart(
      exact.lengths.map(({ length, norm }) => ({ length, norm, proportion: counts[length]?.proportion })),
    );
  }
  // Bars are what is exact: estimates can be below 0.
  const bars = sampled.map(({ length, exact: norm, estimate, interval }) => ({
    ...{ length, norm, proportion: counts[length]?.proportion },
    error: interval && interval[1] - estimate,
  }));
  const title = 'What paths of each length contribute, from the tokens alone';
  const yLabel = `norm of the contribution (whiskers: where 95 % of estimates from ${sampled[0]?.paths} random paths are)`;
  return lengthChart(bars, { title, yLabel });
}
