// What the lanes of a block gather from the planes around them: see ./scores.
import { fma } from '../../kernels/assembly/lib';
import { Call, midOf, vectors, words } from './call';

/** Adds what one or four elements gather of one or two channels. */
// @ts-ignore: decorator
@inline
function gatherTile(
  four: bool, two: bool, w: usize, step: usize, next: usize, y: usize, plane: usize, element: usize, keys: i32,
  shifts: usize, n: i32, out: usize, outStep: usize,
): void {
  const to = two ? out + outStep : out;
  let a0 = v128.load(out), a1 = a0, a2 = a0, a3 = a0, b0 = v128.load(to), b1 = b0, b2 = b0, b3 = b0;
  if (four) {
    a1 = v128.load(out, 16), a2 = v128.load(out, 32), a3 = v128.load(out, 48);
    b1 = v128.load(to, 16), b2 = v128.load(to, 32), b3 = v128.load(to, 48);
  }
  const step2 = step + step, step3 = step2 + step;
  for (let m = keys; m > 0; m--) {
    for (let j: usize = 0; j < words(n); j += 4) {
      const at = y + <usize>load<i32>(shifts + j);
      const ya = v128.load(at);
      const yb = two ? v128.load(at + plane) : ya;
      const w0 = v128.load(w);
      a0 = fma(w0, ya, a0);
      if (two) b0 = fma(w0, yb, b0);
      if (four) {
        const w1 = v128.load(w + step);
        a1 = fma(w1, ya, a1);
        if (two) b1 = fma(w1, yb, b1);
        const w2 = v128.load(w + step2);
        a2 = fma(w2, ya, a2);
        if (two) b2 = fma(w2, yb, b2);
        const w3 = v128.load(w + step3);
        a3 = fma(w3, ya, a3);
        if (two) b3 = fma(w3, yb, b3);
      }
      w += next;
    }
    y += element;
  }
  v128.store(out, a0);
  if (two) v128.store(to, b0);
  if (!four) return;
  v128.store(out, a1, 16); v128.store(out, a2, 32); v128.store(out, a3, 48);
  if (!two) return;
  v128.store(to, b1, 16); v128.store(to, b2, 32); v128.store(to, b3, 48);
}

/** out [channel, element] += weights . planes. */
export function gather(
  call: Call, weights: usize, count: i32, planes: usize, shifts: usize, n: i32, out: usize, step: usize, next: usize,
): void {
  const mid = midOf(call), plane = <usize>call.plane, element = <usize>mid * plane, keys = call.keys;
  const outStep = vectors(count);
  for (let c = 0; c < mid; c += 2) {
    let e = 0;
    for (; e + 4 <= count; e += 4) {
      const w = weights + <usize>e * step, to = out + vectors(e);
      if (c + 2 <= mid) gatherTile(true, true, w, step, next, planes, plane, element, keys, shifts, n, to, outStep);
      else gatherTile(true, false, w, step, next, planes, plane, element, keys, shifts, n, to, outStep);
    }
    for (; e < count; e++) {
      const w = weights + <usize>e * step, to = out + vectors(e);
      if (c + 2 <= mid) gatherTile(false, true, w, step, next, planes, plane, element, keys, shifts, n, to, outStep);
      else gatherTile(false, false, w, step, next, planes, plane, element, keys, shifts, n, to, outStep);
    }
    planes += 2 * plane;
    out += 2 * outStep;
  }
}
