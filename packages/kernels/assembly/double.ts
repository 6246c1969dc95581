// log, sin and cos of two float64 lanes from + - * / alone, in the order of operations of src/js/random.ts: normal and
// Gumbel numbers must be the same bits on every device.

// @ts-ignore: decorator
@inline
function splat(x: f64): v128 {
  return f64x2.splat(x);
}

/** z p + c, each step rounded. */
// @ts-ignore: decorator
@inline
function step(z: v128, p: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(z, p), splat(c));
}

/** log(x) for normal, finite x > 0: a series in f / (2 + f) behind the exponent. */
export function logPair(x: v128): v128 {
  const bits = i64x2.sub(x, i64x2.splat(0x3fe6a09e667f3bcd)); // bits of sqrt(1/2)
  const k = f64x2.convert_low_i32x4_s(i32x4.shr_s(v128.shuffle<i32>(bits, bits, 1, 3, 1, 3), 20));
  const m = i64x2.add(v128.and(bits, i64x2.splat(0xfffffffffffff)), i64x2.splat(0x3fe6a09e667f3bcd));
  const f = f64x2.sub(m, splat(1));
  const s = f64x2.div(f, f64x2.add(splat(2), f));
  const z = f64x2.mul(s, s);
  let p = step(z, splat(2.0 / 19.0), 2.0 / 17.0);
  p = step(z, p, 2.0 / 15.0);
  p = step(z, p, 2.0 / 13.0);
  p = step(z, p, 2.0 / 11.0);
  p = step(z, p, 2.0 / 9.0);
  p = step(z, p, 2.0 / 7.0);
  p = step(z, p, 2.0 / 5.0);
  p = step(z, p, 2.0 / 3.0);
  const h = f64x2.mul(f64x2.mul(splat(0.5), f), f);
  const low = f64x2.mul(k, splat(1.9082149292705877e-10));
  const rest = f64x2.add(f64x2.mul(s, f64x2.add(h, f64x2.mul(z, p))), low);
  return f64x2.add(f64x2.mul(k, splat(0.6931471803691238)), f64x2.sub(f, f64x2.sub(h, rest)));
}

/** sin(r) for |r| <= pi / 4. */
export function sinPair(r: v128): v128 {
  const z = f64x2.mul(r, r);
  let p = step(z, splat(1.0 / 355687428096000.0), -1.0 / 1307674368000.0);
  p = step(z, p, 1.0 / 6227020800.0);
  p = step(z, p, -1.0 / 39916800.0);
  p = step(z, p, 1.0 / 362880.0);
  p = step(z, p, -1.0 / 5040.0);
  p = step(z, p, 1.0 / 120.0);
  p = step(z, p, -1.0 / 6.0);
  return f64x2.add(r, f64x2.mul(r, f64x2.mul(z, p)));
}

/** cos(r) for |r| <= pi / 4. */
export function cosPair(r: v128): v128 {
  const z = f64x2.mul(r, r);
  let p = step(z, splat(1.0 / 20922789888000.0), -1.0 / 87178291200.0);
  p = step(z, p, 1.0 / 479001600.0);
  p = step(z, p, -1.0 / 3628800.0);
  p = step(z, p, 1.0 / 40320.0);
  p = step(z, p, -1.0 / 720.0);
  p = step(z, p, 1.0 / 24.0);
  p = step(z, p, -0.5);
  return step(z, p, 1);
}
