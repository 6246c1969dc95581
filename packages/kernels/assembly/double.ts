// log, sin and cos of two float64 lanes, right to 1e-15 or so; those of ./random are shorter.
import { K64, k64 } from './constants';

/** z p + c, each step rounded. */
// @ts-ignore: decorator
@inline
function step(z: v128, p: v128, c: K64): v128 {
  return f64x2.add(f64x2.mul(z, p), k64(c));
}

/** log(x) for normal, finite x > 0: a series in f / (2 + f) behind the exponent. */
export function logPair(x: v128): v128 {
  const bits = i64x2.sub(x, i64x2.splat(0x3fe6a09e667f3bcd)); // bits of sqrt(1/2)
  const k = f64x2.convert_low_i32x4_s(i32x4.shr_s(v128.shuffle<i32>(bits, bits, 1, 3, 1, 3), 20));
  const m = i64x2.add(v128.and(bits, i64x2.splat(0xfffffffffffff)), i64x2.splat(0x3fe6a09e667f3bcd));
  const f = f64x2.sub(m, k64(K64.ONE));
  const s = f64x2.div(f, f64x2.add(k64(K64.TWO), f));
  const z = f64x2.mul(s, s);
  let p = step(z, k64(K64.LOG0), K64.LOG1);
  p = step(z, p, K64.LOG2);
  p = step(z, p, K64.LOG3);
  p = step(z, p, K64.LOG4);
  p = step(z, p, K64.LOG5);
  p = step(z, p, K64.LOG6);
  p = step(z, p, K64.LOG7);
  p = step(z, p, K64.LOG8);
  const h = f64x2.mul(f64x2.mul(k64(K64.HALF), f), f);
  const low = f64x2.mul(k, k64(K64.LOG9));
  const rest = f64x2.add(f64x2.mul(s, f64x2.add(h, f64x2.mul(z, p))), low);
  return f64x2.add(f64x2.mul(k, k64(K64.LOG10)), f64x2.sub(f, f64x2.sub(h, rest)));
}

/** sin(r) for |r| <= pi / 4. */
export function sinPair(r: v128): v128 {
  const z = f64x2.mul(r, r);
  let p = step(z, k64(K64.SIN0), K64.SIN1);
  p = step(z, p, K64.SIN2);
  p = step(z, p, K64.SIN3);
  p = step(z, p, K64.SIN4);
  p = step(z, p, K64.SIN5);
  p = step(z, p, K64.SIN6);
  p = step(z, p, K64.SIN7);
  return f64x2.add(r, f64x2.mul(r, f64x2.mul(z, p)));
}

/** cos(r) for |r| <= pi / 4. */
export function cosPair(r: v128): v128 {
  const z = f64x2.mul(r, r);
  let p = step(z, k64(K64.COS0), K64.COS1);
  p = step(z, p, K64.COS2);
  p = step(z, p, K64.COS3);
  p = step(z, p, K64.COS4);
  p = step(z, p, K64.COS5);
  p = step(z, p, K64.COS6);
  p = step(z, p, K64.MINUS_HALF);
  return step(z, p, K64.ONE);
}
