/** The decision guide of the package's README: how good sampled gradients are for typical sizes. */
import { type EstimateHealth, gradientHealth, type PerturbedGradient } from '@saccade/topk';

/** Sizes, and what they are typical of. */
export const sizes: readonly (readonly [what: string, n: number, k: number])[] = [
  ['8 experts, 2 routed', 8, 2],
  ['64 tokens, 16 kept', 64, 16],
  ['64 patches, 4 read', 64, 4],
  ['144 patches, 8 read', 144, 8],
  ['900 patches, 10 read', 900, 10],
  ['2028 patches, 5 read', 2028, 5],
];

const percent = (cosine: number): string => cosine.toFixed(2);

/** The best of the sampled gradients, and when it is worth taking. */
function advice(cosine: (gradient: PerturbedGradient) => number): string {
  if (cosine('full') >= 0.9) return '`exact`; sampling is fine too';
  if (cosine('full') >= 0.7) return '`exact`; sampling needs `full`';
  return '`exact`; sampled gradients are mostly noise';
}

/** One row: cosines to the exact gradient, for a loss to which the order of the rows does not matter and for one to which it does. */
export async function guideRow(what: string, n: number, k: number): Promise<string> {
  const of = async (cotangent: 'shared' | 'independent'): Promise<readonly EstimateHealth[]> =>
    (await gradientHealth({ n, k, cotangent, seed: 1 })).estimates;
  const [shared, independent] = [await of('shared'), await of('independent')];
  const cosine = (estimates: readonly EstimateHealth[], gradient: PerturbedGradient): number =>
    estimates.find((one) => one.gradient === gradient)?.cosine ?? Number.NaN;
  const pair = (gradient: PerturbedGradient): string =>
    `${percent(cosine(shared, gradient))} / ${percent(cosine(independent, gradient))}`;
  const least = (gradient: PerturbedGradient): number =>
    Math.min(cosine(shared, gradient), cosine(independent, gradient));
  return `| ${what} | ${pair('full')} | ${pair('plain')} | ${pair('diag')} | ${advice(least)} |`;
}

/** The whole table. */
export async function guideTable(): Promise<string> {
  const rows: string[] = [];
  for (const size of sizes) rows.push(await guideRow(...size));
  return ['| sizes | `full` | `plain` | `diag` | take |', '|---|---|---|---|---|', ...rows].join('\n');
}
