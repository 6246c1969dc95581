// Where to integrate over the threshold: src/kernels/js/exact-plan.ts.
import { tailPair } from './noise';

/** Probability that may be left out at each end. */
// @ts-ignore: decorator
@inline
const TOLERANCE: f64 = 1e-9;

/** The probability that fewer than k of the elements [n] exceed the threshold. `chance` [k] and `tails` (64 bytes) are room. */
function fewerThan(k: i32, threshold: f64, elements: usize, n: i32, gumbel: bool, chance: usize, tails: usize): f64 {
  memory.fill(chance, 0, <usize>k << 3);
  store<f64>(chance, 1);
  const last = chance + (<usize>(k - 1) << 3);
  for (let i = 0; i < n; i += 2) {
    tailPair(gumbel, f64x2.sub(f64x2.splat(threshold), v128.load(elements + (<usize>i << 3))), tails, 16);
    for (let j = i; j < min(i + 2, n); j++) {
      const lane = tails + (<usize>(j - i) << 3);
      const below = load<f64>(lane);
      const above = load<f64>(lane, 16);
      for (let at = last; at > chance; at -= 8) store<f64>(at, below * load<f64>(at) + above * load<f64>(at - 8));
      store<f64>(chance, below * load<f64>(chance));
    }
  }
  let sum: f64 = 0;
  for (let at = chance; at <= last; at += 8) sum += load<f64>(at);
  return sum;
}

/** Copies the scores, in sigma from the reference, that are at least `least` to `out`; returns how many. */
function gather(x: usize, n: i32, reference: f64, sigma: f64, least: f64, out: usize): i32 {
  let count = 0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const u = (<f64>load<f32>(x + (i << 2)) - reference) / sigma;
    if (u < least) continue;
    store<f64>(out + (<usize>count << 3), u);
    count++;
  }
  return count;
}

/** Rows [start, end), with the noise's limits. Scratch: 8 (n + k + 18) bytes. */
export function exactPlan(
  best: usize, scores: usize, sigma: usize, plan: usize, active: usize, n: i32, k: i32, gumbel: bool,
  lowest: f64, highest: f64, hardGap: f64, reach: f64, start: i32, end: i32, scratch: usize,
): void {
  const tails = scratch;
  const chance = tails + 64;
  const elements = chance + (<usize>k << 3);
  const wide = min(k + 1, n);
  for (let row = start; row < end; row++) {
    const top = best + (<usize>row * wide << 2);
    const reference = load<f32>(top + (<usize>(k - 1) << 2));
    const scale = <f64>load<f32>(sigma + (<usize>row << 2));
    const gap = k == n ? Infinity : (<f64>reference - <f64>load<f32>(top + (<usize>k << 2))) / scale;
    const out = plan + <usize>row * 12;
    store<f32>(out, reference);
    store<f32>(out, 0, 4);
    store<f32>(out, 0, 8);
    store<i32>(active + (<usize>row << 2), k);
    if (!(gap <= hardGap) || scale == 0) continue;
    const x = scores + (<usize>row * n << 2);
    const near = gather(x, n, reference, scale, lowest - reach, elements);
    let good = lowest;
    let bad = highest;
    for (let i = 0; i < 8; i++) {
      const middle = (good + bad) / 2;
      if (fewerThan(k, middle, elements, near, gumbel, chance, tails) < TOLERANCE) good = middle;
      else bad = middle;
    }
    const low = good;
    good = highest;
    bad = low;
    for (let i = 0; i < 8; i++) {
      const middle = (good + bad) / 2;
      if (1 - fewerThan(k, middle, elements, near, gumbel, chance, tails) < TOLERANCE) good = middle;
      else bad = middle;
    }
    store<f32>(out, <f32>low, 4);
    store<f32>(out, <f32>good, 8);
    store<i32>(active + (<usize>row << 2), max(k, gather(x, n, reference, scale, low - reach, elements)));
  }
}
