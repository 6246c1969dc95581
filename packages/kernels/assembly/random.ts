// Philox4x32-10, four blocks at a time, and the numbers made of its words in place. Items are GROUP blocks.
import { cosPair, logPair, sinPair } from './double';

/** Blocks of four words that one item makes; src/wasm/random.ts knows it too. */
// @ts-ignore: decorator
@inline
const GROUP: i32 = 256;

/** In the order of `distributions` in src/wasm/random.ts. */
const enum Distribution { BITS, UNIFORM, NORMAL, GUMBEL, BERNOULLI, INTEGER }

/** Low words of the products of four pairs given as two times two 64-bit products. */
// @ts-ignore: decorator
@inline
function lows(first: v128, second: v128): v128 {
  return v128.shuffle<i32>(first, second, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function highs(first: v128, second: v128): v128 {
  return v128.shuffle<i32>(first, second, 1, 3, 5, 7);
}

/** The words of the four blocks from `block` on, one block after another, to `out`. */
function philox(block: u64, key0: i32, key1: i32, out: usize): void {
  const first = i64x2.add(i64x2.splat(block), i64x2(0, 1));
  const second = i64x2.add(i64x2.splat(block), i64x2(2, 3));
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  let c0 = lows(first, second);
  let c1 = highs(first, second);
  let c2 = i32x4.splat(0);
  let c3 = c2;
  let k0 = i32x4.splat(key0);
  let k1 = i32x4.splat(key1);
  for (let round = 0; round < 10; round++) {
    const a = i64x2.extmul_low_i32x4_u(m0, c0);
    const b = i64x2.extmul_high_i32x4_u(m0, c0);
    const c = i64x2.extmul_low_i32x4_u(m1, c2);
    const d = i64x2.extmul_high_i32x4_u(m1, c2);
    c0 = v128.xor(v128.xor(highs(c, d), c1), k0);
    c1 = lows(c, d);
    c2 = v128.xor(v128.xor(highs(a, b), c3), k1);
    c3 = lows(a, b);
    k0 = i32x4.add(k0, i32x4.splat(0x9e3779b9));
    k1 = i32x4.add(k1, i32x4.splat(0xbb67ae85));
  }
  const low01 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const high23 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(out, v128.shuffle<i64>(low01, low23, 1, 3), 16);
  v128.store(out, v128.shuffle<i64>(high01, high23, 0, 2), 32);
  v128.store(out, v128.shuffle<i64>(high01, high23, 1, 3), 48);
}

/** Both numbers of two Box-Muller pairs: words 0 and 2 give the radii, 1 and 3 the angles. */
function normalWords(words: v128, mean: f64, deviation: f64): v128 {
  const first = f64x2.convert_low_i32x4_u(v128.shuffle<i32>(words, words, 0, 2, 0, 2));
  const u = f64x2.mul(f64x2.add(first, f64x2.splat(0.5)), f64x2.splat(2.3283064365386963e-10));
  const radius = f64x2.sqrt(f64x2.mul(f64x2.splat(-2), logPair(u)));
  const second = f64x2.convert_low_i32x4_u(v128.shuffle<i32>(words, words, 1, 3, 1, 3));
  const quarters = f64x2.mul(second, f64x2.splat(9.313225746154785e-10));
  const quarter = f64x2.floor(f64x2.add(quarters, f64x2.splat(0.5)));
  const r = f64x2.mul(f64x2.sub(quarters, quarter), f64x2.splat(1.5707963267948966));
  const sin = sinPair(r);
  const cos = cosPair(r);
  const whole = i32x4.trunc_sat_f64x2_u_zero(quarter);
  const q = v128.shuffle<i32>(whole, whole, 0, 0, 1, 1);
  const odd = i32x4.shr_s(i32x4.shl(q, 31), 31);
  const sign = f64x2.splat(-0.0);
  const turned = v128.and(i32x4.shl(q, 30), sign);
  const x = v128.xor(v128.bitselect(sin, cos, odd), v128.xor(turned, v128.and(odd, sign)));
  const y = v128.xor(v128.bitselect(cos, sin, odd), turned);
  const means = f64x2.splat(mean);
  const deviations = f64x2.splat(deviation);
  const xs = f64x2.add(means, f64x2.mul(deviations, f64x2.mul(radius, x)));
  const ys = f64x2.add(means, f64x2.mul(deviations, f64x2.mul(radius, y)));
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(xs), f32x4.demote_f64x2_zero(ys), 0, 4, 1, 5);
}

/** a - b log(-log(u)) of two words, as float32 in the low lanes. */
function gumbelPair(words: v128, a: f64, b: f64): v128 {
  const u = f64x2.mul(
    f64x2.add(f64x2.convert_low_i32x4_u(i32x4.shr_u(words, 8)), f64x2.splat(0.5)), f64x2.splat(5.960464477539063e-8),
  );
  const y = logPair(f64x2.neg(logPair(u)));
  return f32x4.demote_f64x2_zero(f64x2.sub(f64x2.splat(a), f64x2.mul(f64x2.splat(b), y)));
}

// @ts-ignore: decorator
@inline
function gumbelWords(words: v128, a: f64, b: f64): v128 {
  const high = v128.shuffle<i32>(words, words, 2, 3, 2, 3);
  return v128.shuffle<i32>(gumbelPair(words, a, b), gumbelPair(high, a, b), 0, 1, 4, 5);
}

/** Words become uniform, normal, Gumbel or whole numbers, in place. */
function convert(distribution: i32, at: usize, bytes: usize, a: f64, b: f64): void {
  const low = f32x4.splat(<f32>a);
  const span = f32x4.sub(f32x4.splat(<f32>b), low);
  const base = <u32><i64>a;
  const range = <u64>(b - a);
  for (const stop = at + bytes; at < stop; at += 16) {
    const words = v128.load(at);
    if (distribution == Distribution.UNIFORM) {
      const u = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(words, 8)), f32x4.splat(5.960464477539063e-8));
      v128.store(at, f32x4.add(low, f32x4.mul(u, span)));
    } else if (distribution == Distribution.NORMAL) v128.store(at, normalWords(words, a, b));
    else if (distribution == Distribution.GUMBEL) v128.store(at, gumbelWords(words, a, b));
    else {
      for (let i: usize = at; i < at + 16; i += 4) {
        store<u32>(i, base + <u32>((<u64>load<u32>(i) * range) >> 32));
      }
    }
  }
}

/** Bytes 1 where a word's upper 24 bits are below `threshold`. */
function bernoulli(words: usize, out: usize, n: i32, threshold: u32): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    store<u8>(out + i, <u8>(load<u32>(words + (i << 2)) >> 8 < threshold));
  }
}

/** Fills out with n numbers from `block` (its low and high word) on; `threshold` is for bernoulli. Scratch: one item. */
export function random(
  distribution: i32, out: usize, n: i32, key0: i32, key1: i32, blockLow: u32, blockHigh: u32, a: f64, b: f64,
  threshold: u32, start: i32, end: i32, scratch: usize,
): void {
  const block = (<u64>blockHigh << 32) | blockLow;
  for (let item = start; item < end; item++) {
    const first = item * GROUP;
    const count = min(GROUP << 2, n - (first << 2));
    const isBytes = distribution == Distribution.BERNOULLI;
    const to = isBytes ? scratch : out + (<usize>first << 4);
    for (let done = 0; done << 2 < count; done += 4) {
      philox(block + <u64>(first + done), key0, key1, to + (<usize>done << 4));
    }
    if (isBytes) bernoulli(to, out + (<usize>first << 2), count, threshold);
    else if (distribution != Distribution.BITS) convert(distribution, to, <usize>count << 2, a, b);
  }
}
