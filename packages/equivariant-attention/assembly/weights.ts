// From exponentials to weights, for one query element and outputs [from, to):
// weight[m, j, v] = e[m, j] factor[j, v] group[m, v] / sum.
import { fma } from '../../kernels/assembly/lib';
import { Call, vectors } from './call';

/** Sums over places for one key element and one or four outputs. */
// @ts-ignore: decorator
@inline
function sumTile(four: bool, e: usize, n: i32, p: usize, step: usize, out: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (const end = e + vectors(n); e < end; e += 16) {
    const x = v128.load(e);
    s0 = fma(x, v128.load(p), s0);
    if (four) {
      s1 = fma(x, v128.load(p, 16), s1);
      s2 = fma(x, v128.load(p, 32), s2);
      s3 = fma(x, v128.load(p, 48), s3);
    }
    p += step;
  }
  v128.store(out, s0);
  if (four) v128.store(out, s1, 16), v128.store(out, s2, 32), v128.store(out, s3, 48);
}

/** sums [M, V] = sum over places of e times factor. */
export function sumPlaces(call: Call, room: usize, e: usize, n: i32, from: i32, to: i32): void {
  const step = vectors(call.outputs);
  for (let m = 0; m < call.keys; m++) {
    const row = e + vectors(m * n), sums = room + call.sums + <usize>m * step;
    let v = from;
    for (; v + 4 <= to; v += 4) sumTile(true, row, n, room + call.factors + vectors(v), step, sums + vectors(v));
    for (; v < to; v++) sumTile(false, row, n, room + call.factors + vectors(v), step, sums + vectors(v));
  }
}

/** Divides the group factors by the sums of rows. */
export function normalise(call: Call, room: usize, from: i32, to: i32): void {
  const step = vectors(call.outputs), end = <usize>call.keys * step;
  for (let v = from; v < to; v++) {
    const group = room + call.groupFactors + vectors(v), sums = room + call.sums + vectors(v);
    let all = f32x4.splat(0);
    for (let m: usize = 0; m < end; m += step) all = fma(v128.load(group + m), v128.load(sums + m), all);
    const inverse = f32x4.div(f32x4.splat(1), all);
    for (let m: usize = 0; m < end; m += step) v128.store(group + m, f32x4.mul(v128.load(group + m), inverse));
  }
}

/** Adds the weights of one key element and one or four outputs. */
// @ts-ignore: decorator
@inline
function addTile(four: bool, masked: bool, e: usize, n: i32, p: usize, step: usize, group: usize, kept: usize, out: usize): void {
  const t0 = v128.load(group);
  const t1 = four ? v128.load(group, 16) : t0, t2 = four ? v128.load(group, 32) : t0, t3 = four ? v128.load(group, 48) : t0;
  for (const end = e + vectors(n); e < end; e += 16) {
    const x = v128.load(e);
    addWeight(masked, f32x4.mul(f32x4.mul(x, v128.load(p)), t0), kept, out);
    if (four) {
      addWeight(masked, f32x4.mul(f32x4.mul(x, v128.load(p, 16)), t1), kept + 16, out + 16);
      addWeight(masked, f32x4.mul(f32x4.mul(x, v128.load(p, 32)), t2), kept + 32, out + 32);
      addWeight(masked, f32x4.mul(f32x4.mul(x, v128.load(p, 48)), t3), kept + 48, out + 48);
    }
    p += step;
    kept += step;
    out += step;
  }
}

/** out += w, if dropout keeps it. */
// @ts-ignore: decorator
@inline
export function addWeight(masked: bool, w: v128, kept: usize, out: usize): void {
  if (masked) w = v128.and(w, v128.load(kept));
  v128.store(out, f32x4.add(v128.load(out), w));
}

/** weights [M, n, V] += the weights that dropout keeps. */
export function addWeights(call: Call, room: usize, e: usize, n: i32, from: i32, to: i32): void {
  const step = vectors(call.outputs);
  for (let m = 0; m < call.keys; m++) {
    const row = e + vectors(m * n), places = <usize>(m * n) * step;
    const group = room + call.groupFactors + <usize>m * step;
    const kept = room + call.kept + places, out = room + call.weights + places;
    let v = from;
    for (; v + 4 <= to; v += 4) {
      const p = room + call.factors + vectors(v), at = vectors(v);
      if (call.blocks) addTile(true, true, row, n, p, step, group + at, kept + at, out + at);
      else addTile(true, false, row, n, p, step, group + at, kept + at, out + at);
    }
    for (; v < to; v++) {
      const p = room + call.factors + vectors(v), at = vectors(v);
      if (call.blocks) addTile(false, true, row, n, p, step, group + at, kept + at, out + at);
      else addTile(false, false, row, n, p, step, group + at, kept + at, out + at);
    }
  }
}
