// Philox4x32-10, four blocks at a time, and the numbers made of its words in place. Items are GROUP blocks.
import { K, k, K64, k64 } from './constants';

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
  const m0 = k(K.PHILOX0);
  const m1 = k(K.PHILOX1);
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
    c0 = v128.xor(highs(c, d), v128.xor(c1, k0));
    c1 = lows(c, d);
    c2 = v128.xor(highs(a, b), v128.xor(c3, k1));
    c3 = lows(a, b);
    k0 = i32x4.add(k0, k(K.WEYL0));
    k1 = i32x4.add(k1, k(K.WEYL1));
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

// What follows goes step by step as in src/js/random.ts: the numbers must be the same bits on every device.

/** The polynomial of degree 4 in z whose coefficients are at `place`; zz = z z. */
// @ts-ignore: decorator
@inline
function quartic(z: v128, zz: v128, place: K64): v128 {
  const low = f64x2.add(k64(place), f64x2.mul(k64(place + 1), z));
  const middle = f64x2.add(k64(place + 2), f64x2.mul(k64(place + 3), z));
  return f64x2.add(low, f64x2.mul(f64x2.add(middle, f64x2.mul(k64(place + 4), zz)), zz));
}

/** -2 log(x) for normal, finite x > 0: x = m 2^exponent with m around 1, s = (m - 1) / (m + 1), log(m) = 2 atanh(s). */
// @ts-ignore: decorator
@inline
function minusTwoLog(x: v128): v128 {
  const bits = i64x2.add(x, k64(K64.TO_EXPONENT));
  const exponent = f64x2.sub(v128.or(i64x2.shr_u(bits, 52), k64(K64.TWO_52)), k64(K64.TWO_52_1023));
  const m = i64x2.add(v128.and(bits, k64(K64.FRACTION_64)), k64(K64.ROOT_HALF_64));
  const s = f64x2.div(f64x2.sub(m, k64(K64.ONE)), f64x2.add(m, k64(K64.ONE)));
  const z = f64x2.mul(s, s);
  const p = quartic(z, f64x2.mul(z, z), K64.LOG_POLYNOMIAL);
  return f64x2.add(f64x2.mul(exponent, k64(K64.MINUS_LN4)), f64x2.mul(s, p));
}

/**
 * Both numbers of two Box-Muller pairs: words 0 and 2 give the radii, 1 and 3 the angles. Words become float64 in their
 * lanes, as the fraction of a number that begins with 2^20.
 */
// @ts-ignore: decorator
@inline
function normalWords(words: v128, means: v128, deviations: v128): v128 {
  const fixed = v128.shuffle<i32>(words, k64(K64.FIXED), 0, 5, 2, 7);
  const length = f64x2.sqrt(minusTwoLog(f64x2.sub(fixed, k64(K64.FIXED_LESS_2_M33))));
  // The upper two bits of an angle's word, rounded, are its quarter turn: odd ones swap, the second half changes signs.
  const rounded = i64x2.add(words, k64(K64.EIGHTH_TURN));
  const odd = i64x2.lt_s(i64x2.shl(rounded, 1), i64x2.splat(0));
  const sign = k64(K64.SIGN_64);
  const radius = f64x2.mul(deviations, v128.or(length, v128.and(rounded, sign)));
  const half = k64(K64.FIXED_HALF);
  const t = f64x2.sub(v128.xor(i32x4.shl(i64x2.shr_u(words, 32), 2), half), half);
  const z = f64x2.mul(t, t);
  const zz = f64x2.mul(z, z);
  const sin = f64x2.mul(t, quartic(z, zz, K64.SIN_POLYNOMIAL));
  const cos = quartic(z, zz, K64.COS_POLYNOMIAL);
  const swap = v128.and(v128.xor(sin, cos), odd);
  const x = v128.xor(v128.xor(cos, swap), v128.and(odd, sign));
  const xs = f64x2.add(means, f64x2.mul(radius, x));
  const ys = f64x2.add(means, f64x2.mul(radius, v128.xor(sin, swap)));
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(xs), f32x4.demote_f64x2_zero(ys), 0, 4, 1, 5);
}

/** Words become normal numbers, in place. */
function normal(at: usize, bytes: usize, mean: f64, deviation: f64): void {
  const means = f64x2.splat(mean);
  const deviations = f64x2.splat(deviation);
  for (const stop = at + bytes; at < stop; at += 16) v128.store(at, normalWords(v128.load(at), means, deviations));
}

/** a - 2 b log(-log(u)) of the upper 24 bits of two words behind the point of FIXED, as float32 in the low lanes. */
// @ts-ignore: decorator
@inline
function gumbelPair(fixed: v128, a: v128, b: v128): v128 {
  const u = f64x2.sub(fixed, k64(K64.FIXED_LESS_2_M25));
  const y = minusTwoLog(f64x2.mul(k64(K64.HALF), minusTwoLog(u)));
  return f32x4.demote_f64x2_zero(f64x2.add(a, f64x2.mul(b, y)));
}

/** Words become Gumbel numbers, in place. */
function gumbel(at: usize, bytes: usize, location: f64, scale: f64): void {
  const a = f64x2.splat(location);
  const b = f64x2.splat(0.5 * scale);
  for (const stop = at + bytes; at < stop; at += 16) {
    const fixed = k64(K64.FIXED);
    const upper = i32x4.shl(i32x4.shr_u(v128.load(at), 8), 8);
    const even = gumbelPair(v128.shuffle<i32>(upper, fixed, 0, 5, 2, 7), a, b);
    const odd = gumbelPair(v128.or(i64x2.shr_u(upper, 32), fixed), a, b);
    v128.store(at, v128.shuffle<i32>(even, odd, 0, 4, 1, 5));
  }
}

/** Words become uniform or whole numbers, in place. */
function convert(distribution: i32, at: usize, bytes: usize, a: f64, b: f64): void {
  const low = f32x4.splat(<f32>a);
  const span = f32x4.sub(f32x4.splat(<f32>b), low);
  const base = <u32><i64>a;
  const range = <u64>(b - a);
  for (const stop = at + bytes; at < stop; at += 16) {
    if (distribution == Distribution.UNIFORM) {
      const u = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(v128.load(at), 8)), f32x4.splat(5.960464477539063e-8));
      v128.store(at, f32x4.add(low, f32x4.mul(u, span)));
    } else {
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
    else if (distribution == Distribution.NORMAL) normal(to, <usize>count << 2, a, b);
    else if (distribution == Distribution.GUMBEL) gumbel(to, <usize>count << 2, a, b);
    else if (distribution != Distribution.BITS) convert(distribution, to, <usize>count << 2, a, b);
  }
}
