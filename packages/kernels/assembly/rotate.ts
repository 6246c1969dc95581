// Images turned about their centre. Positions are computed in float64, by the very formula of the oracle.
// turns holds cosine and sine of each image's angle as float64.

/** out += weight x over the channels of a pixel. */
// @ts-ignore: decorator
@inline
function addPixel(out: usize, x: usize, weight: f32, channels: i32): void {
  const w = f32x4.splat(weight);
  let c = 0;
  for (; c + 4 <= channels; c += 4) {
    const at = <usize>c << 2;
    v128.store(out + at, f32x4.add(v128.load(out + at), f32x4.mul(v128.load(x + at), w)));
  }
  for (; c < channels; c++) {
    const at = <usize>c << 2;
    store<f32>(out + at, load<f32>(out + at) + load<f32>(x + at) * weight);
  }
}

/** The four taps of a position whose pixels are all inside, channel by channel. */
// @ts-ignore: decorator
@inline
function blendPixel(
  out: usize, x: usize, row: usize, pixel: usize, a: f32, b: f32, c: f32, d: f32,
): void {
  const va = f32x4.splat(a);
  const vb = f32x4.splat(b);
  const vc = f32x4.splat(c);
  const vd = f32x4.splat(d);
  let at: usize = 0;
  for (; at + 16 <= pixel; at += 16) {
    const from = x + at;
    const upper = f32x4.add(f32x4.mul(v128.load(from), va), f32x4.mul(v128.load(from + pixel), vb));
    const lower = f32x4.add(f32x4.mul(v128.load(from + row), vc), f32x4.mul(v128.load(from + row + pixel), vd));
    v128.store(out + at, f32x4.add(upper, lower));
  }
  for (; at < pixel; at += 4) {
    const from = x + at;
    const upper = load<f32>(from) * a + load<f32>(from + pixel) * b;
    store<f32>(out + at, upper + (load<f32>(from + row) * c + load<f32>(from + row + pixel) * d));
  }
}

/** Rows [start, end) of out [batch * height]. */
export function rotateRows(
  x: usize, out: usize, height: i32, width: i32, channels: i32, turns: usize, start: i32, end: i32, scratch: usize,
): void {
  const pixel = <usize>channels << 2;
  const rowBytes = <usize>width * pixel;
  const cx = <f64>(width - 1) / 2;
  const cy = <f64>(height - 1) / 2;
  for (let row = start; row < end; row++) {
    const image = row / height;
    const cos = load<f64>(turns + (<usize>image << 4));
    const sin = load<f64>(turns + (<usize>image << 4), 8);
    const dy = <f64>(row - image * height) - cy;
    const from = x + <usize>image * <usize>height * rowBytes;
    for (let column = 0; column < width; column++) {
      const dx = <f64>column - cx;
      const fromX = cx + cos * dx - sin * dy;
      const fromY = cy + sin * dx + cos * dy;
      const x0 = <i32>floor(fromX); // saturates, and is 0 for NaN: the weights then carry the NaN
      const y0 = <i32>floor(fromY);
      const right = <f32>(fromX - <f64>x0);
      const below = <f32>(fromY - <f64>y0);
      const to = out + <usize>row * rowBytes + <usize>column * pixel;
      const at = from + <usize>y0 * rowBytes + <usize>x0 * pixel;
      const left = <f32>1 - right;
      const above = <f32>1 - below;
      const a = left * above;
      const b = right * above;
      const c = left * below;
      const d = right * below;
      if (<u32>x0 < <u32>(width - 1) && <u32>y0 < <u32>(height - 1)) {
        blendPixel(to, at, rowBytes, pixel, a, b, c, d);
        continue;
      }
      memory.fill(to, 0, pixel);
      const insideLeft = <u32>x0 < <u32>width;
      const insideRight = <u32>(x0 + 1) < <u32>width;
      if (<u32>y0 < <u32>height) {
        if (insideLeft) addPixel(to, at, a, channels);
        if (insideRight) addPixel(to, at + pixel, b, channels);
      }
      if (<u32>(y0 + 1) < <u32>height) {
        if (insideLeft) addPixel(to, at + rowBytes, c, channels);
        if (insideRight) addPixel(to, at + rowBytes + pixel, d, channels);
      }
    }
  }
}

/**
 * Rows [start, end) of dx [batch * height]. A pixel of x is read by the outputs that land less than one pixel away
 * from it on both axes: they lie in a box around the place where it goes itself, and are visited in order.
 */
export function rotateRowsGrad(
  dy: usize, dx: usize, height: i32, width: i32, channels: i32, turns: usize, start: i32, end: i32, scratch: usize,
): void {
  const pixel = <usize>channels << 2;
  const rowBytes = <usize>width * pixel;
  const cx = <f64>(width - 1) / 2;
  const cy = <f64>(height - 1) / 2;
  for (let row = start; row < end; row++) {
    const image = row / height;
    const cos = load<f64>(turns + (<usize>image << 4));
    const sin = load<f64>(turns + (<usize>image << 4), 8);
    const reach = abs(cos) + abs(sin) + 1e-6;
    const y = <f64>(row - image * height);
    const from = dy + <usize>image * <usize>height * rowBytes;
    memory.fill(dx + <usize>row * rowBytes, 0, rowBytes);
    for (let column = 0; column < width; column++) {
      const x = <f64>column;
      const to = dx + <usize>row * rowBytes + <usize>column * pixel;
      const centreX = cx + cos * (x - cx) + sin * (y - cy);
      const centreY = cy - sin * (x - cx) + cos * (y - cy);
      const firstX = <i32>max<f64>(0, ceil(centreX - reach));
      const lastX = <i32>min<f64>(<f64>(width - 1), floor(centreX + reach));
      const lastY = <i32>min<f64>(<f64>(height - 1), floor(centreY + reach));
      for (let outY = <i32>max<f64>(0, ceil(centreY - reach)); outY <= lastY; outY++) {
        const v = <f64>outY - cy;
        for (let outX = firstX; outX <= lastX; outX++) {
          const u = <f64>outX - cx;
          const nearX = 1 - abs(cx + cos * u - sin * v - x);
          const nearY = 1 - abs(cy + sin * u + cos * v - y);
          if (nearX <= 0 || nearY <= 0) continue;
          const at = from + <usize>outY * rowBytes + <usize>outX * pixel;
          addPixel(to, at, <f32>(nearX * nearY), channels);
        }
      }
    }
  }
}
