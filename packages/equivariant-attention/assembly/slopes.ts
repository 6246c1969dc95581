// From weights to gradients by scores, for one query element and outputs [from, to): with weights w = e factor group / sum and their
// gradients d, scores have the gradients w (d - mean), where mean = sum of w d. Sums over key elements, places and outputs of these
// are what is wanted.
import { fma } from '../../kernels/assembly/lib';
import { Call, vectors, words } from './call';
import { addWeight } from './weights';

/** Sums over places of one key element for one or four outputs, plain and with the weights' gradients. */
// @ts-ignore: decorator
@inline
function sumTile(
  four: bool, masked: bool, e: usize, n: i32, p: usize, step: usize, d: usize, kept: usize, out: usize, slopes: usize,
): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, r0 = s0, r1 = s0, r2 = s0, r3 = s0;
  for (const end = e + vectors(n); e < end; e += 16) {
    const x = v128.load(e);
    const w0 = f32x4.mul(x, v128.load(p));
    s0 = f32x4.add(s0, w0);
    r0 = fma(w0, slopeAt(masked, d, kept), r0);
    if (four) {
      const w1 = f32x4.mul(x, v128.load(p, 16));
      s1 = f32x4.add(s1, w1);
      r1 = fma(w1, slopeAt(masked, d + 16, kept + 16), r1);
      const w2 = f32x4.mul(x, v128.load(p, 32));
      s2 = f32x4.add(s2, w2);
      r2 = fma(w2, slopeAt(masked, d + 32, kept + 32), r2);
      const w3 = f32x4.mul(x, v128.load(p, 48));
      s3 = f32x4.add(s3, w3);
      r3 = fma(w3, slopeAt(masked, d + 48, kept + 48), r3);
    }
    p += step;
    d += step;
    kept += step;
  }
  v128.store(out, s0), v128.store(slopes, r0);
  if (!four) return;
  v128.store(out, s1, 16), v128.store(slopes, r1, 16);
  v128.store(out, s2, 32), v128.store(slopes, r2, 32);
  v128.store(out, s3, 48), v128.store(slopes, r3, 48);
}

/** The gradient of a weight; 0 where dropout takes it. */
// @ts-ignore: decorator
@inline
function slopeAt(masked: bool, d: usize, kept: usize): v128 {
  return masked ? v128.and(v128.load(d), v128.load(kept)) : v128.load(d);
}

/** sums and slopes [M, V] over places. */
// @ts-ignore: decorator
@inline
function sumSlopes(masked: bool, call: Call, room: usize, e: usize, n: i32, from: i32, to: i32): void {
  const step = vectors(call.outputs);
  for (let m = 0; m < call.keys; m++) {
    const row = e + vectors(m * n), places = <usize>(m * n) * step, group = <usize>m * step;
    const p = room + call.factors, d = room + call.dweights + places, kept = room + call.kept + places;
    const sums = room + call.sums + group, slopes = room + call.slopes + group;
    let v = from;
    for (; v + 4 <= to; v += 4) {
      const at = vectors(v);
      sumTile(true, masked, row, n, p + at, step, d + at, kept + at, sums + at, slopes + at);
    }
    for (; v < to; v++) {
      const at = vectors(v);
      sumTile(false, masked, row, n, p + at, step, d + at, kept + at, sums + at, slopes + at);
    }
  }
}

/** Divides group factors by the sums of rows, takes the means, adds the gradients by group scores, which follow from the sums. */
function normaliseSlopes(call: Call, room: usize, g: i32, from: i32, to: i32): void {
  const step = vectors(call.outputs), end = <usize>call.keys * step;
  for (let v = from; v < to; v++) {
    const group = room + call.groupFactors + vectors(v);
    const sums = room + call.sums + vectors(v), slopes = room + call.slopes + vectors(v);
    let all = f32x4.splat(0), mean = all;
    for (let m: usize = 0; m < end; m += step) {
      const factor = v128.load(group + m);
      all = fma(factor, v128.load(sums + m), all);
      mean = fma(factor, v128.load(slopes + m), mean);
    }
    const inverse = f32x4.div(f32x4.splat(1), all);
    mean = f32x4.div(mean, all);
    v128.store(room + call.means + vectors(v), mean);
    let entry = room + call.entryOffsets + words(g * call.keys * call.outputs + v);
    for (let m: usize = 0; m < end; m += step) {
      const factor = f32x4.mul(v128.load(group + m), inverse);
      v128.store(group + m, factor);
      if (call.entries) {
        const at = room + call.dencodings + <usize>load<i32>(entry);
        const slope = f32x4.sub(v128.load(slopes + m), f32x4.mul(mean, v128.load(sums + m)));
        v128.store(at, fma(factor, slope, v128.load(at)));
        entry += words(call.outputs);
      }
    }
  }
}

/** One place, one or four outputs, all key elements: adds to weights and to gradients by content, and gives those by the place. */
// @ts-ignore: decorator
@inline
function slopeTile(
  four: bool, masked: bool, keys: i32, e: usize, dcontent: usize, row: usize, group: usize, step: usize, d: usize, kept: usize,
  out: usize, places: usize, p: usize, means: usize, dp: usize,
): void {
  const p0 = v128.load(p), mean0 = v128.load(means);
  let p1 = p0, p2 = p0, p3 = p0, mean1 = p0, mean2 = p0, mean3 = p0;
  if (four) {
    p1 = v128.load(p, 16), p2 = v128.load(p, 32), p3 = v128.load(p, 48);
    mean1 = v128.load(means, 16), mean2 = v128.load(means, 32), mean3 = v128.load(means, 48);
  }
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (let m = keys; m > 0; m--) {
    const x = v128.load(e);
    const w0 = f32x4.mul(f32x4.mul(x, p0), v128.load(group));
    addWeight(masked, w0, kept, out);
    const t0 = f32x4.mul(w0, f32x4.sub(slopeAt(masked, d, kept), mean0));
    s0 = f32x4.add(s0, t0);
    let all = t0;
    if (four) {
      const w1 = f32x4.mul(f32x4.mul(x, p1), v128.load(group, 16));
      addWeight(masked, w1, kept + 16, out + 16);
      const t1 = f32x4.mul(w1, f32x4.sub(slopeAt(masked, d + 16, kept + 16), mean1));
      s1 = f32x4.add(s1, t1);
      const w2 = f32x4.mul(f32x4.mul(x, p2), v128.load(group, 32));
      addWeight(masked, w2, kept + 32, out + 32);
      const t2 = f32x4.mul(w2, f32x4.sub(slopeAt(masked, d + 32, kept + 32), mean2));
      s2 = f32x4.add(s2, t2);
      const w3 = f32x4.mul(f32x4.mul(x, p3), v128.load(group, 48));
      addWeight(masked, w3, kept + 48, out + 48);
      const t3 = f32x4.mul(w3, f32x4.sub(slopeAt(masked, d + 48, kept + 48), mean3));
      s3 = f32x4.add(s3, t3);
      all = f32x4.add(f32x4.add(t0, t1), f32x4.add(t2, t3));
    }
    v128.store(dcontent, f32x4.add(v128.load(dcontent), all));
    e += row;
    dcontent += row;
    group += step;
    d += places;
    kept += places;
    out += places;
  }
  v128.store(dp, s0);
  if (four) v128.store(dp, s1, 16), v128.store(dp, s2, 32), v128.store(dp, s3, 48);
}

// @ts-ignore: decorator
@inline
function addPlaces(masked: bool, call: Call, room: usize, e: usize, dcontent: usize, n: i32, from: i32, to: i32): void {
  const step = vectors(call.outputs), row = vectors(n), places = <usize>n * step, keys = call.keys;
  for (let j = 0; j < n; j++) {
    const at = <usize>j * step;
    const d = room + call.dweights + at, kept = room + call.kept + at, out = room + call.weights + at;
    const p = room + call.factors + at, dp = room + call.dfactors + at;
    let v = from;
    for (; v + 4 <= to; v += 4) {
      const o = vectors(v), group = room + call.groupFactors + o, means = room + call.means + o;
      slopeTile(true, masked, keys, e, dcontent, row, group, step, d + o, kept + o, out + o, places, p + o, means, dp + o);
    }
    for (; v < to; v++) {
      const o = vectors(v), group = room + call.groupFactors + o, means = room + call.means + o;
      slopeTile(false, masked, keys, e, dcontent, row, group, step, d + o, kept + o, out + o, places, p + o, means, dp + o);
    }
    e += 16;
    dcontent += 16;
  }
}

/**
 * For query element g, whose exponentials are e [M, n]: adds to weights [M, n, V] what dropout keeps, to dcontent [M, n] and to
 * dencodings of the group, and sets dfactors [n, V].
 */
export function addSlopes(call: Call, room: usize, g: i32, e: usize, n: i32, from: i32, to: i32): void {
  const dcontent = room + call.dcontent + vectors(g * call.keys * n);
  if (call.blocks) sumSlopes(true, call, room, e, n, from, to);
  else sumSlopes(false, call, room, e, n, from, to);
  normaliseSlopes(call, room, g, from, to);
  if (call.blocks) addPlaces(true, call, room, e, dcontent, n, from, to);
  else addPlaces(false, call, room, e, dcontent, n, from, to);
}
