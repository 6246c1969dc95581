// The gradient of the exact perturbed top-k: the recursions of ./exact once more, with the reward collected on the way (R and W
// beside B and A). A state is 128 bytes here, four thresholds each: weight for e = 0, for e = 1, reward for e = 0, for e = 1.
import { lanes } from '../../kernels/assembly/lib';
import { add, markSure, mul, nodeCount, TAIL, tails } from './thresholds';

// @ts-ignore: decorator
@inline
const STATE: usize = 128;
// @ts-ignore: decorator
@inline
const REWARD: usize = 64;

/** One half (two thresholds) of B_i and R_i from those at i + 1; g [k] are the element's rewards. */
// @ts-ignore: decorator
@inline
function completeHalf(to: usize, from: usize, tail: usize, g: usize, k: i32): void {
  const q = v128.load(tail);
  const p = v128.load(tail, 32);
  const f = v128.load(tail, 64);
  let next0 = f64x2.splat(0);
  let next1 = next0;
  let after0 = next0;
  let after1 = next0;
  let reward = next0;
  for (let c = k; ; c--) {
    const at = <usize>c * STATE;
    const b0 = v128.load(from + at);
    const b1 = v128.load(from + at, 32);
    const r0 = v128.load(from + at + REWARD);
    const r1 = v128.load(from + at + REWARD, 32);
    const gain0 = add(after0, mul(reward, next0));
    const gain1 = add(after1, mul(reward, next1));
    v128.store(to + at, add(add(mul(q, b0), mul(p, next0)), mul(f, next1)));
    v128.store(to + at, add(mul(q, b1), mul(p, next1)), 32);
    v128.store(to + at + REWARD, add(add(mul(q, r0), mul(p, gain0)), mul(f, gain1)));
    v128.store(to + at + REWARD, add(mul(q, r1), mul(p, gain1)), 32);
    if (c == 0) break;
    next0 = b0;
    next1 = b1;
    after0 = r0;
    after1 = r1;
    reward = v128.load64_splat(g + (<usize>(c - 1) << 3));
  }
}

/** B and R before an element that is selected for sure: its reward is added, no more. */
function completeSure(to: usize, from: usize, g: usize, k: i32): void {
  for (let c: usize = 0; c <= <usize>k; c++) {
    const reward = v128.load64_splat(g + (c << 3));
    for (let at: usize = 0; at < REWARD; at += 16) {
      const b = v128.load(from + at);
      v128.store(to + at, b);
      v128.store(to + at + REWARD, add(v128.load(from + at + REWARD), mul(reward, b)));
    }
    to += STATE;
    from += STATE;
  }
}

/** All B_m .. B_0 and R; k counts what is selected beside the sure ones, and g has `rows` rewards an element. */
function completions(states: usize, tail: usize, g: usize, rows: i32, marks: usize, m: i32, k: i32): void {
  const row = <usize>(k + 1) * STATE;
  const last = states + <usize>m * row;
  memory.fill(last, 0, row);
  v128.store(last + <usize>k * STATE, f64x2.splat(1), 32);
  v128.store(last + <usize>k * STATE, f64x2.splat(1), 48);
  for (let i = m - 1; i >= 0; i--) {
    const to = states + <usize>i * row;
    const mark = load<i32>(marks + (<usize>i << 2));
    const rewards = g + (<usize>(i * rows + (mark >> 1)) << 3);
    if (mark & 1) {
      completeSure(to, to + row, rewards, k);
      continue;
    }
    completeHalf(to, to + row, tail + <usize>i * TAIL, rewards, k);
    completeHalf(to + 16, to + row + 16, tail + <usize>i * TAIL + 16, rewards, k);
  }
}

/** Turns A_i and W_i at `a` into those at i + 1, in place, from the largest c down. */
// @ts-ignore: decorator
@inline
function arriveHalf(a: usize, tail: usize, g: usize, k: i32): void {
  const q = v128.load(tail);
  const p = v128.load(tail, 32);
  const f = v128.load(tail, 64);
  for (let c = k; c > 0; c--) {
    const at = a + <usize>c * STATE;
    const before = at - STATE;
    const a0 = v128.load(before);
    const a1 = v128.load(before, 32);
    const reward = v128.load64_splat(g + (<usize>(c - 1) << 3));
    const gain0 = add(v128.load(before + REWARD), mul(reward, a0));
    const gain1 = add(v128.load(before + REWARD, 32), mul(reward, a1));
    v128.store(at, add(mul(q, v128.load(at)), mul(p, a0)));
    v128.store(at, add(add(mul(q, v128.load(at, 32)), mul(p, a1)), mul(f, a0)), 32);
    v128.store(at + REWARD, add(mul(q, v128.load(at + REWARD)), mul(p, gain0)));
    v128.store(at + REWARD, add(add(mul(q, v128.load(at + REWARD, 32)), mul(p, gain1)), mul(f, gain0)), 32);
  }
  v128.store(a, mul(q, v128.load(a)));
  v128.store(a, mul(q, v128.load(a, 32)), 32);
  v128.store(a + REWARD, mul(q, v128.load(a + REWARD)));
  v128.store(a + REWARD, mul(q, v128.load(a + REWARD, 32)), 32);
}

/** A and W behind an element that is selected for sure. */
function arriveSure(a: usize, g: usize, k: i32): void {
  for (let c: usize = 0; c <= <usize>k; c++) {
    const reward = v128.load64_splat(g + (c << 3));
    for (let at: usize = 0; at < REWARD; at += 16) {
      const w = a + at + REWARD;
      v128.store(w, add(v128.load(w), mul(reward, v128.load(a + at))));
    }
    a += STATE;
  }
}

/** Two thresholds' part of the derivative by the element's score: density (dp - dq) + slope df, from the states before and after. */
// @ts-ignore: decorator
@inline
function slopeHalf(a: usize, b: usize, tail: usize, g: usize, k: i32): v128 {
  let dq = f64x2.splat(0);
  let dp = dq;
  let df = dq;
  let b0 = v128.load(b);
  let b1 = v128.load(b, 32);
  let r0 = v128.load(b + REWARD);
  let r1 = v128.load(b + REWARD, 32);
  for (let c = 0; ; c++) {
    const a0 = v128.load(a);
    const a1 = v128.load(a, 32);
    const w0 = v128.load(a + REWARD);
    const w1 = v128.load(a + REWARD, 32);
    dq = add(dq, add(add(mul(a0, r0), mul(a1, r1)), add(mul(w0, b0), mul(w1, b1))));
    if (c == k) break;
    a += STATE;
    b += STATE;
    const reward = v128.load64_splat(g + (<usize>c << 3));
    b0 = v128.load(b);
    b1 = v128.load(b, 32);
    r0 = v128.load(b + REWARD);
    r1 = v128.load(b + REWARD, 32);
    const gain1 = add(r1, mul(reward, b1));
    dp = add(dp, add(add(mul(a0, add(r0, mul(reward, b0))), mul(a1, gain1)), add(mul(w0, b0), mul(w1, b1))));
    df = add(df, add(mul(a0, gain1), mul(w0, b1)));
  }
  return add(mul(v128.load(tail, 64), f64x2.sub(dp, dq)), mul(v128.load(tail, 96), df));
}

/** Adds four thresholds' part to total [m]. */
function addSlopes(
  total: usize, a: usize, states: usize, tail: usize, g: usize, rows: i32, marks: usize, m: i32, k: i32, width: f64,
): void {
  const row = <usize>(k + 1) * STATE;
  memory.fill(a, 0, row);
  v128.store(a, f64x2.splat(1));
  v128.store(a, f64x2.splat(1), 16);
  for (let i = 0; i < m; i++) {
    const t = tail + <usize>i * TAIL;
    const next = states + <usize>(i + 1) * row;
    const mark = load<i32>(marks + (<usize>i << 2));
    const rewards = g + (<usize>(i * rows + (mark >> 1)) << 3);
    if (mark & 1) {
      arriveSure(a, rewards, k);
      continue;
    }
    const sum = add(slopeHalf(a, next, t, rewards, k), slopeHalf(a + 16, next + 16, t + 16, rewards, k));
    const at = total + (<usize>i << 3);
    store<f64>(at, load<f64>(at) + width * lanes(sum));
    arriveHalf(a, t, rewards, k);
    arriveHalf(a + 16, t + 16, rewards, k);
  }
}

/** Writes the row's gradients by the scores and by sigma: the weights depend on x / sigma alone. */
function finish(total: usize, x: usize, m: i32, reference: f64, sigma: f64, gradScores: usize, gradSigma: usize): void {
  let bySigma: f64 = 0;
  for (let i: usize = 0; i < <usize>m; i++) {
    const slope = load<f64>(total + (i << 3));
    let gradient: f64 = 0;
    if (slope != 0) {
      gradient = slope / sigma;
      bySigma -= ((<f64>load<f32>(x + (i << 2)) - reference) / sigma) * gradient;
    }
    store<f32>(gradScores + (i << 2), <f32>gradient);
  }
  store<f32>(gradSigma, <f32>bySigma);
}

/** Rows [start, end); `reach` of the noise as in ./exact-plan. Scratch: (m + 2) (k + 1) 128 + m (140 + 8 k) bytes. */
export function exactGrad(
  scores: usize, sigma: usize, plan: usize, cotangent: usize, gradScores: usize, gradSigma: usize, m: i32, k: i32, gumbel: bool,
  reach: f64, start: i32, end: i32, scratch: usize,
): void {
  const states = scratch;
  const a = states + <usize>(m + 1) * <usize>(k + 1) * STATE;
  const tail = a + <usize>(k + 1) * STATE;
  const total = tail + <usize>m * TAIL;
  const g = total + (<usize>m << 3);
  const marks = g + (<usize>m * k << 3);
  for (let row = start; row < end; row++) {
    const x = scores + (<usize>row * m << 2);
    const at = plan + <usize>row * 12;
    const reference = <f64>load<f32>(at);
    const low = <f64>load<f32>(at, 4);
    const high = <f64>load<f32>(at, 8);
    const scale = <f64>load<f32>(sigma + (<usize>row << 2));
    memory.fill(total, 0, <usize>m << 3);
    if (low != high) {
      for (let r: usize = 0; r < <usize>k; r++) {
        for (let i: usize = 0; i < <usize>m; i++) {
          store<f64>(g + ((i * k + r) << 3), <f64>load<f32>(cotangent + (((<usize>row * k + r) * m + i) << 2)));
        }
      }
      const nodes = nodeCount(high - low);
      const width = (high - low) / <f64>nodes;
      const beside = k - markSure(x, m, reference, scale, high + reach, marks);
      for (let j = 0; j < nodes; j += 4) {
        tails(x, m, reference, scale, gumbel, low + (<f64>j + 0.5) * width, width, tail);
        completions(states, tail, g, k, marks, m, beside);
        addSlopes(total, a, states, tail, g, k, marks, m, beside, width);
      }
    }
    finish(total, x, m, reference, scale, gradScores + (<usize>row * m << 2), gradSigma + (<usize>row << 2));
  }
}
