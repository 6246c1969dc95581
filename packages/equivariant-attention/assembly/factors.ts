// What encodings add to the scores of one query element. Scores are sums of a part of content, of a row, of a column and of a group
// entry, so their exponentials are products of few exponentials: of the tables' rows, not of all places.
import { fma } from '../../kernels/assembly/lib';
import { Call, encodingCount, vectors, words } from './call';
import { largest } from './content';
import { exponentials } from './exponential';

/** Size of scores with encodings up to which e^score / e^-score is a number: a row's sum may be as small as the second. */
// @ts-ignore: decorator
@inline
const MOST: f32 = 40;

/** out [rows] = table [rows, dims] . q, whose channels are `step` bytes apart. Returns the largest sizes, NaN where there is one. */
function tableScores(q: usize, step: usize, table: usize, rows: i32, dims: i32, out: usize): v128 {
  let most = f32x4.splat(0);
  const end = q + <usize>dims * step, line = words(dims);
  for (; rows > 1; rows -= 2) {
    let a = f32x4.splat(0), b = a;
    for (let at = q; at < end; at += step) {
      const x = v128.load(at);
      a = fma(x, v128.load32_splat(table), a);
      b = fma(x, v128.load32_splat(table + line), b);
      table += 4;
    }
    v128.store(out, a), v128.store(out, b, 16);
    most = f32x4.max(most, f32x4.max(f32x4.abs(a), f32x4.abs(b)));
    table += line;
    out += 32;
  }
  if (rows > 0) {
    let a = f32x4.splat(0);
    for (let at = q; at < end; at += step) {
      a = fma(v128.load(at), v128.load32_splat(table), a);
      table += 4;
    }
    v128.store(out, a);
    most = f32x4.max(most, f32x4.abs(a));
  }
  return most;
}

/** Scores of query element g with the tables, and whether they are small enough for products of exponentials. */
export function encodingScores(call: Call, room: usize, g: i32): bool {
  const step = vectors(call.queries), d = <usize>call.dims * step;
  const q = room + call.q + vectors(g), rows = room + call.encodings;
  const columns = rows + vectors(call.rows), entries = columns + vectors(call.columns);
  const ofRows = tableScores(q, step, call.row, call.rows, call.dims, rows);
  const ofColumns = tableScores(q + d, step, call.column, call.columns, call.dims, columns);
  const ofGroup = tableScores(q + 2 * d, step, call.group, call.entries, call.groupDims, entries);
  return i32x4.all_true(f32x4.le(f32x4.add(f32x4.add(ofRows, ofColumns), ofGroup), f32x4.splat(MOST)));
}

/** Turns scores of element g into exponentials: content in its place, factors [n, V] of places, and group factors [M, V]. */
export function factorise(call: Call, room: usize, g: i32, n: i32): void {
  const count = call.keys * n;
  const content = room + call.content + vectors(g * count);
  exponentials(content, count, largest(content, count));
  exponentials(room + call.encodings, encodingCount(call), f32x4.splat(0));
  multiplyPairs(call, room);
  placeFactors(call, room, n);
  groupFactors(call, room, g);
}

/** What the pairs of a row and a column are worth. */
function multiplyPairs(call: Call, room: usize): void {
  const encodings = room + call.encodings;
  let pair = room + call.pairOffsets, to = room + call.pairFactors;
  for (const end = to + vectors(call.pairCount); to < end; to += 16) {
    v128.store(to, f32x4.mul(v128.load(encodings + <usize>load<i32>(pair)), v128.load(encodings + <usize>load<i32>(pair, 4))));
    pair += 8;
  }
}

/** factors [n, V]. */
function placeFactors(call: Call, room: usize, n: i32): void {
  const from = room + call.pairFactors, line = words(call.outputs);
  let to = room + call.factors;
  for (let j: usize = 0; j < words(n); j += 4) {
    let pairs = room + call.pairAtOffsets + <usize>load<i32>(room + call.which + j) * line;
    const end = pairs + line;
    for (; pairs + 16 <= end; pairs += 16) {
      v128.store(to, v128.load(from + <usize>load<i32>(pairs)));
      v128.store(to, v128.load(from + <usize>load<i32>(pairs, 4)), 16);
      v128.store(to, v128.load(from + <usize>load<i32>(pairs, 8)), 32);
      v128.store(to, v128.load(from + <usize>load<i32>(pairs, 12)), 48);
      to += 64;
    }
    for (; pairs < end; pairs += 4) {
      v128.store(to, v128.load(from + <usize>load<i32>(pairs)));
      to += 16;
    }
  }
}

/** groupFactors [M, V] of query element g. */
function groupFactors(call: Call, room: usize, g: i32): void {
  const count = call.keys * call.outputs, one = f32x4.splat(1), hasGroup = call.entries > 0;
  let entry = room + call.entryOffsets + words(g * count), to = room + call.groupFactors;
  for (const end = to + vectors(count); to < end; to += 16) {
    v128.store(to, hasGroup ? v128.load(room + call.encodings + <usize>load<i32>(entry)) : one);
    entry += 4;
  }
}

/** The direct form, for output v alone: e^(score - largest) for all [M, n] in `exact`, and factors of 1. */
export function weighExactly(call: Call, room: usize, g: i32, v: i32, n: i32): void {
  const one = f32x4.splat(1), hidden = f32x4.splat(-Infinity), encodings = room + call.encodings;
  let content = room + call.content + vectors(g * call.keys * n), to = room + call.exact;
  for (let m = 0; m < call.keys; m++) {
    const place = m * call.outputs + v;
    let ofGroup = f32x4.splat(0);
    if (call.entries) {
      const entry = room + call.entryOffsets + words(g * call.keys * call.outputs + place);
      ofGroup = v128.load(encodings + <usize>load<i32>(entry));
    }
    v128.store(room + call.groupFactors + vectors(place), one);
    for (let j = 0; j < n; j++) {
      const o = load<i32>(room + call.which + words(j));
      // A pair's number in bytes of vectors is twice that of its two offsets.
      const pair = room + call.pairOffsets + (<usize>load<i32>(room + call.pairAtOffsets + words(o * call.outputs + v)) >> 1);
      const row = v128.load(encodings + <usize>load<i32>(pair)), column = v128.load(encodings + <usize>load<i32>(pair, 4));
      const own = v128.load(content);
      const score = f32x4.add(f32x4.add(own, ofGroup), f32x4.add(row, column));
      // What is hidden stays so, even from an encoding that is NaN.
      v128.store(to, v128.bitselect(own, score, f32x4.eq(own, hidden)));
      v128.store(room + call.factors + vectors(j * call.outputs + v), one);
      content += 16;
      to += 16;
    }
  }
  const count = call.keys * n;
  exponentials(room + call.exact, count, largest(room + call.exact, count));
}
