// Sparse top-k and its gradients: src/kernels/js/sparse.ts, with Newton's method, kept inside a bracket, in place of bisection.
// Scratch holds 1024 bytes.
import { expPair, lanes, logPair } from '../../kernels/assembly/lib';
import { countInfinite, finiteOfRank, finitePair, infinitePair, pairAt, storePair } from './rows';

/** Newton's method takes about ten; what it has not found by then is bisected. */
const NEWTON_STEPS = 30;
const STEPS = 200;

/** v^power for v in (0, 1]. */
// @ts-ignore: decorator
@inline
function powPair(v: v128, power: f64): v128 {
  if (power == 1) return v;
  const square = f64x2.mul(v, v);
  if (power == 2) return square;
  if (power == 3) return f64x2.mul(square, v);
  return expPair(f64x2.mul(logPair(v), f64x2.splat(power)));
}

// @ts-ignore: decorator
@inline
function placePair(pair: v128, reference: f64, tau: f64, l: f64): v128 {
  return f64x2.div(f64x2.sub(f64x2.sub(pair, f64x2.splat(reference)), f64x2.splat(tau)), f64x2.splat(l));
}

/** clip(v, 0, 1)^power. */
// @ts-ignore: decorator
@inline
function weightPair(v: v128, power: f64): v128 {
  const one = f64x2.splat(1);
  // The logarithm wants something positive and finite, also where its result is not used.
  const inside = f64x2.pmin(f64x2.pmax(v, f64x2.splat(1e-300)), one);
  return v128.and(powPair(inside, power), f64x2.gt(v, f64x2.splat(0)));
}

/** Where 0 < v < 1. */
// @ts-ignore: decorator
@inline
function band(v: v128): v128 {
  return v128.and(f64x2.gt(v, f64x2.splat(0)), f64x2.lt(v, f64x2.splat(1)));
}

/** How many elements of x [n] are finite. */
function countFinite(x: usize, n: i32): f64 {
  let count = 0;
  for (let i = 0; i < n; i++) count += i32(abs(load<f32>(x + (<usize>i << 2))) < Infinity);
  return <f64>count;
}

/** The score around which `target` of the finite ones are chosen, from which all else is counted; 0 if there is no choice. */
// @ts-ignore: decorator
@inline
function referenceOf(x: usize, n: i32, finite: f64, target: f64, table: usize): f64 {
  return target > 0 && target < finite ? finiteOfRank(x, n, <i32>ceil(target), table) : 0;
}

/** The tau with sum clip((x - reference - tau) / l, 0, 1)^power = target; infinite if all or none are selected. */
function threshold(x: usize, n: i32, finite: f64, reference: f64, target: f64, l: f64, power: f64): f64 {
  if (target <= 0) return Infinity;
  if (target >= finite) return -Infinity;
  // With tau = -l the reference and all above have 1, with tau = 0 less than target are above 0.
  let low = -l;
  let high: f64 = 0;
  let tau = low;
  for (let step = 0; step < STEPS; step++) {
    let sums = f64x2.splat(0);
    let slopes = sums;
    for (let i = 0; i < n; i += 2) {
      const pair = pairAt(x, i, n);
      const v = placePair(pair, reference, tau, l);
      const weight = v128.and(weightPair(v, power), finitePair(pair, i, n));
      sums = f64x2.add(sums, weight);
      slopes = f64x2.add(slopes, v128.and(f64x2.div(weight, v), band(v)));
    }
    const excess = lanes(sums) - target;
    // At once, if all others are l or more below: the mask is hard.
    if (excess == 0) break;
    if (excess > 0) low = tau;
    else high = tau;
    let next = tau + (excess * l) / (power * lanes(slopes));
    if (abs(next - tau) <= f64.EPSILON * max(abs(tau), l)) break;
    if (!(next > low && next < high) || step > NEWTON_STEPS) next = (low + high) * 0.5;
    if (next <= low || next >= high) break;
    tau = next;
  }
  return tau;
}

export function sparseF32(
  x: usize, y: usize, n: i32, k: f64, l: f64, power: f64, start: i32, end: i32, scratch: usize,
): void {
  for (let row = start; row < end; row++) {
    const offset = <usize>row * <usize>n << 2;
    const sure = <f64>countInfinite(x + offset, n);
    const finite = countFinite(x + offset, n);
    const reference = referenceOf(x + offset, n, finite, k - sure, scratch);
    const tau = threshold(x + offset, n, finite, reference, k - sure, l, power);
    const share = min<f64>(1, k / sure);
    for (let i = 0; i < n; i += 2) {
      const pair = pairAt(x + offset, i, n);
      const weight = weightPair(placePair(pair, reference, tau, l), power);
      storePair(y + offset, i, n, v128.bitselect(weight, infinitePair(pair, share), finitePair(pair, i, n)));
    }
  }
}

/** d = power v^(power - 1) / l where 0 < v < 1. */
// @ts-ignore: decorator
@inline
function slopePair(pair: v128, reference: f64, tau: f64, l: f64, power: f64, i: i32, n: i32): v128 {
  const v = placePair(pair, reference, tau, l);
  const slope = f64x2.mul(f64x2.div(weightPair(v, power), v), f64x2.splat(power / l));
  return v128.and(slope, v128.and(band(v), finitePair(pair, i, n)));
}

export function sparseGradF32(
  x: usize, g: usize, dx: usize, dk: usize, n: i32, k: f64, l: f64, power: f64, start: i32, end: i32, scratch: usize,
): void {
  for (let row = start; row < end; row++) {
    const offset = <usize>row * <usize>n << 2;
    const target = k - <f64>countInfinite(x + offset, n);
    const finite = countFinite(x + offset, n);
    const reference = referenceOf(x + offset, n, finite, target, scratch);
    const tau = threshold(x + offset, n, finite, reference, target, l, power);
    let total = f64x2.splat(0);
    let dot = total;
    for (let i = 0; i < n; i += 2) {
      const d = slopePair(pairAt(x + offset, i, n), reference, tau, l, power, i, n);
      total = f64x2.add(total, d);
      dot = f64x2.add(dot, f64x2.mul(d, pairAt(g + offset, i, n)));
    }
    const sum = lanes(total);
    const w = sum == 0 ? 0 : lanes(dot) / sum;
    for (let i = 0; i < n; i += 2) {
      const d = slopePair(pairAt(x + offset, i, n), reference, tau, l, power, i, n);
      const gradient = f64x2.mul(d, f64x2.sub(pairAt(g + offset, i, n), f64x2.splat(w)));
      storePair(dx + offset, i, n, v128.and(gradient, f64x2.ne(d, f64x2.splat(0))));
    }
    store<f32>(dk + (<usize>row << 2), <f32>w);
  }
}
