// Elementary functions one number at a time, in float64: for lanes outside the fast range of ./math, and for functions
// too rare for SIMD. Results are right to the last bit of float32.
import { cosPair, logPair, sinPair } from './double';

/** log(x), also of zero, negative, subnormal and infinite x. */
export function log64(x: f64): f64 {
  if (!(x > 0 && x < Infinity)) return x == 0 ? -Infinity : x < 0 ? NaN : x;
  return f64x2.extract_lane(logPair(f64x2.splat(x)), 0);
}

/** e^x to 1e-13, 0 below -700, Infinity above 700. */
export function exp64(x: f64): f64 {
  if (x > 700) return Infinity;
  if (x < -700) return 0;
  const k = nearest(x * 1.4426950408889634);
  const r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10;
  let p = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0;
  p = r * p + 1.0 / 39916800.0;
  p = r * p + 1.0 / 3628800.0;
  p = r * p + 1.0 / 362880.0;
  p = r * p + 1.0 / 40320.0;
  p = r * p + 1.0 / 5040.0;
  p = r * p + 1.0 / 720.0;
  p = r * p + 1.0 / 120.0;
  p = r * p + 1.0 / 24.0;
  p = r * p + 1.0 / 6.0;
  p = r * p + 1.0 / 2.0;
  p = r * (r * p) + r + 1.0;
  // NaN falls through: its conversion saturates, the product stays NaN.
  return p * reinterpret<f64>(<i64>(<i32>k + 1023) << 52);
}

/** atan(x) to 1e-11. */
export function atan64(x: f64): f64 {
  const a = abs(x);
  let t = a > 1 ? 1.0 / a : a;
  const turned = t > 0.2679491924311227;
  if (turned) t = (t * 1.7320508075688772 - 1.0) / (t + 1.7320508075688772);
  const z = t * t;
  let p: f64 = 0;
  for (let n = 17; n > 0; n -= 2) p = 1.0 / <f64>n - z * p;
  p *= t;
  if (turned) p += 0.5235987755982989;
  if (a > 1) p = 1.5707963267948966 - p;
  return copysign(p, x);
}

/** The angle of (x, y), as Math.atan2 has it. */
export function atan2Scalar(y: f64, x: f64): f64 {
  if (isNaN(x) || isNaN(y)) return NaN;
  if (abs(y) == Infinity && abs(x) == Infinity) {
    return copysign(x > 0 ? 0.7853981633974483 : 2.356194490192345, y);
  }
  const back = reinterpret<i64>(x) < 0;
  if (y == 0) return back ? copysign(3.141592653589793, y) : y;
  const a = atan64(abs(y) / abs(x));
  return copysign(back ? 3.141592653589793 - a : a, y);
}

/** x^y, as Math.pow has it. */
export function powScalar(x: f64, y: f64): f64 {
  if (y == 0) return 1;
  const v = exp64(y * log64(abs(x)));
  if (reinterpret<i64>(x) >= 0 || isNaN(x)) return v;
  if (nearest(y) == y) return nearest(y * 0.5) * 2.0 == y ? v : -v;
  return x < 0 && x > -Infinity ? NaN : v;
}

/** The remainder with the sign of the divisor. */
export function modScalar(x: f32, y: f32): f32 {
  const r = x % y;
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

/** 64 bits of 2 / pi from bit 64 i on, behind 64 zeros. */
function twoOverPi(i: i32): u64 {
  switch (i) {
    case 0: return 0;
    case 1: return 0xa2f9836e4e441529;
    case 2: return 0xfc2757d1f534ddc0;
    case 3: return 0xdb6295993c439041;
  }
  return 0xfe5163abdebbc561;
}

/** 32 bits of 2 / pi from bit i on, behind 64 zeros. */
function window(i: i32): u64 {
  const shift = i & 63;
  let bits = twoOverPi(i >> 6) << shift;
  if (shift != 0) bits |= twoOverPi((i >> 6) + 1) >> (64 - shift);
  return bits >> 32;
}

/** sin(x + quarters pi / 2) for |x| >= 2^19: exact reduction by as many bits of 2 / pi as the exponent asks for. */
function sinLarge(x: f32, quarters: u32): f64 {
  const bits = reinterpret<u32>(x);
  const exponent = <i32>((bits >> 23) & 255) - 150;
  const m = <u64>((bits & 0x7fffff) | 0x800000);
  const at = exponent + 62;
  // x 2 / pi modulo 4, as a fraction of 2^64.
  const turn = ((m * window(at)) << 32) + m * window(at + 32) + ((m * window(at + 64)) >> 32);
  let q = <u32>((turn + 0x2000000000000000) >> 62);
  let r = <f64>(<i64>(turn - (<u64>q << 62))) * (1.5707963267948966 / 4611686018427387904.0);
  if (bits >> 31) {
    r = -r;
    q = 0 - q;
  }
  q += quarters;
  const y = f64x2.extract_lane(q & 1 ? cosPair(f64x2.splat(r)) : sinPair(f64x2.splat(r)), 0);
  return q & 2 ? -y : y;
}

/** sin(x + quarters pi / 2) of any float32. */
function sinScalar(x: f32, quarters: u32): f64 {
  if (!(abs(x) < Infinity)) return NaN;
  if (abs(x) >= 524288) return sinLarge(x, quarters);
  const k = nearest(<f64>x * 0.6366197723675814);
  const r = <f64>x - k * 1.5707963267341256 - k * 6.077100506506192e-11;
  const q = <u32><i32>k + quarters;
  const y = f64x2.extract_lane(q & 1 ? cosPair(f64x2.splat(r)) : sinPair(f64x2.splat(r)), 0);
  return q & 2 ? -y : y;
}

/** Functions of one number that have no SIMD form of their own, or lanes that need the slow one. */
export const enum Scalar { SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH }

/** One of them. */
function scalar(which: i32, x: f32): f32 {
  const v = <f64>x;
  switch (which) {
    case Scalar.SIN: return <f32>sinScalar(x, 0);
    case Scalar.COS: return <f32>sinScalar(x, 1);
    case Scalar.TAN: return <f32>(sinScalar(x, 0) / sinScalar(x, 1));
    case Scalar.ASIN: return abs(x) < 1e-4 ? x : <f32>atan64(v / sqrt((1.0 - v) * (1.0 + v)));
    case Scalar.ACOS: return <f32>atan2Scalar(sqrt((1.0 - v) * (1.0 + v)), v);
    case Scalar.ATAN: return <f32>atan64(v);
    case Scalar.SINH: {
      if (abs(x) < 0.01) return <f32>(v + v * v * v * (1.0 / 6.0));
      const e = exp64(v);
      return <f32>(0.5 * (e - 1.0 / e));
    }
  }
  const e = exp64(v);
  return <f32>(0.5 * (e + 1.0 / e));
}

/** One of them on four lanes. */
export function scalarLanes(which: i32, x: v128): v128 {
  let y = f32x4.splat(scalar(which, f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, scalar(which, f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, scalar(which, f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, scalar(which, f32x4.extract_lane(x, 3)));
}
