// The sampled perturbed top-k: src/kernels/js/perturbed.ts. One sample is one item; the gradient's items are groups of columns.
import { expPair } from '../../kernels/assembly/lib';

/** Columns that one item of the gradient sums. */
// @ts-ignore: decorator
@inline
const GROUP: i32 = 256;

// @ts-ignore: decorator
@inline
function nu(z: f64): f64 {
  return 1 - f64x2.extract_lane(expPair(f64x2.splat(-z)), 0);
}

/** sum z^2 - 1. */
function normalMoment(noise: usize, n: i32): f64 {
  let sum = f64x2.splat(0);
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    const z = f64x2.promote_low_f32x4(v128.load64_zero(noise + (<usize>i << 2)));
    sum = f64x2.add(sum, f64x2.mul(z, z));
  }
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  if (i < n) total += <f64>load<f32>(noise + (<usize>i << 2)) * load<f32>(noise + (<usize>i << 2));
  return total - <f64>n;
}

/** sum z nu(z) - 1. */
function gumbelMoment(noise: usize, n: i32): f64 {
  let total: f64 = 0;
  for (let i = 0; i < n; i++) {
    const z = <f64>load<f32>(noise + (<usize>i << 2));
    total += z * nu(z);
  }
  return total - <f64>n;
}

/** Puts element i with its value into the sorted list of `count` (best first, values and positions), which holds at most k; returns the new count. */
// @ts-ignore: decorator
@inline
function insert(values: usize, positions: usize, count: i32, k: i32, value: f32, i: i32): i32 {
  let at = min(count, k - 1);
  // Equal values stay in the order in which they came.
  while (at > 0 && load<f32>(values + (<usize>(at - 1) << 2)) < value) {
    store<f32>(values + (<usize>at << 2), load<f32>(values + (<usize>(at - 1) << 2)));
    store<i32>(positions + (<usize>at << 2), load<i32>(positions + (<usize>(at - 1) << 2)));
    at--;
  }
  store<f32>(values + (<usize>at << 2), value);
  store<i32>(positions + (<usize>at << 2), i);
  return min(count + 1, k);
}

/** The least of x + sigma z at k positions: k elements are at least that, so the k largest are, too. */
function leastAt(x: usize, z: usize, sigma: f32, positions: usize, k: i32): f32 {
  let least: f32 = Infinity;
  for (let r: usize = 0; r < <usize>k; r++) {
    const at = <usize>load<i32>(positions + (r << 2)) << 2;
    least = min(least, load<f32>(x + at) + sigma * load<f32>(z + at));
  }
  return least;
}

/** The k largest of x + sigma z, best first; none of them is below `bound`. */
function select(x: usize, z: usize, sigma: f32, n: i32, k: i32, bound: f32, values: usize, positions: usize): void {
  let count = 0;
  const scale = f32x4.splat(sigma);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    if (i + 4 <= n) {
      const four = f32x4.add(v128.load(x + at), f32x4.mul(scale, v128.load(z + at)));
      if (!v128.any_true(f32x4.ge(four, f32x4.splat(bound)))) continue;
    }
    for (let j = i; j < min(i + 4, n); j++) {
      const value = load<f32>(x + (<usize>j << 2)) + sigma * load<f32>(z + (<usize>j << 2));
      if (count < k ? value >= bound : value > bound) {
        count = insert(values, positions, count, k, value, j);
        if (count == k) bound = load<f32>(values + (<usize>(k - 1) << 2));
      }
    }
  }
  // Only where sums are no numbers, of infinite scores and noise: whichever come first.
  for (let i = 0; count < k; i++) {
    let isThere = false;
    for (let r = 0; r < count; r++) isThere = isThere || load<i32>(positions + (<usize>r << 2)) == i;
    if (isThere) continue;
    store<i32>(positions + (<usize>count << 2), i);
    count++;
  }
}

function sortPositions(positions: usize, k: i32): void {
  for (let i = 1; i < k; i++) {
    const position = load<i32>(positions + (<usize>i << 2));
    let at = positions + (<usize>i << 2);
    while (at > positions && load<i32>(at - 4) > position) {
      store<i32>(at, load<i32>(at - 4));
      at -= 4;
    }
    store<i32>(at, position);
  }
}

function reverse(positions: usize, k: i32): void {
  for (let i: usize = positions, j = positions + (<usize>(k - 1) << 2); i < j; i += 4, j -= 4) {
    const swap = load<i32>(i);
    store<i32>(i, load<i32>(j));
    store<i32>(j, swap);
  }
}

/** Samples first + [start, end). Scratch: 4 k bytes. */
export function perturbedSelect(
  scores: usize, sigma: usize, noise: usize, chosen: usize, chosenNoise: usize, moments: usize, first: i32, samples: i32, n: i32,
  k: i32, stride: i32, order: i32, gumbel: bool, withMoments: bool, start: i32, end: i32, scratch: usize,
): void {
  for (let item = start; item < end; item++) {
    const sample = first + item;
    const row = sample / samples;
    const z = noise + (<usize>item * stride << 2);
    const positions = chosen + (<usize>sample * k << 2);
    const x = scores + (<usize>row * n << 2);
    const scale = load<f32>(sigma + (<usize>row << 2));
    // What the sample before chose is a good guess: it spares most of the insertions.
    const isFirst = item == start || (sample - 1) / samples != row;
    const bound: f32 = isFirst ? <f32>-Infinity : leastAt(x, z, scale, positions - (<usize>k << 2), k);
    select(x, z, scale, n, k, bound, scratch, positions);
    if (order == 0) sortPositions(positions, k);
    else if (order == 2) reverse(positions, k);
    for (let r: usize = 0; r < <usize>k; r++) {
      const position = load<i32>(positions + (r << 2));
      store<f32>(chosenNoise + ((<usize>sample * k + r) << 2), load<f32>(z + (<usize>position << 2)));
    }
    if (withMoments) store<f32>(moments + (<usize>sample << 2), <f32>(gumbel ? gumbelMoment(z, n) : normalMoment(z, n)));
  }
}

/** Rows [start, end). Scratch: n bytes. */
export function perturbedCount(chosen: usize, counts: usize, size: i32, n: i32, start: i32, end: i32, scratch: usize): void {
  for (let row = start; row < end; row++) {
    memory.fill(scratch, 0, n);
    let count = 0;
    for (let i: usize = 0; i < <usize>size; i++) {
      const at = scratch + <usize>load<i32>(chosen + ((<usize>row * size + i) << 2));
      count += 1 - <i32>load<u8>(at);
      store<u8>(at, 1);
    }
    store<i32>(counts + (<usize>row << 2), count);
  }
}

/** The row's candidates, ascending: those named in chosen [size], and the lowest others up to m. place [n] says where each stands. */
function listCandidates(chosen: usize, size: i32, n: i32, m: i32, candidates: usize, place: usize): void {
  memory.fill(place, 0, <usize>n << 2);
  let named = 0;
  for (let i: usize = 0; i < <usize>size; i++) {
    const at = place + (<usize>load<i32>(chosen + (i << 2)) << 2);
    named += 1 - load<i32>(at);
    store<i32>(at, 1);
  }
  let others = m - named;
  let slot = 0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const isNamed = load<i32>(place + (i << 2)) != 0;
    if (!isNamed && others <= 0) continue;
    if (!isNamed) others--;
    store<i32>(place + (i << 2), slot);
    store<i32>(candidates + (<usize>slot << 2), <i32>i);
    slot++;
  }
}

/** Rows [start, end). Scratch: 4 n bytes. */
export function perturbedWeights(
  chosen: usize, candidates: usize, slots: usize, weights: usize, all: i32, samples: i32, n: i32, k: i32, m: i32,
  start: i32, end: i32, scratch: usize,
): void {
  for (let row = start; row < end; row++) {
    const from = chosen + (<usize>row * all * k << 2);
    const to = slots + (<usize>row * all * k << 2);
    const out = weights + (<usize>row * k * m << 2);
    listCandidates(from, all * k, n, m, candidates + (<usize>row * m << 2), scratch);
    memory.fill(out, 0, <usize>k * m << 2);
    for (let s = 0; s < all; s++) {
      for (let r: usize = 0; r < <usize>k; r++) {
        const at = (<usize>s * k + r) << 2;
        const slot = load<i32>(scratch + (<usize>load<i32>(from + at) << 2));
        store<i32>(to + at, slot);
        const cell = out + ((r * m + slot) << 2);
        if (s < samples) store<f32>(cell, load<f32>(cell) + 1);
      }
    }
    // Counts are exact in float32.
    for (let i: usize = 0; i < <usize>k * m; i++) store<f32>(out + (i << 2), load<f32>(out + (i << 2)) / <f32>samples);
  }
}

// @ts-ignore: decorator
@inline
function rewardOf(slots: usize, cotangent: usize, k: i32, m: i32): f64 {
  let sum: f64 = 0;
  for (let r: usize = 0; r < <usize>k; r++) sum += load<f32>(cotangent + ((r * m + load<i32>(slots + (r << 2))) << 2));
  return sum;
}

/** Rows [start, end). Scratch: 8 all bytes. */
export function perturbedCoefficients(
  slots: usize, cotangent: usize, sigma: usize, coefficients: usize, all: i32, samples: i32, k: i32, m: i32, baseline: i32,
  start: i32, end: i32, scratch: usize,
): void {
  for (let row = start; row < end; row++) {
    let mean: f64 = 0;
    for (let s = 0; s < all; s++) {
      const at = (<usize>row * all + s) * <usize>k << 2;
      const reward = rewardOf(slots + at, cotangent + (<usize>row * k * m << 2), k, m);
      if (s < samples) mean += reward;
      store<f64>(scratch + (<usize>s << 3), reward);
    }
    mean /= <f64>samples;
    const scale = 1 / (<f64>samples * <f64>load<f32>(sigma + (<usize>row << 2)));
    for (let s = 0; s < samples; s++) {
      let c = load<f64>(scratch + (<usize>s << 3));
      if (baseline == 1) c = (c - mean) * <f64>samples / <f64>(samples - 1);
      else if (baseline == 2) c -= load<f64>(scratch + (<usize>samples << 3));
      store<f32>(coefficients + ((<usize>row * samples + s) << 2), <f32>(c * scale));
    }
  }
}

/** nu(z) of four columns; the kind of noise is known where this is compiled. */
// @ts-ignore: decorator
@inline
function scoreFunction<Gumbel>(z: v128): v128 {
  if (isInteger<Gumbel>()) return z;
  const low = expPair(f64x2.neg(f64x2.promote_low_f32x4(z)));
  const high = expPair(f64x2.neg(f64x2.promote_low_f32x4(v128.shuffle<i32>(z, z, 2, 3, 2, 3))));
  const e = v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
  return f32x4.sub(f32x4.splat(1), e);
}

/** Adds four samples, whose noise is `step` bytes apart, to four columns at a time. */
function addSamples<Gumbel>(grad: usize, z: usize, step: usize, weights: usize, columns: i32): void {
  const c0 = v128.load32_splat(weights), c1 = v128.load32_splat(weights, 4);
  const c2 = v128.load32_splat(weights, 8), c3 = v128.load32_splat(weights, 12);
  const end = grad + (<usize>columns << 2);
  for (; grad < end; grad += 16, z += 16) {
    const first = f32x4.add(
      f32x4.mul(c0, scoreFunction<Gumbel>(v128.load(z))), f32x4.mul(c1, scoreFunction<Gumbel>(v128.load(z + step))),
    );
    const second = f32x4.add(
      f32x4.mul(c2, scoreFunction<Gumbel>(v128.load(z + 2 * step))),
      f32x4.mul(c3, scoreFunction<Gumbel>(v128.load(z + 3 * step))),
    );
    v128.store(grad, f32x4.add(v128.load(grad), f32x4.add(first, second)));
  }
}

/** Adds four samples to `columns` columns. */
function addFour(grad: usize, z: usize, step: usize, weights: usize, columns: i32, gumbel: bool): void {
  const whole = columns & -4;
  if (gumbel) addSamples<f64>(grad, z, step, weights, whole);
  else addSamples<i32>(grad, z, step, weights, whole);
  for (let i = <usize>whole << 2; i < <usize>columns << 2; i += 4) {
    for (let s: usize = 0; s < 4; s++) addOne(grad + i, z + i + s * step, weights + (s << 2), gumbel);
  }
}

/** Adds one sample to one column. */
function addOne(grad: usize, z: usize, weight: usize, gumbel: bool): void {
  const value = load<f32>(z);
  store<f32>(grad, load<f32>(grad) + load<f32>(weight) * (gumbel ? <f32>nu(value) : value));
}

/** Groups of 256 columns [start, end) of all n; the samples of one row after another. */
export function perturbedGrad(
  noise: usize, coefficients: usize, grad: usize, first: i32, count: i32, samples: i32, n: i32, stride: i32, gumbel: bool,
  start: i32, end: i32, scratch: usize,
): void {
  const from = start * GROUP;
  const columns = min(n, end * GROUP) - from;
  const step = <usize>stride << 2;
  for (let item = 0; item < count; ) {
    const row = (first + item) / samples;
    const stop = min(count, (row + 1) * samples - first);
    const out = grad + ((<usize>row * n + from) << 2);
    for (; item + 4 <= stop; item += 4) {
      const z = noise + <usize>item * step + (<usize>from << 2);
      addFour(out, z, step, coefficients + (<usize>(first + item) << 2), columns, gumbel);
    }
    for (; item < stop; item++) {
      const z = noise + <usize>item * step + (<usize>from << 2);
      for (let i: usize = 0; i < <usize>columns << 2; i += 4) {
        addOne(out + i, z + i, coefficients + (<usize>(first + item) << 2), gumbel);
      }
    }
  }
}

/** Rows [start, end). Scratch: 8 m bytes. */
export function perturbedDiagonal(
  slots: usize, chosenNoise: usize, cotangent: usize, sigma: usize, grad: usize, all: i32, samples: i32, k: i32, m: i32,
  gumbel: bool, start: i32, end: i32, scratch: usize,
): void {
  for (let row = start; row < end; row++) {
    memory.fill(scratch, 0, <usize>m << 3);
    for (let s = 0; s < samples; s++) {
      for (let r: usize = 0; r < <usize>k; r++) {
        const at = ((<usize>row * all + s) * k + r) << 2;
        const slot = <usize>load<i32>(slots + at);
        const z = <f64>load<f32>(chosenNoise + at);
        const g = <f64>load<f32>(cotangent + (((<usize>row * k + r) * m + slot) << 2));
        store<f64>(scratch + (slot << 3), load<f64>(scratch + (slot << 3)) + g * (gumbel ? nu(z) : z));
      }
    }
    const scale = 1 / (<f64>samples * <f64>load<f32>(sigma + (<usize>row << 2)));
    for (let i: usize = 0; i < <usize>m; i++) {
      store<f32>(grad + ((<usize>row * m + i) << 2), <f32>(load<f64>(scratch + (i << 3)) * scale));
    }
  }
}
