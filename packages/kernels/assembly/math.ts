// Elementary functions on four lanes. NaN passes through each; lanes outside the fast range go through ./scalar.
// Polynomials are weighted minimax fits made for this file. The two exponentials are inlined where they are used; the
// rest are calls, which cost little beside their work and keep the binary small.
import { K, k, k64, K64 } from './constants';
import { Scalar, scalarLanes } from './scalar';
import { fma } from './simd';

/** v - n ln 2 in two steps, the first of them exact. */
// @ts-ignore: decorator
@inline
function reduceByLn2(v: v128, n: v128): v128 {
  return fma(n, k(K.LN2_REST), fma(n, k(K.MINUS_LN2), v));
}

/** e^r - 1 for |r| <= 0.35, to 2e-8 of r. */
// @ts-ignore: decorator
@inline
function expm1Small(r: v128): v128 {
  let q = fma(k(K.E0), r, k(K.E1));
  q = fma(q, r, k(K.E2));
  q = fma(q, r, k(K.E3));
  q = fma(q, r, k(K.HALF));
  return fma(f32x4.mul(r, r), q, r);
}

/** e^v for v in [-105, 89]: 2^n in two factors, so that subnormal results round only once. */
// @ts-ignore: decorator
@inline
function expInRange(v: v128): v128 {
  const magic = k(K.MAGIC_254);
  const t = fma(v, k(K.LOG2E), magic);
  const r = reduceByLn2(v, f32x4.sub(t, magic));
  // The low bits of t hold n + 254; its halves are two exponents, biased by 127.
  const half = i32x4.shr_u(t, 1);
  const y = f32x4.mul(f32x4.add(expm1Small(r), k(K.ONE)), i32x4.shl(half, 23));
  return f32x4.mul(y, i32x4.shl(i32x4.sub(t, half), 23));
}

/** e^x within 1e-7 relative, subnormal results kept; 0 at -Infinity, Infinity above 88.73. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  return expInRange(f32x4.pmin(f32x4.pmax(x, k(K.MINUS_105)), k(K.PLUS_89)));
}

/** 2^y for y in [-127, 128], within 2e-7 of itself: 0 at -127, Infinity from 127.5 on. A bit faster if y stays below that (`finite`). */
// @ts-ignore: decorator
@inline
function powerOfTwo(y: v128, finite: bool): v128 {
  const magic = k(K.MAGIC_127);
  const t = f32x4.add(y, magic);
  const f = f32x4.sub(y, f32x4.sub(t, magic));
  const power = i32x4.shl(t, 23); // 2^n; n = -127 makes its bits 0
  let q = fma(k(K.F0), f, k(K.F1));
  q = fma(q, f, k(K.F2));
  q = fma(q, f, k(K.F3));
  q = fma(q, f, k(K.F4));
  return finite ? fma(f32x4.mul(f, power), q, power) : f32x4.mul(fma(f, q, k(K.ONE)), power);
}

/**
 * e^x for x <= 0, as softmax needs it: faster than `exp`, with a relative error of 2e-7 + 6e-8 |x|; results below
 * 1.2e-38 become 0. Right up to x = 88.
 */
// @ts-ignore: decorator
@inline
export function expNegative(x: v128): v128 {
  return powerOfTwo(f32x4.pmax(f32x4.mul(x, k(K.LOG2E)), k(K.MINUS_127)), true);
}

/** `expNegative` of x - shift for the eight elements at `x`, written to `out`, constants loaded once; gives the sum of both vectors. */
// @ts-ignore: decorator
@inline
export function expNegativePair(x: usize, shift: v128, out: usize): v128 {
  const log2e = k(K.LOG2E), low = k(K.MINUS_127), magic = k(K.MAGIC_127);
  const y0 = f32x4.pmax(f32x4.mul(f32x4.sub(v128.load(x), shift), log2e), low);
  const y1 = f32x4.pmax(f32x4.mul(f32x4.sub(v128.load(x, 16), shift), log2e), low);
  const t0 = f32x4.add(y0, magic), t1 = f32x4.add(y1, magic);
  const f0 = f32x4.sub(y0, f32x4.sub(t0, magic)), f1 = f32x4.sub(y1, f32x4.sub(t1, magic));
  const a = k(K.F0), b = k(K.F1), c = k(K.F2), d = k(K.F3), e = k(K.F4);
  let q0 = fma(a, f0, b), q1 = fma(a, f1, b);
  q0 = fma(q0, f0, c), q1 = fma(q1, f1, c);
  q0 = fma(q0, f0, d), q1 = fma(q1, f1, d);
  q0 = fma(q0, f0, e), q1 = fma(q1, f1, e);
  const p0 = i32x4.shl(t0, 23), p1 = i32x4.shl(t1, 23);
  const z0 = fma(f32x4.mul(f0, p0), q0, p0), z1 = fma(f32x4.mul(f1, p1), q1, p1);
  v128.store(out, z0);
  v128.store(out, z1, 16);
  return f32x4.add(z0, z1);
}

/** e^x - 1 with small results as exact as large ones. */
export function expm1(x: v128): v128 {
  const v = f32x4.pmin(f32x4.pmax(x, k(K.MINUS_18)), k(K.PLUS_89));
  const magic = k(K.MAGIC_126);
  const t = fma(v, k(K.LOG2E), magic);
  const p = expm1Small(reduceByLn2(v, f32x4.sub(t, magic)));
  const half = i32x4.shl(t, 23); // 2^(n - 1), which stays finite at n = 128
  const y = fma(half, p, f32x4.sub(half, k(K.HALF)));
  return f32x4.add(y, y);
}

/** n ln 2 + log(1 + f) + c for f in [sqrt(1/2) - 1, sqrt(2) - 1]: a series in f / (2 + f). */
// @ts-ignore: decorator
@inline
function logParts(n: v128, f: v128, c: v128): v128 {
  const s = f32x4.div(f, f32x4.add(f, k(K.TWO)));
  const z = f32x4.mul(s, s);
  let p = fma(z, k(K.L0), k(K.L1));
  p = fma(z, p, k(K.L2));
  const h = f32x4.mul(f32x4.mul(f, f), k(K.HALF));
  const low = fma(s, fma(z, p, h), fma(n, k(K.MINUS_LN2_REST), c));
  return fma(n, k(K.LN2), f32x4.sub(f, f32x4.sub(h, low)));
}

/** log(u 2^-lost) + c for normal, finite u > 0. */
// @ts-ignore: decorator
@inline
function logNormal(u: v128, lost: v128, c: v128): v128 {
  const start = k(K.ROOT_HALF_BITS); // of the octave that the mantissa is brought to
  const bits = i32x4.sub(u, start);
  const exponent = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_s(bits, 23), lost));
  const m = i32x4.add(v128.and(bits, k(K.MANTISSA)), start);
  return logParts(exponent, f32x4.sub(m, k(K.ONE)), c);
}

/** y = log(u) where u is positive and finite; else -Infinity at 0, NaN below, u itself at Infinity and NaN. */
// @ts-ignore: decorator
@inline
function logEdges(y: v128, u: v128): v128 {
  const zero = f32x4.splat(0);
  const usual = v128.and(f32x4.gt(u, zero), f32x4.lt(u, k(K.INFINITY)));
  if (i32x4.all_true(usual)) return y;
  // The square root of what is negative is NaN.
  const edge = v128.bitselect(f32x4.neg(k(K.INFINITY)), f32x4.sqrt(u), f32x4.eq(u, zero));
  return v128.bitselect(y, edge, usual);
}

/** Natural logarithm; -Infinity at 0, NaN below. */
export function log(x: v128): v128 {
  const small = f32x4.lt(x, k(K.MIN_NORMAL));
  const u = v128.bitselect(f32x4.mul(x, k(K.TWO_23)), x, small);
  return logEdges(logNormal(u, v128.and(small, i32x4.splat(23)), f32x4.splat(0)), x);
}

/** log(1 + x) for u = 1 + x positive and finite; NaN for NaN. */
// @ts-ignore: decorator
@inline
function log1pUsual(x: v128, u: v128): v128 {
  // What the sum lost, made up to first order.
  const c = f32x4.div(f32x4.sub(x, f32x4.sub(u, k(K.ONE))), u);
  return logNormal(u, i32x4.splat(0), c);
}

/** log(1 + x) with small results as exact as large ones; -Infinity at -1, NaN below. */
export function log1p(x: v128): v128 {
  const u = f32x4.add(x, k(K.ONE));
  return logEdges(log1pUsual(x, u), u);
}

/** Hyperbolic tangent. */
export function tanh(x: v128): v128 {
  const e = expm1(f32x4.mul(f32x4.abs(x), k(K.MINUS_2)));
  const y = f32x4.div(f32x4.neg(e), f32x4.add(e, k(K.TWO)));
  return v128.or(y, v128.and(x, k(K.SIGN)));
}

/** 1 / (1 + e^-x), from e^-|x| so that both ends keep their digits. */
export function sigmoid(x: v128): v128 {
  const e = expInRange(f32x4.pmax(f32x4.neg(f32x4.abs(x)), k(K.MINUS_105)));
  const numerator = v128.bitselect(e, k(K.ONE), f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(numerator, f32x4.add(e, k(K.ONE)));
}

/**
 * The same for eight elements at `x`, written to `out`, faster. Constants are loaded once for both vectors: there are as many
 * loads as there is arithmetic otherwise. Where e^-x overflows, the quotient is 0, as it should be.
 */
// @ts-ignore: decorator
@inline
export function sigmoidPair(x: usize, out: usize): void {
  const one = k(K.ONE), high = k(K.PLUS_88), low = k(K.MINUS_89);
  const v0 = f32x4.neg(f32x4.pmin(f32x4.pmax(v128.load(x), low), high));
  const v1 = f32x4.neg(f32x4.pmin(f32x4.pmax(v128.load(x, 16), low), high));
  const magic = k(K.MAGIC_127), log2e = k(K.LOG2E);
  const t0 = fma(v0, log2e, magic), t1 = fma(v1, log2e, magic);
  const n0 = f32x4.sub(t0, magic), n1 = f32x4.sub(t1, magic);
  const ln2 = k(K.MINUS_LN2), rest = k(K.LN2_REST);
  const r0 = fma(n0, rest, fma(n0, ln2, v0)), r1 = fma(n1, rest, fma(n1, ln2, v1));
  const e0 = k(K.E0), e1 = k(K.E1), e2 = k(K.E2), e3 = k(K.E3), half = k(K.HALF);
  let q0 = fma(e0, r0, e1), q1 = fma(e0, r1, e1);
  q0 = fma(q0, r0, e2), q1 = fma(q1, r1, e2);
  q0 = fma(q0, r0, e3), q1 = fma(q1, r1, e3);
  q0 = fma(q0, r0, half), q1 = fma(q1, r1, half);
  q0 = fma(q0, r0, one), q1 = fma(q1, r1, one);
  q0 = fma(q0, r0, one), q1 = fma(q1, r1, one);
  v128.store(out, f32x4.div(one, fma(q0, i32x4.shl(t0, 23), one)));
  v128.store(out, f32x4.div(one, fma(q1, i32x4.shl(t1, 23), one)), 16);
}

/** log(1 + e^x). */
export function softplus(x: v128): v128 {
  const e = expInRange(f32x4.pmax(f32x4.neg(f32x4.abs(x)), k(K.MINUS_105)));
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), log1pUsual(e, f32x4.add(e, k(K.ONE))));
}

/** -log(erfc(a)) for a >= 0: a times a polynomial, which beyond 5 stays constant. */
// @ts-ignore: decorator
@inline
function logErfc(a: v128): v128 {
  const v = f32x4.pmin(a, k(K.FIVE));
  let p = fma(v, k(K.P0), k(K.P1));
  p = fma(v, p, k(K.P2));
  p = fma(v, p, k(K.P3));
  p = fma(v, p, k(K.P4));
  p = fma(v, p, k(K.P5));
  p = fma(v, p, k(K.P6));
  p = fma(v, p, k(K.P7));
  p = fma(v, p, k(K.P8));
  p = fma(v, p, k(K.P9));
  return f32x4.mul(a, p);
}

/** The error function within 2e-7. */
export function erf(x: v128): v128 {
  const y = expm1(f32x4.neg(logErfc(f32x4.abs(x))));
  return v128.bitselect(x, f32x4.neg(y), k(K.SIGN));
}

/** Phi(-|x|), the tail of the normal distribution. */
// @ts-ignore: decorator
@inline
export function normalTail(x: v128): v128 {
  const a = f32x4.mul(f32x4.abs(x), k(K.ROOT_HALF));
  return f32x4.mul(k(K.HALF), expNegative(f32x4.neg(logErfc(a))));
}

/** x Phi(x). */
export function gelu(x: v128): v128 {
  const tail = normalTail(x);
  const phi = v128.bitselect(tail, f32x4.sub(k(K.ONE), tail), f32x4.lt(x, f32x4.splat(0)));
  return f32x4.mul(x, phi);
}

/** e^-u for u = 2 sqrt(2 / pi) (x + 0.044715 x^3): the tanh approximation of gelu is x sigmoid(u). */
// @ts-ignore: decorator
@inline
export function geluTanhPower(x: v128): v128 {
  const y = f32x4.mul(x, fma(f32x4.mul(x, x), k(K.GELU0), k(K.GELU1)));
  return powerOfTwo(f32x4.pmin(f32x4.pmax(y, k(K.MINUS_127)), k(K.PLUS_128)), false);
}

/** x / (1 + e^-u); an infinite power makes 0, or NaN at -Infinity. */
export function geluTanh(x: v128): v128 {
  return f32x4.div(x, f32x4.add(geluTanhPower(x), k(K.ONE)));
}

/** sin(r) for r in [-pi/4, pi/4]. */
// @ts-ignore: decorator
@inline
function sinSmall(r: v128, z: v128): v128 {
  let p = fma(z, k(K.S0), k(K.S1));
  p = fma(z, p, k(K.S2));
  return fma(f32x4.mul(z, r), p, r);
}

/** cos(r) for z = r^2, r in [-pi/4, pi/4]. */
// @ts-ignore: decorator
@inline
function cosSmall(z: v128): v128 {
  let p = fma(z, k(K.C0), k(K.C1));
  p = fma(z, p, k(K.C2));
  return fma(f32x4.mul(z, z), p, fma(z, k(K.MINUS_HALF), k(K.ONE)));
}

/** Two lanes times 2 / pi, the nearest whole number n in the low word. */
// @ts-ignore: decorator
@inline
function quarters(x: v128): v128 {
  return f64x2.add(f64x2.mul(x, k64(K64.TWO_OVER_PI)), k64(K64.MAGIC));
}

/** x - n pi / 2 for n in `t` as from `quarters`, right to the last bits of float32 for |n| < 2^20. */
// @ts-ignore: decorator
@inline
function reduceByQuarter(x: v128, t: v128): v128 {
  const n = f64x2.sub(t, k64(K64.MAGIC));
  const r = f64x2.sub(x, f64x2.mul(n, k64(K64.HALF_PI)));
  return f64x2.sub(r, f64x2.mul(n, k64(K64.HALF_PI_REST)));
}

/** Which circle function `circular` gives. */
// @ts-ignore: decorator
@inline
const SIN: i32 = 0;
// @ts-ignore: decorator
@inline
const COS: i32 = 1;
// @ts-ignore: decorator
@inline
const TAN: i32 = 2;

/** sin, cos or tan of |x| < 10^6: reduced in float64, then two short series. */
function circular(which: i32, x: v128): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  const lowT = quarters(low);
  const highT = quarters(high);
  const r = v128.shuffle<i32>(
    f32x4.demote_f64x2_zero(reduceByQuarter(low, lowT)),
    f32x4.demote_f64x2_zero(reduceByQuarter(high, highT)),
    0, 1, 4, 5,
  );
  let q = v128.shuffle<i32>(lowT, highT, 0, 2, 4, 6);
  const z = f32x4.mul(r, r);
  const s = sinSmall(r, z);
  const c = cosSmall(z);
  if (which == COS) q = i32x4.add(q, i32x4.splat(1));
  const odd = i32x4.shr_s(i32x4.shl(q, 31), 31);
  if (which == TAN) {
    const y = f32x4.div(v128.bitselect(c, s, odd), v128.bitselect(s, c, odd));
    return v128.xor(y, v128.and(odd, k(K.SIGN)));
  }
  const sign = i32x4.shl(v128.and(q, i32x4.splat(2)), 30);
  return v128.xor(v128.bitselect(c, s, odd), sign);
}

/** All lanes in float64's range for the fast way, or those that are, the rest one by one: no lane looks at its neighbours. */
// @ts-ignore: decorator
@inline
function modestOrScalar(which: i32, scalar: i32, x: v128): v128 {
  const modest = f32x4.lt(f32x4.abs(x), k(K.MILLION));
  const fast = circular(which, x);
  return i32x4.all_true(modest) ? fast : v128.bitselect(fast, scalarLanes(scalar, x), modest);
}

export function sin(x: v128): v128 {
  return modestOrScalar(SIN, Scalar.SIN, x);
}

export function cos(x: v128): v128 {
  return modestOrScalar(COS, Scalar.COS, x);
}

export function tan(x: v128): v128 {
  return modestOrScalar(TAN, Scalar.TAN, x);
}
