// The softmax over keys that pass by in blocks: largest scores, sums and what has been added up so far, all in lanes.
import { ROW } from './attention-block';
import { expNegative, log } from './math';

/** Largest score of each lane: sixteen lanes at a time, rows [0, rows), not below what `largest` holds. */
// @ts-ignore: decorator
@inline
function columnMaxima(block: usize, rows: i32, largest: usize): void {
  let m0 = v128.load(largest), m1 = v128.load(largest, 16), m2 = v128.load(largest, 32), m3 = v128.load(largest, 48);
  for (let r = rows; r > 0; r--) {
    m0 = f32x4.pmax(m0, v128.load(block)); m1 = f32x4.pmax(m1, v128.load(block, 16));
    m2 = f32x4.pmax(m2, v128.load(block, 32)); m3 = f32x4.pmax(m3, v128.load(block, 48));
    block += ROW;
  }
  v128.store(largest, m0); v128.store(largest, m1, 16); v128.store(largest, m2, 32); v128.store(largest, m3, 48);
}

/** block = e^(block - shift) for four lanes; returns the sum over rows. */
// @ts-ignore: decorator
@inline
function exponentials(block: usize, rows: i32, shift: v128): v128 {
  let sum = f32x4.splat(0);
  for (let r = rows; r > 0; r--) {
    const e = expNegative(f32x4.sub(v128.load(block), shift));
    v128.store(block, e);
    sum = f32x4.add(sum, e);
    block += ROW;
  }
  return sum;
}

/**
 * Turns scores into weights against the largest score so far. `state` holds, for each lane, the largest score, the sum
 * of weights, and then the factor by which earlier weights shrink.
 */
export function softmaxBlock(block: usize, rows: i32, lanes: i32, state: usize): void {
  for (let l = 0; l < lanes; l += 16) {
    const at = state + (<usize>l << 2);
    const b0 = v128.load(at), b1 = v128.load(at, 16), b2 = v128.load(at, 32), b3 = v128.load(at, 48);
    columnMaxima(block + (<usize>l << 2), rows, at);
    for (let j: usize = 0; j < 64; j += 16) {
      const before = j == 0 ? b0 : j == 16 ? b1 : j == 32 ? b2 : b3;
      const largest = v128.load(at + j);
      // Where nothing was seen yet any shift will do, but not -Infinity.
      const shift = v128.andnot(largest, f32x4.eq(largest, f32x4.splat(-Infinity)));
      const shrink = expNegative(f32x4.sub(before, shift));
      const sum = exponentials(block + (<usize>l << 2) + j, rows, shift);
      v128.store(at + ROW + j, f32x4.add(f32x4.mul(v128.load(at + ROW + j), shrink), sum));
      v128.store(at + 2 * ROW + j, shrink);
    }
  }
}

/** out[lanes, length] *= factor of its lane. */
export function scaleLanes(out: usize, lanes: i32, length: i32, factors: usize): void {
  for (let l = 0; l < lanes; l++) {
    const factor = v128.load_splat<f32>(factors + (<usize>l << 2));
    let c = length;
    for (; c >= 4; c -= 4) {
      v128.store(out, f32x4.mul(v128.load(out), factor));
      out += 16;
    }
    for (; c > 0; c--) {
      store<f32>(out, load<f32>(out) * f32x4.extract_lane(factor, 0));
      out += 4;
    }
  }
}

/** Divides by the sums, zeros where no key was seen, and writes log-sum-exp. */
export function finish(out: usize, lanes: i32, length: i32, state: usize, logSumExp: usize): void {
  for (let l: usize = 0; l < <usize>lanes << 2; l += 16) {
    const sum = v128.load(state + ROW + l);
    const none = f32x4.eq(sum, f32x4.splat(0));
    v128.store(state + 2 * ROW + l, v128.andnot(f32x4.div(f32x4.splat(1), sum), none));
    v128.store(state + l, f32x4.add(v128.load(state + l), log(v128.bitselect(f32x4.splat(1), sum, none))));
  }
  scaleLanes(out, lanes, length, state + 2 * ROW);
  memory.copy(logSumExp, state, <usize>lanes << 2);
}
