// What the lanes of a block give to the planes around them: see ./scores.
import { fma } from '../../kernels/assembly/lib';
import { Call, midOf, vectors, words } from './call';

/** Adds what one or four elements give to all channels at two places. One is stored before the other is loaded, as they may overlap. */
// @ts-ignore: decorator
@inline
function scatterTile(
  four: bool, wa: usize, wb: usize, step: usize, x: usize, xStep: usize, channels: i32, a: usize, b: usize, plane: usize,
): void {
  const a0 = v128.load(wa), b0 = v128.load(wb);
  let a1 = a0, a2 = a0, a3 = a0, b1 = b0, b2 = b0, b3 = b0;
  if (four) {
    a1 = v128.load(wa + step), b1 = v128.load(wb + step);
    a2 = v128.load(wa + step + step), b2 = v128.load(wb + step + step);
    a3 = v128.load(wa + step + step + step), b3 = v128.load(wb + step + step + step);
  }
  for (let c = channels; c > 0; c--) {
    const x0 = v128.load(x);
    let sa = f32x4.mul(x0, a0), sb = f32x4.mul(x0, b0);
    if (four) {
      const x1 = v128.load(x, 16);
      sa = fma(x1, a1, sa), sb = fma(x1, b1, sb);
      const x2 = v128.load(x, 32);
      sa = fma(x2, a2, sa), sb = fma(x2, b2, sb);
      const x3 = v128.load(x, 48);
      sa = fma(x3, a3, sa), sb = fma(x3, b3, sb);
    }
    v128.store(a, f32x4.add(v128.load(a), sa));
    v128.store(b, f32x4.add(v128.load(b), sb));
    x += xStep;
    a += plane;
    b += plane;
  }
}

/**
 * planes += weights x, place by place; two at a time that lie half the list apart, as neighbours overlap, and loads would wait for
 * stores.
 */
export function scatter(
  call: Call, weights: usize, count: i32, x: usize, planes: usize, shifts: usize, n: i32, step: usize, next: usize,
): void {
  const mid = midOf(call), plane = <usize>call.plane;
  const half = <usize>(n >> 1) * next;
  for (let m = call.keys; m > 0; m--) {
    for (let j: usize = 0; j < words(n >> 1); j += 4) {
      const a = planes + <usize>load<i32>(shifts + j), b = planes + <usize>load<i32>(shifts + j + words(n >> 1));
      let e = 0;
      for (; e + 4 <= count; e += 4) {
        const w = weights + <usize>e * step;
        scatterTile(true, w, w + half, step, x + vectors(e), vectors(count), mid, a, b, plane);
      }
      for (; e < count; e++) {
        const w = weights + <usize>e * step;
        scatterTile(false, w, w + half, step, x + vectors(e), vectors(count), mid, a, b, plane);
      }
      weights += next;
    }
    weights += half;
    planes += <usize>mid * plane;
  }
}
