// Products of what belongs to the lanes of a block with the planes around them. x is [channel, element] vectors; scores, and weights
// in ./gather and ./scatter, are [element, key, place] or [key, place, element] vectors: `step` bytes from element to element, `next`
// from place to place, and the places of keys follow one another.
import { fma } from '../../kernels/assembly/lib';
import { Call, midOf, vectors, words } from './call';

/** Scores of one or four elements at two places. */
// @ts-ignore: decorator
@inline
function scoreTile(
  four: bool, start: usize, x: usize, xStep: usize, channels: i32, a: usize, b: usize, plane: usize, out: usize, step: usize,
  next: usize,
): void {
  let a0 = v128.load(start), a1 = a0, a2 = a0, a3 = a0;
  if (four) a1 = v128.load(start, 16), a2 = v128.load(start, 32), a3 = v128.load(start, 48);
  let b0 = a0, b1 = a1, b2 = a2, b3 = a3;
  for (let c = channels; c > 0; c--) {
    const ya = v128.load(a), yb = v128.load(b);
    const x0 = v128.load(x);
    a0 = fma(x0, ya, a0); b0 = fma(x0, yb, b0);
    if (four) {
      const x1 = v128.load(x, 16);
      a1 = fma(x1, ya, a1); b1 = fma(x1, yb, b1);
      const x2 = v128.load(x, 32);
      a2 = fma(x2, ya, a2); b2 = fma(x2, yb, b2);
      const x3 = v128.load(x, 48);
      a3 = fma(x3, ya, a3); b3 = fma(x3, yb, b3);
    }
    x += xStep;
    a += plane;
    b += plane;
  }
  v128.store(out, a0); v128.store(out + next, b0);
  if (!four) return;
  out += step;
  v128.store(out, a1); v128.store(out + next, b1);
  out += step;
  v128.store(out, a2); v128.store(out + next, b2);
  out += step;
  v128.store(out, a3); v128.store(out + next, b3);
}

/** out = start + x . planes: the scores of each element with each key at each place; start [element]. */
export function scores(
  call: Call, start: usize, x: usize, count: i32, planes: usize, shifts: usize, n: i32, out: usize, step: usize, next: usize,
): void {
  const mid = midOf(call), plane = <usize>call.plane, xStep = vectors(count);
  for (let m = call.keys; m > 0; m--) {
    for (let j: usize = 0; j < words(n); j += 8) {
      const a = planes + <usize>load<i32>(shifts + j), b = planes + <usize>load<i32>(shifts + j, 4);
      let e = 0;
      for (; e + 4 <= count; e += 4) {
        scoreTile(true, start + vectors(e), x + vectors(e), xStep, mid, a, b, plane, out + <usize>e * step, step, next);
      }
      for (; e < count; e++) {
        scoreTile(false, start + vectors(e), x + vectors(e), xStep, mid, a, b, plane, out + <usize>e * step, step, next);
      }
      out += next + next;
    }
    planes += <usize>mid * plane;
  }
}
