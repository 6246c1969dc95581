// Bilinear images: resizing here, turning in ./rotate.
import { fma } from './simd';
export * from './rotate';

// A tap is what an output pixel reads along one axis: two neighbouring input pixels and their weights, in 16 bytes.
// At the far edge both are the last one, with weights 1 and 0.

/** Where its words lie. */
// @ts-ignore: decorator
@inline
const SECOND: usize = 4;
// @ts-ignore: decorator
@inline
const WEIGHT: usize = 8;
// @ts-ignore: decorator
@inline
const WEIGHT_SECOND: usize = 12;

/** Taps of an axis; low [inSize + 1] gets the first output whose first pixel is at or beyond each input. */
export function resizeTaps(inSize: i32, outSize: i32, alignCorners: i32, taps: usize, low: usize): void {
  const corners = outSize > 1 ? <f64>(inSize - 1) / <f64>(outSize - 1) : 0;
  const scale = alignCorners ? corners : <f64>inSize / <f64>outSize;
  let next = 0;
  for (let i = 0; i < outSize; i++) {
    const at = alignCorners ? <f64>i * scale : max<f64>(0, (<f64>i + 0.5) * scale - 0.5);
    const first = min(<i32>floor(at), inSize - 1);
    const weight: f32 = first < inSize - 1 ? <f32>(at - <f64>first) : 0;
    const tap = taps + (<usize>i << 4);
    store<i32>(tap, first);
    store<i32>(tap, min(first + 1, inSize - 1), SECOND);
    store<f32>(tap, 1 - weight, WEIGHT);
    store<f32>(tap, weight, WEIGHT_SECOND);
    for (; next <= first; next++) store<i32>(low + (<usize>next << 2), i);
  }
  for (; next <= inSize; next++) store<i32>(low + (<usize>next << 2), outSize);
}

/** out = a and b, weighted by the tap, over n floats. */
// @ts-ignore: decorator
@inline
function blendRows(out: usize, a: usize, b: usize, tap: usize, n: i32): void {
  const weight = v128.load32_splat(tap + WEIGHT);
  const second = v128.load32_splat(tap + WEIGHT_SECOND);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    v128.store(out + at, fma(v128.load(b + at), second, f32x4.mul(v128.load(a + at), weight)));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    const value = load<f32>(a + at) * load<f32>(tap + WEIGHT) + load<f32>(b + at) * load<f32>(tap + WEIGHT_SECOND);
    store<f32>(out + at, value);
  }
}

/** Writes the first of the four channels that lie before rowEnd; those after the pixel's own are overwritten later. */
// @ts-ignore: decorator
@inline
function storeWithin(to: usize, rowEnd: usize, v: v128): void {
  if (to + 16 <= rowEnd) {
    v128.store(to, v);
    return;
  }
  store<f32>(to, f32x4.extract_lane(v, 0));
  if (to + 4 < rowEnd) store<f32>(to, f32x4.extract_lane(v, 1), 4);
  if (to + 8 < rowEnd) store<f32>(to, f32x4.extract_lane(v, 2), 8);
}

/** Rows [start, end) of out [batch * outHeight]; scratch holds a row of x and 16 bytes more. */
export function resizeRows(
  x: usize, out: usize, inHeight: i32, inWidth: i32, outHeight: i32, outWidth: i32, channels: i32,
  tapsY: usize, tapsX: usize, start: i32, end: i32, scratch: usize,
): void {
  const pixel = <usize>channels << 2;
  const inRow = <usize>inWidth * pixel;
  const outRow = <usize>outWidth * pixel;
  for (let row = start; row < end; row++) {
    const image = row / outHeight;
    const tapY = tapsY + (<usize>(row - image * outHeight) << 4);
    const from = x + <usize>image * <usize>inHeight * inRow;
    const upper = from + load<usize>(tapY) * inRow;
    blendRows(scratch, upper, from + load<usize>(tapY, SECOND) * inRow, tapY, inWidth * channels);
    const to = out + <usize>row * outRow;
    for (let column = 0; column < outWidth; column++) {
      const tapX = tapsX + (<usize>column << 4);
      const a = scratch + load<usize>(tapX) * pixel;
      const b = scratch + load<usize>(tapX, SECOND) * pixel;
      const weight = v128.load32_splat(tapX + WEIGHT);
      const second = v128.load32_splat(tapX + WEIGHT_SECOND);
      const at = to + <usize>column * pixel;
      for (let c: usize = 0; c < pixel; c += 16) {
        storeWithin(at + c, to + outRow, fma(v128.load(b + c), second, f32x4.mul(v128.load(a + c), weight)));
      }
    }
  }
}

/** row += weight source over n floats. */
// @ts-ignore: decorator
@inline
function addRow(row: usize, source: usize, weight: f32, n: i32): void {
  const w = f32x4.splat(weight);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    v128.store(row + at, fma(v128.load(source + at), w, v128.load(row + at)));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    store<f32>(row + at, load<f32>(source + at) * weight + load<f32>(row + at));
  }
}

/**
 * Rows [start, end) of dx [batch * inHeight], gathered from dy; scratch holds a row of dy and 16 bytes more. The outputs
 * from low[i - 1] have pixel i second, those from low[i] to low[i + 1] have it first.
 */
export function resizeRowsGrad(
  dy: usize, dx: usize, inHeight: i32, inWidth: i32, outHeight: i32, outWidth: i32, channels: i32,
  tapsY: usize, tapsX: usize, lowY: usize, lowX: usize, start: i32, end: i32, scratch: usize,
): void {
  const pixel = <usize>channels << 2;
  const inRow = <usize>inWidth * pixel;
  const outRow = <usize>outWidth * pixel;
  for (let row = start; row < end; row++) {
    const image = row / inHeight;
    const y = row - image * inHeight;
    const to = dx + <usize>row * inRow;
    const from = dy + <usize>(image * outHeight) * outRow;
    const firstY = load<i32>(lowY + (<usize>max(y - 1, 0) << 2));
    const middleY = load<i32>(lowY + (<usize>y << 2));
    const endY = load<i32>(lowY + (<usize>y << 2), 4);
    memory.fill(scratch, 0, outRow);
    for (let outY = firstY; outY < endY; outY++) {
      const weight = load<f32>(tapsY + (<usize>outY << 4) + (outY < middleY ? WEIGHT_SECOND : WEIGHT));
      addRow(scratch, from + <usize>outY * outRow, weight, outWidth * channels);
    }
    for (let column = 0; column < inWidth; column++) {
      const at = to + <usize>column * pixel;
      const first = tapsX + (load<usize>(lowX + (<usize>max(column - 1, 0) << 2)) << 4);
      const middle = tapsX + (load<usize>(lowX + (<usize>column << 2)) << 4);
      const stop = tapsX + (load<usize>(lowX + (<usize>column << 2), 4) << 4);
      for (let c: usize = 0; c < pixel; c += 16) {
        let source = scratch + ((first - tapsX) >> 4) * pixel + c;
        let sum = f32x4.splat(0);
        let tap = first;
        for (; tap < middle; tap += 16, source += pixel) {
          sum = fma(v128.load(source), v128.load32_splat(tap + WEIGHT_SECOND), sum);
        }
        for (; tap < stop; tap += 16, source += pixel) {
          sum = fma(v128.load(source), v128.load32_splat(tap + WEIGHT), sum);
        }
        storeWithin(at + c, to + inRow, sum);
      }
    }
  }
}
