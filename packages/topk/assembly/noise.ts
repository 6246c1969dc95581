// The noise that perturbs scores, two thresholds at a time in float64: distribution function, density, slope. As src/kernels/js/noise.ts.
import { expPair } from '../../kernels/assembly/lib';

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

/** Stores below, above, density, slope of u to `out` (64 bytes apart by `stride`). */
// @ts-ignore: decorator
@inline
function put(out: usize, stride: usize, below: v128, above: v128, density: v128, slope: v128): void {
  v128.store(out, below);
  v128.store(out + stride, above);
  v128.store(out + 2 * stride, density);
  v128.store(out + 3 * stride, slope);
}

function normalTail(u: v128, out: usize, stride: usize): void {
  const size = f64x2.pmin(f64x2.abs(u), splat(40));
  const bell = expPair(f64x2.mul(f64x2.mul(size, size), splat(-0.5)));
  const t = f64x2.div(splat(2), f64x2.add(splat(2), f64x2.mul(size, splat(0.7071067811865476))));
  const w = f64x2.sub(f64x2.add(t, t), splat(1));
  let p = step(w, splat(2.0066070396056845e-8), -8.261328840435289e-9);
  p = step(w, p, -1.5658740168106443e-7);
  p = step(w, p, 1.562740679179513e-7);
  p = step(w, p, 5.001290609594173e-7);
  p = step(w, p, -1.080530952719464e-6);
  p = step(w, p, -2.7399518962130604e-7);
  p = step(w, p, 4.148620710955418e-6);
  p = step(w, p, -5.429696430966245e-6);
  p = step(w, p, -8.591060981857594e-6);
  p = step(w, p, 3.611980218729155e-5);
  p = step(w, p, -8.57719620939985e-6);
  p = step(w, p, -0.0001657688115120059);
  p = step(w, p, 0.00020932123618385643);
  p = step(w, p, 0.0007726530617654515);
  p = step(w, p, -0.001619795992782505);
  p = step(w, p, -0.005377665474628404);
  p = step(w, p, 0.00911055786420572);
  p = step(w, p, 0.06986802313904493);
  p = step(w, p, 0.17179017110362227);
  p = step(w, p, 0.25539567631050575);
  const small = f64x2.mul(f64x2.mul(bell, t), p);
  const large = f64x2.sub(splat(1), small);
  const isAbove = f64x2.ge(u, splat(0));
  const density = f64x2.mul(bell, splat(0.3989422804014327));
  const signed = v128.bitselect(size, f64x2.neg(size), isAbove);
  put(out, stride, v128.bitselect(large, small, isAbove), v128.bitselect(small, large, isAbove), density, f64x2.mul(signed, density));
}

function gumbelTail(u: v128, out: usize, stride: usize): void {
  // Below -7, e^-e^-u is 0 in float64; beyond, w has no use.
  const w = expPair(f64x2.neg(f64x2.pmax(u, splat(-7))));
  const below = expPair(f64x2.neg(w));
  // 1 - e^-w loses digits where w is small.
  const series = f64x2.mul(w, f64x2.sub(splat(1), f64x2.mul(w, f64x2.sub(splat(0.5), f64x2.mul(w, splat(1.0 / 6.0))))));
  const above = v128.bitselect(series, f64x2.sub(splat(1), below), f64x2.lt(w, splat(1e-5)));
  const density = f64x2.mul(w, below);
  put(out, stride, below, above, density, f64x2.mul(density, f64x2.sub(splat(1), w)));
}

/** At `out`, out + stride, ...: the probabilities to stay below and to exceed, density and slope of an element u below the threshold. */
export function tailPair(gumbel: bool, u: v128, out: usize, stride: usize): void {
  if (gumbel) gumbelTail(u, out, stride);
  else normalTail(u, out, stride);
}
