// LapSum and its gradients: src/kernels/js/lapsum.ts, with one sort a row and two lanes of float64. Scratch holds
// 4096 + 32 (n + 1) bytes.
import { expPair, lanes, log64 } from '../../kernels/assembly/lib';
import { countInfinite, finitePair, infinitePair, pairAt, sortFinite, storePair } from './rows';

// @ts-ignore: decorator
@inline
function at(array: usize, i: i32): f64 {
  return load<f64>(array + (<usize>i << 3));
}

/** Where the sorted scores stand: behind the room for sorting. */
// @ts-ignore: decorator
@inline
function sortedIn(scratch: usize, n: i32): usize {
  return scratch + 4096 + (<usize>(n + 1) << 3);
}

/** decay[m] = e^((s_m - s_m-1) / alpha), in [0, 1], for m from 1 to n - 1; decay[n] = 0. */
function decays(sorted: usize, decay: usize, n: i32, alpha: f64): void {
  for (let m = 1; m < n; m += 2) {
    const here = sorted + (<usize>m << 3);
    const fall = f64x2.sub(v128.load(here), v128.load(here - 8));
    v128.store(decay + (<usize>m << 3), expPair(f64x2.div(fall, f64x2.splat(alpha))));
  }
  store<f64>(decay + (<usize>n << 3), 0);
}

/** b in [low, high], where `above` and `below` are the sums beside it and c = k - m. */
function between(high: f64, low: f64, above: f64, below: f64, next: f64, c: f64, alpha: f64): f64 {
  if (c == 0) return (high + low) * 0.5 + alpha * 0.5 * log64(below / above);
  const root = abs(c) + sqrt(c * c + above * below * next);
  return c < 0 ? high + alpha * log64(root / above) : low + alpha * log64(below / root);
}

/** Makes n sorted scores relative to the one around which `target` of them are chosen, and returns that. */
function center(sorted: usize, n: i32, target: f64): f64 {
  if (target <= 0 || target >= <f64>n) return 0;
  const reference = at(sorted, <i32>ceil(target) - 1);
  for (let i = 0; i < n; i++) store<f64>(sorted + (<usize>i << 3), at(sorted, i) - reference);
  return reference;
}

/** The b with sum F((x - b) / alpha) = target over n sorted scores; infinite if all or none are selected. The room for two more lists follows. */
function threshold(sorted: usize, n: i32, target: f64, alpha: f64): f64 {
  const length = <usize>(n + 1) << 3;
  const decay = sorted + length;
  const below = decay + length;
  if (target <= 0) return Infinity;
  if (target >= <f64>n) return -Infinity;
  decays(sorted, decay, n, alpha);
  let sum: f64 = 0;
  for (let m = n - 1; m >= 0; m--) {
    sum = 1 + at(decay, m + 1) * sum;
    store<f64>(below + (<usize>m << 3), sum);
  }
  if (sum * 0.5 >= target) return at(sorted, 0) + alpha * log64(sum / (2 * target));
  let above: f64 = 1;
  for (let m = 1; m < n; m++) {
    const next = at(decay, m);
    const sumBelow = at(below, m);
    const there = 1 + above * next;
    if (<f64>(m + 1) - there * 0.5 + (sumBelow - 1) * 0.5 >= target) {
      return between(at(sorted, m - 1), at(sorted, m), above, sumBelow, next, target - <f64>m, alpha);
    }
    above = there;
  }
  return at(sorted, n - 1) + alpha * log64((2 * (<f64>n - target)) / above);
}

// @ts-ignore: decorator
@inline
function distance(pair: v128, reference: f64, b: f64, alpha: f64): v128 {
  return f64x2.div(f64x2.sub(f64x2.sub(pair, f64x2.splat(reference)), f64x2.splat(b)), f64x2.splat(alpha));
}

export function lapsumF32(
  x: usize, y: usize, n: i32, k: f64, alpha: f64, start: i32, end: i32, scratch: usize,
): void {
  const half = f64x2.splat(0.5);
  const sorted = sortedIn(scratch, n);
  for (let row = start; row < end; row++) {
    const offset = <usize>row * <usize>n << 2;
    const sure = <f64>countInfinite(x + offset, n);
    const finite = sortFinite(x + offset, n, sorted, scratch);
    const reference = center(sorted, finite, k - sure);
    const b = threshold(sorted, finite, k - sure, alpha);
    const share = min<f64>(1, k / sure);
    for (let i = 0; i < n; i += 2) {
      const pair = pairAt(x + offset, i, n);
      const u = distance(pair, reference, b, alpha);
      const tail = f64x2.mul(half, expPair(f64x2.neg(f64x2.abs(u))));
      const value = v128.bitselect(tail, f64x2.sub(f64x2.splat(1), tail), f64x2.le(u, f64x2.splat(0)));
      storePair(y + offset, i, n, v128.bitselect(value, infinitePair(pair, share), finitePair(pair, i, n)));
    }
  }
}

/** The smallest |x - reference - b| / alpha. */
function nearest(x: usize, n: i32, reference: f64, b: f64, alpha: f64): f64 {
  let least = f64x2.splat(Infinity);
  for (let i = 0; i < n; i += 2) {
    const pair = pairAt(x, i, n);
    const size = v128.bitselect(f64x2.abs(distance(pair, reference, b, alpha)), least, finitePair(pair, i, n));
    least = f64x2.pmin(least, size);
  }
  return min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
}

export function lapsumGradF32(
  x: usize, g: usize, dx: usize, dk: usize, dalpha: usize, n: i32, k: f64, alpha: f64, start: i32, end: i32, scratch: usize,
): void {
  const sorted = sortedIn(scratch, n);
  for (let row = start; row < end; row++) {
    const offset = <usize>row * <usize>n << 2;
    const from = x + offset;
    const target = k - <f64>countInfinite(from, n);
    const finite = sortFinite(from, n, sorted, scratch);
    const reference = center(sorted, finite, target);
    const b = threshold(sorted, finite, target, alpha);
    const moves = abs(b) < Infinity;
    const least = moves ? nearest(from, n, reference, b, alpha) : 0;
    let total = f64x2.splat(0);
    let dot = total;
    for (let i = 0; i < n; i += 2) {
      const pair = pairAt(from, i, n);
      const size = f64x2.abs(distance(pair, reference, b, alpha));
      let weight = v128.and(expPair(f64x2.sub(f64x2.splat(least), size)), finitePair(pair, i, n));
      if (!moves) weight = f64x2.splat(0);
      v128.store(scratch + (<usize>i << 3), weight);
      total = f64x2.add(total, weight);
      dot = f64x2.add(dot, f64x2.mul(weight, pairAt(g + offset, i, n)));
    }
    const sum = lanes(total);
    const w = sum == 0 ? 0 : lanes(dot) / sum;
    const scale = f64x2.splat(f64x2.extract_lane(expPair(f64x2.splat(-least)), 0) / (2 * alpha));
    let slope = f64x2.splat(0);
    for (let i = 0; i < n; i += 2) {
      const weight = v128.load(scratch + (<usize>i << 3));
      const change = f64x2.sub(pairAt(g + offset, i, n), f64x2.splat(w));
      const gradient = f64x2.mul(f64x2.mul(scale, weight), change);
      storePair(dx + offset, i, n, gradient);
      const part = f64x2.mul(gradient, distance(pairAt(from, i, n), reference, b, alpha));
      slope = f64x2.sub(slope, v128.and(part, f64x2.ne(weight, f64x2.splat(0))));
    }
    store<f32>(dk + (<usize>row << 2), <f32>w);
    store<f32>(dalpha + (<usize>row << 2), <f32>lanes(slope));
  }
}
