// The exact perturbed top-k and its gradient: src/kernels/js/exact.ts in its vector form. Four thresholds at a time, in float64;
// a state (c, e) of the dynamic programme is 32 bytes, all states before one element are (k + 1) * 64 bytes.
import { lanes } from '../../kernels/assembly/lib';
import { add, markSure, mul, nodeCount, TAIL, tails } from './thresholds';

// @ts-ignore: decorator
@inline
const STATE: usize = 64;
/** One half (two thresholds) of B_i from B_(i+1): completions. */
// @ts-ignore: decorator
@inline
function completeHalf(to: usize, from: usize, tail: usize, k: i32): void {
  const q = v128.load(tail);
  const p = v128.load(tail, 32);
  const f = v128.load(tail, 64);
  let next0 = f64x2.splat(0);
  let next1 = next0;
  for (let at = <usize>k * STATE; ; at -= STATE) {
    const b0 = v128.load(from + at);
    const b1 = v128.load(from + at, 32);
    v128.store(to + at, add(add(mul(q, b0), mul(p, next0)), mul(f, next1)));
    v128.store(to + at, add(mul(q, b1), mul(p, next1)), 32);
    next0 = b0;
    next1 = b1;
    if (at == 0) break;
  }
}

/** All B_m .. B_0 at `states`, B_i at i. */
function completions(states: usize, tail: usize, marks: usize, m: i32, k: i32): void {
  const row = <usize>(k + 1) * STATE;
  const last = states + <usize>m * row;
  memory.fill(last, 0, row);
  v128.store(last + <usize>k * STATE, f64x2.splat(1), 32);
  v128.store(last + <usize>k * STATE, f64x2.splat(1), 48);
  for (let i = m - 1; i >= 0; i--) {
    const to = states + <usize>i * row;
    if (load<i32>(marks + (<usize>i << 2)) & 1) {
      memory.copy(to, to + row, row);
      continue;
    }
    completeHalf(to, to + row, tail + <usize>i * TAIL, k);
    completeHalf(to + 16, to + row + 16, tail + <usize>i * TAIL + 16, k);
  }
}

/** Turns A_i at `a` into A_(i+1), in place, from the largest c down. */
// @ts-ignore: decorator
@inline
function arriveHalf(a: usize, tail: usize, k: i32): void {
  const q = v128.load(tail);
  const p = v128.load(tail, 32);
  const f = v128.load(tail, 64);
  let a0 = v128.load(a + <usize>k * STATE);
  let a1 = v128.load(a + <usize>k * STATE, 32);
  for (let at = <usize>k * STATE; at > 0; at -= STATE) {
    const before0 = v128.load(a + at - STATE);
    const before1 = v128.load(a + at - STATE, 32);
    v128.store(a + at, add(mul(q, a0), mul(p, before0)));
    v128.store(a + at, add(add(mul(q, a1), mul(p, before1)), mul(f, before0)), 32);
    a0 = before0;
    a1 = before1;
  }
  v128.store(a, mul(q, a0));
  v128.store(a, mul(q, a1), 32);
}

function begin(a: usize, k: i32): void {
  memory.fill(a, 0, <usize>(k + 1) * STATE);
  v128.store(a, f64x2.splat(1));
  v128.store(a, f64x2.splat(1), 16);
}

/** Two thresholds' part of the probability to be number r, from the states before (at r) and after (at r + 1) the element. */
// @ts-ignore: decorator
@inline
function selectedHalf(a: usize, b: usize, p: v128, f: v128): v128 {
  const a0 = v128.load(a);
  const b1 = v128.load(b, 32);
  const over = add(mul(a0, v128.load(b)), mul(v128.load(a, 32), b1));
  return add(mul(p, over), mul(f, mul(a0, b1)));
}

/** Two thresholds' part for an element that is selected for sure, from the states around it. */
// @ts-ignore: decorator
@inline
function sureHalf(a: usize, b: usize): v128 {
  return add(mul(v128.load(a), v128.load(b)), mul(v128.load(a, 32), v128.load(b, 32)));
}

/** Adds four thresholds' part to y [rows, m]; k counts what is selected beside the sure ones. */
function addWeights(y: usize, a: usize, states: usize, tail: usize, marks: usize, m: i32, k: i32, width: f64): void {
  const row = <usize>(k + 1) * STATE;
  begin(a, k);
  for (let i = 0; i < m; i++) {
    const t = tail + <usize>i * TAIL;
    const mark = load<i32>(marks + (<usize>i << 2));
    let out = y + ((<usize>(mark >> 1) * m + i) << 3);
    if (mark & 1) {
      const around = states + <usize>i * row;
      for (let r: usize = 0; r <= <usize>k * STATE; r += STATE) {
        const sum = add(sureHalf(a + r, around + r), sureHalf(a + r + 16, around + r + 16));
        store<f64>(out, load<f64>(out) + width * lanes(sum));
        out += <usize>m << 3;
      }
      continue;
    }
    const next = states + <usize>(i + 1) * row + STATE;
    const p0 = v128.load(t, 32);
    const p1 = v128.load(t, 48);
    const f0 = v128.load(t, 64);
    const f1 = v128.load(t, 80);
    for (let r: usize = 0; r < <usize>k * STATE; r += STATE) {
      const sum = add(selectedHalf(a + r, next + r, p0, f0), selectedHalf(a + r + 16, next + r + 16, p1, f1));
      store<f64>(out, load<f64>(out) + width * lanes(sum));
      out += <usize>m << 3;
    }
    arriveHalf(a, t, k);
    arriveHalf(a + 16, t + 16, k);
  }
}

/** One-hot rows of the k largest: those above the k-th, and of its equals the first. */
function hardRows(x: usize, m: i32, k: i32, reference: f32, y: usize): void {
  let equals = k;
  for (let i: usize = 0; i < <usize>m; i++) if (load<f32>(x + (i << 2)) > reference) equals--;
  for (let i: usize = 0; i < <usize>m; i++) {
    const value = load<f32>(x + (i << 2));
    let isIn = value > reference;
    if (value == reference && equals > 0) {
      equals--;
      isIn = true;
    }
    if (!isIn) continue;
    store<f32>(y + (i << 2), 1);
    y += <usize>m << 2;
  }
}

/** Rows [start, end); `reach` of the noise as in ./exact-plan. Scratch: (m + 2) (k + 1) 64 + m (132 + 8 k) bytes. */
export function exactForward(
  scores: usize, sigma: usize, plan: usize, weights: usize, m: i32, k: i32, gumbel: bool, reach: f64,
  start: i32, end: i32, scratch: usize,
): void {
  const states = scratch;
  const a = states + <usize>(m + 1) * <usize>(k + 1) * STATE;
  const tail = a + <usize>(k + 1) * STATE;
  const y = tail + <usize>m * TAIL;
  const marks = y + (<usize>k * m << 3);
  for (let row = start; row < end; row++) {
    const x = scores + (<usize>row * m << 2);
    const out = weights + (<usize>row * k * m << 2);
    const at = plan + <usize>row * 12;
    const reference = load<f32>(at);
    const low = <f64>load<f32>(at, 4);
    const high = <f64>load<f32>(at, 8);
    memory.fill(out, 0, <usize>k * m << 2);
    if (low == high) {
      hardRows(x, m, k, reference, out);
      continue;
    }
    memory.fill(y, 0, <usize>k * m << 3);
    const nodes = nodeCount(high - low);
    const width = (high - low) / <f64>nodes;
    const scale = <f64>load<f32>(sigma + (<usize>row << 2));
    const beside = k - markSure(x, m, reference, scale, high + reach, marks);
    for (let j = 0; j < nodes; j += 4) {
      tails(x, m, reference, scale, gumbel, low + (<f64>j + 0.5) * width, width, tail);
      completions(states, tail, marks, m, beside);
      addWeights(y, a, states, tail, marks, m, beside, width);
    }
    for (let i: usize = 0; i < <usize>k * m; i++) store<f32>(out + (i << 2), <f32>load<f64>(y + (i << 3)));
  }
}
