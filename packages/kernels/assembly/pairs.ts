// Two float64 lanes without constants in memory, so that packages with binaries of their own can build on it.

// @ts-ignore: decorator
@inline
function splat(x: f64): v128 {
  return f64x2.splat(x);
}

// @ts-ignore: decorator
@inline
function step(x: v128, p: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(x, p), splat(c));
}

/** Both lanes together. */
// @ts-ignore: decorator
@inline
export function lanes(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

/** e^x; 0 below -708. Relative error below 1e-15. */
export function expPair(x: v128): v128 {
  const clamped = f64x2.pmin(f64x2.pmax(x, splat(-708)), splat(709));
  const n = f64x2.nearest(f64x2.mul(clamped, splat(1.4426950408889634)));
  let r = f64x2.sub(clamped, f64x2.mul(n, splat(0.6931471803691238)));
  r = f64x2.sub(r, f64x2.mul(n, splat(1.9082149292705877e-10)));
  let p = step(r, splat(1.0 / 6227020800.0), 1.0 / 479001600.0);
  p = step(r, p, 1.0 / 39916800.0);
  p = step(r, p, 1.0 / 3628800.0);
  p = step(r, p, 1.0 / 362880.0);
  p = step(r, p, 1.0 / 40320.0);
  p = step(r, p, 1.0 / 5040.0);
  p = step(r, p, 1.0 / 720.0);
  p = step(r, p, 1.0 / 120.0);
  p = step(r, p, 1.0 / 24.0);
  p = step(r, p, 1.0 / 6.0);
  p = step(r, p, 0.5);
  p = step(r, p, 1);
  p = step(r, p, 1);
  // 2^n: the whole number stands in the low bits after adding 1.5 2^52.
  const bits = f64x2.add(n, splat(6755399441055744.0 + 1023.0));
  const power = i64x2.shl(bits, 52);
  return v128.and(f64x2.mul(p, power), f64x2.ge(x, splat(-708)));
}
