// Four pixels of one element: their channels as vectors of four pixels, and the way back.

/** Where the pixels' channels are; those from `count` on stand for the first. */
// @ts-ignore: decorator
@inline
function pixelOr(x: usize, step: usize, i: i32, count: i32): usize {
  return i < count ? x + <usize>i * step : x;
}

/** All bits set in the first `count` lanes. */
// @ts-ignore: decorator
@inline
export function firstLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** [channel] vectors at `to`, `step` bytes apart: `count` pixels, `pixel` bytes apart, times `factor`; zeros in lanes beyond them. */
export function packPixels(x: usize, pixel: usize, count: i32, channels: i32, factor: f32, to: usize, step: usize): void {
  const x1 = pixelOr(x, pixel, 1, count), x2 = pixelOr(x, pixel, 2, count), x3 = pixelOr(x, pixel, 3, count);
  const factors = f32x4.splat(factor), lanes = firstLanes(count);
  if (channels < 4) {
    for (let c: usize = 0; c < <usize>channels << 2; c += 4) {
      const v = v128.load32_lane(x1 + c, v128.load32_zero(x + c), 1);
      const w = v128.load32_lane(x3 + c, v128.load32_lane(x2 + c, v, 2), 3);
      v128.store(to, v128.and(f32x4.mul(w, factors), lanes));
      to += step;
    }
    return;
  }
  for (let left = channels; left > 0; left -= 4) {
    // The last four channels may have been among those before.
    const first = <usize>(min(channels - left, channels - 4));
    const c = first << 2, out = to + first * step;
    const a = v128.load(x + c), b = v128.load(x1 + c), d = v128.load(x2 + c), e = v128.load(x3 + c);
    const low = v128.shuffle<i32>(a, b, 0, 4, 1, 5), high = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const low2 = v128.shuffle<i32>(d, e, 0, 4, 1, 5), high2 = v128.shuffle<i32>(d, e, 2, 6, 3, 7);
    v128.store(out, v128.and(f32x4.mul(v128.shuffle<i64>(low, low2, 0, 2), factors), lanes));
    v128.store(out + step, v128.and(f32x4.mul(v128.shuffle<i64>(low, low2, 1, 3), factors), lanes));
    v128.store(out + 2 * step, v128.and(f32x4.mul(v128.shuffle<i64>(high, high2, 0, 2), factors), lanes));
    v128.store(out + 3 * step, v128.and(f32x4.mul(v128.shuffle<i64>(high, high2, 1, 3), factors), lanes));
  }
}

/** The way back, of `count` pixels. */
export function unpackPixels(from: usize, step: usize, count: i32, channels: i32, factor: f32, x: usize, pixel: usize): void {
  const factors = f32x4.splat(factor);
  if (channels < 4) {
    for (let c: usize = 0; c < <usize>channels << 2; c += 4) {
      const v = f32x4.mul(v128.load(from), factors);
      v128.store32_lane(x + c, v, 0);
      if (count > 1) v128.store32_lane(x + pixel + c, v, 1);
      if (count > 2) v128.store32_lane(x + 2 * pixel + c, v, 2);
      if (count > 3) v128.store32_lane(x + 3 * pixel + c, v, 3);
      from += step;
    }
    return;
  }
  for (let left = channels; left > 0; left -= 4) {
    const first = <usize>(min(channels - left, channels - 4));
    const at = from + first * step, out = x + (first << 2);
    const a = f32x4.mul(v128.load(at), factors), b = f32x4.mul(v128.load(at + step), factors);
    const d = f32x4.mul(v128.load(at + 2 * step), factors), e = f32x4.mul(v128.load(at + 3 * step), factors);
    const low = v128.shuffle<i32>(a, b, 0, 4, 1, 5), high = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const low2 = v128.shuffle<i32>(d, e, 0, 4, 1, 5), high2 = v128.shuffle<i32>(d, e, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<i64>(low, low2, 0, 2));
    if (count > 1) v128.store(out + pixel, v128.shuffle<i64>(low, low2, 1, 3));
    if (count > 2) v128.store(out + 2 * pixel, v128.shuffle<i64>(high, high2, 0, 2));
    if (count > 3) v128.store(out + 3 * pixel, v128.shuffle<i64>(high, high2, 1, 3));
  }
}
