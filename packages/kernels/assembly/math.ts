// Elementary functions on four lanes. NaN passes through each; lanes outside the fast range go through ./scalar.
// Polynomials are weighted minimax fits made for this file. The two exponentials are inlined where they are used; the
// rest are calls, which cost little beside their work and keep the binary small.
import { Scalar, scalarLanes } from './scalar';
import { fma } from './simd';

/** 1.5 2^23: adding it leaves a small number, rounded to a whole one, in the low bits. */
// @ts-ignore: decorator
@inline
const MAGIC: f32 = 12582912;

// @ts-ignore: decorator
@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** v - k ln 2 in two steps, the first of them exact. */
// @ts-ignore: decorator
@inline
function reduceByLn2(v: v128, k: v128): v128 {
  return fma(k, splat(2.1219444e-4), fma(k, splat(-0.693359375), v));
}

/** e^r - 1 for |r| <= 0.35, to 2e-8 of r. */
// @ts-ignore: decorator
@inline
function expm1Small(r: v128): v128 {
  let q = fma(splat(0.00139466697), r, splat(0.00836671051));
  q = fma(q, r, splat(0.04166628048));
  q = fma(q, r, splat(0.16666541994));
  q = fma(q, r, splat(0.5));
  return fma(f32x4.mul(r, r), q, r);
}

/** e^v for v in [-105, 89]: 2^k in two factors, so that subnormal results round only once. */
// @ts-ignore: decorator
@inline
function expInRange(v: v128): v128 {
  const magic = splat(MAGIC + 254);
  const t = fma(v, splat(1.442695041), magic);
  const r = reduceByLn2(v, f32x4.sub(t, magic));
  // The low bits of t hold k + 254; its halves are two exponents, biased by 127.
  const half = i32x4.shr_u(t, 1);
  const y = f32x4.mul(f32x4.add(expm1Small(r), splat(1)), i32x4.shl(half, 23));
  return f32x4.mul(y, i32x4.shl(i32x4.sub(t, half), 23));
}

/** e^x within 1e-7 relative, subnormal results kept; 0 at -Infinity, Infinity above 88.73. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  return expInRange(f32x4.pmin(f32x4.pmax(x, splat(-105)), splat(89)));
}

/** e^x for x <= 0, as softmax needs it: faster than `exp`; results below 1.2e-38 become 0. Right up to x = 88. */
// @ts-ignore: decorator
@inline
export function expNegative(x: v128): v128 {
  const v = f32x4.pmax(x, splat(-88));
  const magic = splat(MAGIC + 127);
  const t = fma(v, splat(1.442695041), magic);
  const r = reduceByLn2(v, f32x4.sub(t, magic));
  // k = -127 makes the factor's bits 0.
  return f32x4.mul(f32x4.add(expm1Small(r), splat(1)), i32x4.shl(t, 23));
}

/** e^x - 1 with small results as exact as large ones. */
export function expm1(x: v128): v128 {
  const v = f32x4.pmin(f32x4.pmax(x, splat(-18)), splat(89));
  const magic = splat(MAGIC + 126);
  const t = fma(v, splat(1.442695041), magic);
  const p = expm1Small(reduceByLn2(v, f32x4.sub(t, magic)));
  const half = i32x4.shl(t, 23); // 2^(k - 1), which stays finite at k = 128
  const y = fma(half, p, f32x4.sub(half, splat(0.5)));
  return f32x4.add(y, y);
}

/** k ln 2 + log(1 + f) + c for f in [sqrt(1/2) - 1, sqrt(2) - 1]: a series in f / (2 + f). */
// @ts-ignore: decorator
@inline
function logParts(k: v128, f: v128, c: v128): v128 {
  const s = f32x4.div(f, f32x4.add(f, splat(2)));
  const z = f32x4.mul(s, s);
  let p = fma(z, splat(0.29885188), splat(0.39977079));
  p = fma(z, p, splat(0.66666782));
  const h = f32x4.mul(f32x4.mul(f, f), splat(0.5));
  const low = fma(s, fma(z, p, h), fma(k, splat(-2.1219444e-4), c));
  return fma(k, splat(0.693359375), f32x4.sub(f, f32x4.sub(h, low)));
}

/** Bits of sqrt(1/2): the start of the octave that logarithms are reduced to. */
// @ts-ignore: decorator
@inline
const ROOT_HALF: i32 = 0x3f3504f3;

/** log(u) + c / u for normal, finite u > 0. */
// @ts-ignore: decorator
@inline
function logNormal(u: v128, c: v128): v128 {
  const bits = i32x4.sub(u, i32x4.splat(ROOT_HALF));
  const k = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23));
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(ROOT_HALF));
  return logParts(k, f32x4.sub(m, splat(1)), c);
}

/** Natural logarithm; -Infinity at 0, NaN below. */
export function log(x: v128): v128 {
  const usual = v128.and(f32x4.ge(x, splat(1.17549435e-38)), f32x4.lt(x, splat(Infinity)));
  if (!i32x4.all_true(usual)) return scalarLanes(Scalar.LOG, x);
  return logNormal(x, splat(0));
}

/** log(1 + x) for x in [0, 2^100], NaN for NaN. */
function log1pUsual(x: v128): v128 {
  const u = f32x4.add(x, splat(1));
  // What the sum lost, made up to first order.
  const c = f32x4.div(f32x4.sub(x, f32x4.sub(u, splat(1))), u);
  return logNormal(u, c);
}

/** log(1 + x) with small results as exact as large ones; -Infinity at -1, NaN below. */
export function log1p(x: v128): v128 {
  const usual = v128.and(f32x4.gt(x, splat(-1)), f32x4.lt(x, splat(1e30)));
  if (!i32x4.all_true(usual)) return scalarLanes(Scalar.LOG1P, x);
  return log1pUsual(x);
}

/** Hyperbolic tangent. */
export function tanh(x: v128): v128 {
  const e = expm1(f32x4.mul(f32x4.abs(x), splat(-2)));
  const y = f32x4.div(f32x4.neg(e), f32x4.add(e, splat(2)));
  return v128.or(y, v128.and(x, splat(-0.0)));
}

/** 1 / (1 + e^-x), from e^-|x| so that both ends keep their digits. */
export function sigmoid(x: v128): v128 {
  const e = expInRange(f32x4.pmax(f32x4.neg(f32x4.abs(x)), splat(-105)));
  const numerator = v128.bitselect(e, splat(1), f32x4.lt(x, splat(0)));
  return f32x4.div(numerator, f32x4.add(e, splat(1)));
}

/** log(1 + e^x). */
export function softplus(x: v128): v128 {
  const e = expInRange(f32x4.pmax(f32x4.neg(f32x4.abs(x)), splat(-105)));
  return f32x4.add(f32x4.pmax(x, splat(0)), log1pUsual(e));
}

/** -log(erfc(a)) for a >= 0: a times a polynomial, which beyond 5 stays constant. */
function logErfc(a: v128): v128 {
  const v = f32x4.pmin(a, splat(5));
  let p = fma(v, splat(1.10554903e-6), splat(-2.03062762e-5));
  p = fma(v, p, splat(0.000162281433));
  p = fma(v, p, splat(-0.000726752712));
  p = fma(v, p, splat(0.00177736609));
  p = fma(v, p, splat(-0.00023217605));
  p = fma(v, p, splat(-0.019129399));
  p = fma(v, p, splat(0.102774903));
  p = fma(v, p, splat(0.636619296));
  p = fma(v, p, splat(1.12837919));
  return f32x4.mul(a, p);
}

/** The error function within 2e-7. */
export function erf(x: v128): v128 {
  const y = expm1(f32x4.neg(logErfc(f32x4.abs(x))));
  return v128.bitselect(x, f32x4.neg(y), splat(-0.0));
}

/** Phi(-|x|), the tail of the normal distribution. */
export function normalTail(x: v128): v128 {
  const a = f32x4.mul(f32x4.abs(x), splat(0.707106781));
  return f32x4.mul(splat(0.5), expNegative(f32x4.neg(logErfc(a))));
}

/** x Phi(x). */
export function gelu(x: v128): v128 {
  const tail = normalTail(x);
  const phi = v128.bitselect(tail, f32x4.sub(splat(1), tail), f32x4.lt(x, splat(0)));
  return f32x4.mul(x, phi);
}

/** 2 sqrt(2 / pi) (x + 0.044715 x^3): the tanh approximation of gelu is x sigmoid of this. */
// @ts-ignore: decorator
@inline
export function geluTanhInner(x: v128): v128 {
  const z = f32x4.mul(x, x);
  return f32x4.mul(x, fma(z, splat(0.0713548162), splat(1.5957691216)));
}

/** sin(r) for r in [-pi/4, pi/4]. */
// @ts-ignore: decorator
@inline
function sinSmall(r: v128, z: v128): v128 {
  let p = fma(z, splat(-0.000195166558), splat(0.00833217354));
  p = fma(z, p, splat(-0.166666549));
  return fma(f32x4.mul(z, r), p, r);
}

/** cos(r) for z = r^2, r in [-pi/4, pi/4]. */
// @ts-ignore: decorator
@inline
function cosSmall(z: v128): v128 {
  let p = fma(z, splat(2.443773e-5), splat(-0.00138873614));
  p = fma(z, p, splat(0.0416666466));
  return fma(f32x4.mul(z, z), p, fma(z, splat(-0.5), splat(1)));
}

/** Two lanes times 2 / pi, the nearest whole number k in the low word. */
// @ts-ignore: decorator
@inline
function quarters(x: v128): v128 {
  return f64x2.add(f64x2.mul(x, f64x2.splat(0.6366197723675814)), f64x2.splat(6755399441055744));
}

/** x - k pi / 2 for k in `t` as from `quarters`, right to the last bits of float32 for |k| < 2^20. */
// @ts-ignore: decorator
@inline
function reduceByQuarter(x: v128, t: v128): v128 {
  const k = f64x2.sub(t, f64x2.splat(6755399441055744));
  const r = f64x2.sub(x, f64x2.mul(k, f64x2.splat(1.5707963267341256)));
  return f64x2.sub(r, f64x2.mul(k, f64x2.splat(6.077100506506192e-11)));
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
    return v128.xor(y, v128.and(odd, splat(-0.0)));
  }
  const sign = i32x4.shl(v128.and(q, i32x4.splat(2)), 30);
  return v128.xor(v128.bitselect(c, s, odd), sign);
}

// @ts-ignore: decorator
@inline
function isModest(x: v128): bool {
  return i32x4.all_true(f32x4.lt(f32x4.abs(x), splat(1e6)));
}

export function sin(x: v128): v128 {
  return isModest(x) ? circular(SIN, x) : scalarLanes(Scalar.SIN, x);
}

export function cos(x: v128): v128 {
  return isModest(x) ? circular(COS, x) : scalarLanes(Scalar.COS, x);
}

export function tan(x: v128): v128 {
  return isModest(x) ? circular(TAN, x) : scalarLanes(Scalar.TAN, x);
}
