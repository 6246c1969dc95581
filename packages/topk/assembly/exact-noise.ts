// The noise that the exact top-k collects: src/kernels/js/exact-noise.ts in its vector form. Scratch holds
// 128 (m + k + 1) bytes.
import { exp64, lanes } from '../../kernels/assembly/lib';
import { add, mul, nodeCount, TAIL, tails } from './thresholds';

/** Bytes of a state: weight and collected noise, without the threshold element and with it, at four thresholds. */
// @ts-ignore: decorator
@inline
const STATE: usize = 128;
// @ts-ignore: decorator
@inline
const EULER_GAMMA: f64 = 0.5772156649015329;

/** E[z 1{z > u}] of Gumbel noise, where P(z > u) = above; u may be infinite. */
function gumbelAbove(u: f64, below: f64, above: f64): f64 {
  if (above == 0) return 0;
  if (u < -3) return EULER_GAMMA - (below == 0 ? 0 : u * below); // w > 20
  const w = exp64(-u);
  let sum: f64 = 0;
  let power: f64 = 1;
  for (let j = 1; j <= 80; j++) {
    power *= -w / <f64>j;
    sum -= power / <f64>j;
  }
  return u * above + sum;
}

/** One half (two thresholds) of an element's step, from the largest count down. */
// @ts-ignore: decorator
@inline
function collectHalf(states: usize, tail: usize, u: v128, gumbel: bool, k: i32): void {
  const q = v128.load(tail);
  const p = v128.load(tail, 32);
  const f = v128.load(tail, 64);
  let z = f;
  if (gumbel) {
    z = f64x2(
      gumbelAbove(f64x2.extract_lane(u, 0), f64x2.extract_lane(q, 0), f64x2.extract_lane(p, 0)),
      gumbelAbove(f64x2.extract_lane(u, 1), f64x2.extract_lane(q, 1), f64x2.extract_lane(p, 1)),
    );
  }
  // 0 where u is infinite.
  const fu = v128.and(mul(f, u), f64x2.ne(f, f64x2.splat(0)));
  for (let at = states + <usize>k * STATE; at > states; at -= STATE) {
    const a0 = v128.load(at - STATE);
    const a1 = v128.load(at - STATE, 32);
    const w0 = v128.load(at - STATE, 64);
    const w1 = v128.load(at - STATE, 96);
    v128.store(at, add(mul(q, v128.load(at)), mul(p, a0)));
    v128.store(at, add(add(mul(q, v128.load(at, 32)), mul(p, a1)), mul(f, a0)), 32);
    v128.store(at, add(add(mul(q, v128.load(at, 64)), mul(p, w0)), mul(z, a0)), 64);
    const own = add(add(mul(q, v128.load(at, 96)), mul(p, w1)), mul(z, a1));
    v128.store(at, add(own, add(mul(f, w0), mul(fu, a0))), 96);
  }
  v128.store(states, mul(q, v128.load(states)));
}

export function exactNoise(
  scores: usize, sigmas: usize, plan: usize, total: usize, m: i32, k: i32, gumbel: bool, start: i32, end: i32, scratch: usize,
): void {
  const states = scratch + <usize>m * TAIL;
  for (let row = start; row < end; row++) {
    const x = scores + (<usize>row * <usize>m << 2);
    const from = plan + <usize>row * 12;
    const reference = <f64>load<f32>(from);
    const low = <f64>load<f32>(from, 4);
    const high = <f64>load<f32>(from, 8);
    const sigma = <f64>load<f32>(sigmas + (<usize>row << 2));
    const nodes = low == high ? 0 : nodeCount(high - low);
    const width = (high - low) / <f64>nodes;
    let sum = low == high && gumbel ? <f64>k * EULER_GAMMA : 0;
    for (let j = 0; j < nodes; j += 4) {
      const t = low + (<f64>j + 0.5) * width;
      tails(x, m, reference, sigma, gumbel, t, width, scratch);
      memory.fill(states, 0, <usize>(k + 1) * STATE);
      v128.store(states, f64x2.splat(1));
      v128.store(states, f64x2.splat(1), 16);
      for (let i = 0; i < m; i++) {
        const place = (<f64>load<f32>(x + (<usize>i << 2)) - reference) / sigma;
        const tail = scratch + <usize>i * TAIL;
        const u = f64x2(t - place, t + width - place);
        collectHalf(states, tail, u, gumbel, k);
        collectHalf(states + 16, tail + 16, add(u, f64x2.splat(2 * width)), gumbel, k);
      }
      const last = states + <usize>k * STATE + 96;
      sum += width * lanes(add(v128.load(last), v128.load(last, 16)));
    }
    store<f32>(total + (<usize>row << 2), <f32>sum);
  }
}
