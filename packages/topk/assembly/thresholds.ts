// What the exact top-k and its gradient share: four thresholds at a time, in float64.
import { tailPair } from './noise';

/** Bytes of an element's below, above, density and slope at four thresholds. */
// @ts-ignore: decorator
@inline
export const TAIL: usize = 128;

/** Thresholds for a range: at least 32, eight to a sigma. */
export function nodeCount(width: f64): i32 {
  return <i32>(4 * ceil(max(32, 8 * width) / 4));
}

/**
 * Marks [m] of elements: bit 0 says that it enters at all thresholds up to `high`, the others how many before it do. Such an
 * element only moves on the count of the selected, so the states count what is selected beside. Returns how many there are.
 */
export function markSure(x: usize, m: i32, reference: f64, sigma: f64, least: f64, marks: usize): i32 {
  let before = 0;
  for (let i: usize = 0; i < <usize>m; i++) {
    const isSure = (<f64>load<f32>(x + (i << 2)) - reference) / sigma > least;
    store<i32>(marks + (i << 2), (before << 1) | i32(isSure));
    before += i32(isSure);
  }
  return before;
}

/** below, above, density, slope [4 values each] of every element at the four thresholds from t on. */
export function tails(x: usize, m: i32, reference: f64, sigma: f64, gumbel: bool, t: f64, width: f64, out: usize): void {
  const first = f64x2(t, t + width);
  const second = f64x2(t + 2 * width, t + 3 * width);
  for (let i = 0; i < m; i++) {
    const u = f64x2.splat((<f64>load<f32>(x + (<usize>i << 2)) - reference) / sigma);
    tailPair(gumbel, f64x2.sub(first, u), out, 32);
    tailPair(gumbel, f64x2.sub(second, u), out + 16, 32);
    out += TAIL;
  }
}

// @ts-ignore: decorator
@inline
export function mul(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}

// @ts-ignore: decorator
@inline
export function add(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}

