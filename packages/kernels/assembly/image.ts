// Bilinear images: resizing here, turning in ./rotate.
import { fma } from './simd';
export * from './rotate';

// A tap is what an output pixel reads along one axis: two input pixels and the weight of the second, in 12 bytes.

/** Taps of an axis; low [inSize + 1] gets the first output whose first pixel is at or beyond each input. */
export function resizeTaps(inSize: i32, outSize: i32, alignCorners: i32, taps: usize, low: usize): void {
  const corners = outSize > 1 ? <f64>(inSize - 1) / <f64>(outSize - 1) : 0;
  const scale = alignCorners ? corners : <f64>inSize / <f64>outSize;
  let next = 0;
  for (let i = 0; i < outSize; i++) {
    const at = alignCorners ? <f64>i * scale : max<f64>(0, (<f64>i + 0.5) * scale - 0.5);
    const first = min(<i32>floor(at), inSize - 1);
    const tap = taps + <usize>i * 12;
    store<i32>(tap, first);
    store<i32>(tap, min(first + 1, inSize - 1), 4);
    store<f32>(tap, <f32>(at - <f64>first), 8);
    for (; next <= first; next++) store<i32>(low + (<usize>next << 2), i);
  }
  for (; next <= inSize; next++) store<i32>(low + (<usize>next << 2), outSize);
}

/** What `tap` gives to input pixel i. */
// @ts-ignore: decorator
@inline
function weightOf(tap: usize, i: i32): f32 {
  const second = load<f32>(tap, 8);
  if (load<i32>(tap) != i) return second;
  return load<i32>(tap, 4) == i ? 1 : 1 - second;
}

/** out = a (1 - weight) + b weight over n floats. */
// @ts-ignore: decorator
@inline
function blendRow(out: usize, a: usize, b: usize, weight: f32, n: i32): void {
  const rest: f32 = <f32>1 - weight;
  const w = f32x4.splat(weight);
  const r = f32x4.splat(rest);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    v128.store(out + at, fma(v128.load(b + at), w, f32x4.mul(v128.load(a + at), r)));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    store<f32>(out + at, load<f32>(a + at) * rest + load<f32>(b + at) * weight);
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
    const tapY = tapsY + <usize>(row - image * outHeight) * 12;
    const from = x + <usize>image * <usize>inHeight * inRow;
    const upper = from + load<usize>(tapY) * inRow;
    blendRow(scratch, upper, from + load<usize>(tapY, 4) * inRow, load<f32>(tapY, 8), inWidth * channels);
    const to = out + <usize>row * outRow;
    for (let column = 0; column < outWidth; column++) {
      const tapX = tapsX + <usize>column * 12;
      const a = scratch + load<usize>(tapX) * pixel;
      const b = scratch + load<usize>(tapX, 4) * pixel;
      const weight = f32x4.splat(load<f32>(tapX, 8));
      const rest = f32x4.sub(f32x4.splat(1), weight);
      const at = to + <usize>column * pixel;
      for (let c: usize = 0; c < pixel; c += 16) {
        storeWithin(at + c, to + outRow, fma(v128.load(b + c), weight, f32x4.mul(v128.load(a + c), rest)));
      }
    }
  }
}

/** row += weight source over n floats; overwrites it if `fresh`. */
// @ts-ignore: decorator
@inline
function addRow(row: usize, source: usize, weight: f32, n: i32, fresh: bool): void {
  const w = f32x4.splat(weight);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    v128.store(row + at, fma(v128.load(source + at), w, fresh ? f32x4.splat(0) : v128.load(row + at)));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    store<f32>(row + at, load<f32>(source + at) * weight + (fresh ? 0 : load<f32>(row + at)));
  }
}

/** Rows [start, end) of dx [batch * inHeight], gathered from dy; scratch holds a row of dy and 16 bytes more. */
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
    const firstY = load<i32>(lowY + (<usize>max(y - 1, 0) << 2));
    const endY = load<i32>(lowY + (<usize>y << 2), 4);
    if (firstY == endY) {
      memory.fill(to, 0, inRow);
      continue;
    }
    for (let outY = firstY; outY < endY; outY++) {
      const source = dy + <usize>(image * outHeight + outY) * outRow;
      addRow(scratch, source, weightOf(tapsY + <usize>outY * 12, y), outWidth * channels, outY == firstY);
    }
    for (let column = 0; column < inWidth; column++) {
      const firstX = load<i32>(lowX + (<usize>max(column - 1, 0) << 2));
      const endX = load<i32>(lowX + (<usize>column << 2), 4);
      const at = to + <usize>column * pixel;
      for (let c: usize = 0; c < pixel; c += 16) {
        let sum = f32x4.splat(0);
        for (let outX = firstX; outX < endX; outX++) {
          const weight = f32x4.splat(weightOf(tapsX + <usize>outX * 12, column));
          sum = fma(v128.load(scratch + <usize>outX * pixel + c), weight, sum);
        }
        storeWithin(at + c, to + inRow, sum);
      }
    }
  }
}
