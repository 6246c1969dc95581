/** How many paths there are, by length: counts are whole numbers of any size, proportions are safe at any depth. */
import { requireCount } from '@saccade/tensor';

/** Paths through `length` heads. */
export interface PathCount {
  readonly length: number;
  /** C(layers, length) heads^length. */
  readonly count: bigint;
  /** Among all (heads + 1)^layers: binomial with probability heads / (heads + 1). */
  readonly proportion: number;
}

/**
 * Paths of each length through layers with skips.
 * @throws {OptionError} unless both are whole numbers from 1
 */
export function pathCounts(layers: number, heads: number): PathCount[] {
  requireCount('pathCounts', 'layers', layers);
  requireCount('pathCounts', 'heads', heads);
  const counts: PathCount[] = [];
  let choose = 1n;
  for (let length = 0; length <= layers; length++) {
    if (length > 0) choose = (choose * BigInt(layers - length + 1)) / BigInt(length);
    const proportion = Math.exp(logBinomial(layers, length) + length * Math.log(heads) - layers * Math.log1p(heads));
    counts.push({ length, count: choose * BigInt(heads) ** BigInt(length), proportion });
  }
  return counts;
}

/** log C(n, k), by a sum of logarithms. */
function logBinomial(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= Math.min(k, n - k); i++) sum += Math.log((n - i + 1) / i);
  return sum;
}
