/** Where to integrate over the threshold: the range outside which the k-th largest perturbed score practically never lies. */
import { type NoiseKind, tail } from './noise.js';

/** Probability that may be left out at each end. */
const TOLERANCE = 1e-9;
/** Probability, summed over all elements, of exceeding the lowest threshold that those may have that are left out. */
const LEFT_OUT = 1e-6;

/** How a kind of noise bounds the search, in sigma around the k-th largest score. */
export interface Limits {
  readonly lowest: number;
  readonly highest: number;
  /** Beyond so large a gap between the k-th and the next score the choice is the hard one, to float32's last digit. */
  readonly hardGap: number;
  /** An element so far below the threshold is left out. */
  readonly reach: number;
}

/** The limits for rows of n elements. */
export function limits(kind: NoiseKind, n: number): Limits {
  if (kind === 'normal') {
    return { lowest: -9, highest: 8.5, hardGap: 12, reach: Math.sqrt(2 * Math.log(n / (2 * LEFT_OUT))) };
  }
  return { lowest: -4, highest: Math.log(n / TOLERANCE), hardGap: 20, reach: Math.log(n / LEFT_OUT) };
}

/** Nodes for a range of thresholds: at least 32, and so dense that the trapezoid rule is right to float32's last digit. */
export function nodeCount(width: number): number {
  return 4 * Math.ceil(Math.max(32, 8 * width) / 4);
}

/** Bytes of private memory that the gradient takes in WebAssembly, for m active elements. */
export function exactGradScratch(m: number, k: number): number {
  return (m + 2) * (k + 1) * 128 + m * (140 + 8 * k);
}

/** The probability that fewer than k elements exceed the threshold: a Poisson-binomial count, cut off at k. */
function fewerThan(k: number, threshold: number, elements: Float64Array, kind: NoiseKind): number {
  const chance = new Float64Array(k);
  chance[0] = 1;
  for (const u of elements) {
    const { below, above } = tail(kind, threshold - u);
    for (let c = k - 1; c > 0; c--) chance[c] = below * (chance[c] as number) + above * (chance[c - 1] as number);
    chance[0] = below * (chance[0] as number);
  }
  return chance.reduce((sum, value) => sum + value);
}

/** The last of eight halvings of [from, to] at which `holds` still does, beginning at `from`, where it does. */
function bisect(from: number, to: number, holds: (at: number) => boolean): number {
  let good = from;
  let bad = to;
  for (let i = 0; i < 8; i++) {
    const middle = (good + bad) / 2;
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/**
 * For each row of scores [rows, n] with its k + 1 largest (k if k = n) `best`: the plan [rows, 3], that is the k-th largest
 * score and the range of the threshold, in sigma from there (both 0 where the choice is the hard one), and how many elements, the largest
 * ones, can enter at all (active [rows], at least k).
 */
export function exactPlan(
  best: ArrayLike<number>,
  scores: ArrayLike<number>,
  sigma: ArrayLike<number>,
  plan: { [i: number]: number },
  active: { [i: number]: number },
  rows: number,
  n: number,
  k: number,
  gumbel: boolean,
): void {
  const kind = gumbel ? 'gumbel' : 'normal';
  const { lowest, highest, hardGap, reach } = limits(kind, n);
  const wide = Math.min(k + 1, n);
  for (let row = 0; row < rows; row++) {
    const reference = best[row * wide + k - 1] as number;
    const scale = sigma[row] as number;
    const gap = k === n ? Infinity : (reference - (best[row * wide + k] as number)) / scale;
    plan[row * 3] = reference;
    plan[row * 3 + 1] = plan[row * 3 + 2] = 0;
    active[row] = k;
    if (!(gap <= hardGap) || scale === 0) continue;
    const elements = new Float64Array(n);
    for (let i = 0; i < n; i++) elements[i] = ((scores[row * n + i] as number) - reference) / scale;
    const inReach = (threshold: number): Float64Array => elements.filter((u) => u >= threshold - reach);
    const near = inReach(lowest);
    const low = bisect(lowest, highest, (t) => fewerThan(k, t, near, kind) < TOLERANCE);
    plan[row * 3 + 1] = low;
    plan[row * 3 + 2] = bisect(highest, low, (t) => 1 - fewerThan(k, t, near, kind) < TOLERANCE);
    active[row] = Math.max(k, inReach(low).length);
  }
}
