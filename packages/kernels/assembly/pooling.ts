// Average and maximum pooling, channels in the lanes. Gradients gather: each pixel visits the windows that hold it.

// A pooling as int32 in the parameter block; src/wasm/pooling.ts writes it in this order.
const IN_HEIGHT: usize = 4;
const IN_WIDTH: usize = 8;
const CHANNELS: usize = 12;
const OUT_HEIGHT: usize = 16;
const OUT_WIDTH: usize = 20;
const KERNEL_HEIGHT: usize = 24;
const KERNEL_WIDTH: usize = 28;
const STRIDE_Y: usize = 32;
const STRIDE_X: usize = 36;
const PAD_TOP: usize = 40;
const PAD_LEFT: usize = 44;
const COUNT_PADDING: usize = 48;

/** First window that reaches `position` (padding counted), and below, one past the last. */
// @ts-ignore: decorator
@inline
function firstWindow(position: i32, kernel: i32, stride: i32): i32 {
  return position < kernel ? 0 : (position - kernel) / stride + 1;
}

// @ts-ignore: decorator
@inline
function windowsEnd(position: i32, stride: i32, count: i32): i32 {
  return min(position / stride + 1, count);
}

/** What the mean of window (oy, ox) divides by. */
// @ts-ignore: decorator
@inline
function divisor(p: usize, oy: i32, ox: i32): f32 {
  const height = load<i32>(p, KERNEL_HEIGHT), width = load<i32>(p, KERNEL_WIDTH);
  if (load<i32>(p, COUNT_PADDING)) return <f32>(height * width);
  const top = oy * load<i32>(p, STRIDE_Y) - load<i32>(p, PAD_TOP);
  const left = ox * load<i32>(p, STRIDE_X) - load<i32>(p, PAD_LEFT);
  const rows = min(top + height, load<i32>(p, IN_HEIGHT)) - max(top, 0);
  const columns = min(left + width, load<i32>(p, IN_WIDTH)) - max(left, 0);
  return <f32>max(1, max(rows, 0) * max(columns, 0));
}

/** Mean of a window [top, bottom) x [left, right) for 4 lanes or 1: rows are summed, then their sums. */
// @ts-ignore: decorator
@inline
function mean(
  image: usize, row: usize, pixel: usize, top: i32, bottom: i32, left: i32, right: i32, by: f32, lanes: i32, to: usize,
): void {
  let four = f32x4.splat(0);
  let one: f32 = 0;
  for (let y = top; y < bottom; y++) {
    let at = image + <usize>y * row + <usize>left * pixel;
    let rowFour = f32x4.splat(0);
    let rowOne: f32 = 0;
    for (let x = left; x < right; x++) {
      if (lanes == 4) rowFour = f32x4.add(rowFour, v128.load(at));
      else rowOne += load<f32>(at);
      at += pixel;
    }
    four = f32x4.add(four, rowFour);
    one += rowOne;
  }
  if (lanes == 4) v128.store(to, f32x4.div(four, f32x4.splat(by)));
  else store<f32>(to, one / by);
}

/** Where `v` takes the place of `best`: it is larger, or the first NaN. */
// @ts-ignore: decorator
@inline
function wins(v: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(v, best));
}

/** Maximum of a window and its position, for 8, 4 or 1 lanes. The first wins on ties, and NaN over all. */
// @ts-ignore: decorator
@inline
function maximum(
  image: usize, row: usize, pixel: usize, top: i32, bottom: i32, left: i32, right: i32, width: i32, lanes: i32,
  to: usize, indices: usize,
): void {
  const empty = top >= bottom || left >= right;
  let best = f32x4.splat(-Infinity), second = best;
  let index = i32x4.splat(empty ? -1 : top * width + left), secondIndex = index;
  for (let y = top; y < bottom; y++) {
    let at = image + <usize>y * row + <usize>left * pixel;
    let position = i32x4.splat(y * width + left);
    for (let x = left; x < right; x++) {
      const v = lanes == 1 ? v128.load32_zero(at) : v128.load(at);
      const won = wins(v, best);
      best = v128.bitselect(v, best, won);
      index = v128.bitselect(position, index, won);
      if (lanes == 8) {
        const w = v128.load(at, 16);
        const wonToo = wins(w, second);
        second = v128.bitselect(w, second, wonToo);
        secondIndex = v128.bitselect(position, secondIndex, wonToo);
      }
      position = i32x4.add(position, i32x4.splat(1));
      at += pixel;
    }
  }
  if (lanes == 1) {
    v128.store32_lane(to, best, 0);
    v128.store32_lane(indices, index, 0);
    return;
  }
  v128.store(to, best);
  v128.store(indices, index);
  if (lanes == 8) {
    v128.store(to, second, 16);
    v128.store(indices, secondIndex, 16);
  }
}

/** All windows of lines [start, end) of the result. */
// @ts-ignore: decorator
@inline
function poolLines(x: usize, out: usize, indices: usize, p: usize, start: i32, end: i32, isMax: bool): void {
  const height = load<i32>(p, IN_HEIGHT), width = load<i32>(p, IN_WIDTH), channels = load<i32>(p, CHANNELS);
  const outHeight = load<i32>(p, OUT_HEIGHT), outWidth = load<i32>(p, OUT_WIDTH);
  const pixel = <usize>channels << 2, row = <usize>width * pixel;
  for (let line = start; line < end; line++) {
    const n = line / outHeight, oy = line - n * outHeight;
    const image = x + <usize>(n * height) * row;
    const y = oy * load<i32>(p, STRIDE_Y) - load<i32>(p, PAD_TOP);
    const top = max(y, 0), bottom = min(y + load<i32>(p, KERNEL_HEIGHT), height);
    for (let ox = 0; ox < outWidth; ox++) {
      const x0 = ox * load<i32>(p, STRIDE_X) - load<i32>(p, PAD_LEFT);
      const left = max(x0, 0), right = min(x0 + load<i32>(p, KERNEL_WIDTH), width);
      const at = <usize>(line * outWidth + ox) * pixel;
      const by: f32 = isMax ? <f32>1 : divisor(p, oy, ox);
      let c: i32 = 0;
      for (; isMax && c + 8 <= channels; c += 8) {
        const from = image + (<usize>c << 2), to = at + (<usize>c << 2);
        maximum(from, row, pixel, top, bottom, left, right, width, 8, out + to, indices + to);
      }
      for (; c + 4 <= channels; c += 4) {
        const from = image + (<usize>c << 2), to = at + (<usize>c << 2);
        if (isMax) maximum(from, row, pixel, top, bottom, left, right, width, 4, out + to, indices + to);
        else mean(from, row, pixel, top, bottom, left, right, by, 4, out + to);
      }
      for (; c < channels; c++) {
        const from = image + (<usize>c << 2), to = at + (<usize>c << 2);
        if (isMax) maximum(from, row, pixel, top, bottom, left, right, width, 1, out + to, indices + to);
        else mean(from, row, pixel, top, bottom, left, right, by, 1, out + to);
      }
    }
  }
}

/** Items are lines of the result. */
export function averagePool(x: usize, out: usize, p: usize, start: i32, end: i32, scratch: usize): void {
  poolLines(x, out, 0, p, start, end, false);
}

/** Items are lines of the result. */
export function maxPool(x: usize, out: usize, indices: usize, p: usize, start: i32, end: i32, scratch: usize): void {
  poolLines(x, out, indices, p, start, end, true);
}

/** What the windows of one line of the result, `line`, give to pixel (y, x), added to `to` [channels]. */
// @ts-ignore: decorator
@inline
function gatherLine(
  dy: usize, indices: usize, to: usize, p: usize, line: i32, oy: i32, y: i32, x: i32, isMax: bool,
): void {
  const channels = load<i32>(p, CHANNELS), outWidth = load<i32>(p, OUT_WIDTH);
  const position = y * load<i32>(p, IN_WIDTH) + x;
  const padded = x + load<i32>(p, PAD_LEFT);
  const last = windowsEnd(padded, load<i32>(p, STRIDE_X), outWidth);
  for (let ox = firstWindow(padded, load<i32>(p, KERNEL_WIDTH), load<i32>(p, STRIDE_X)); ox < last; ox++) {
    const at = <usize>(line * outWidth + ox) * (<usize>channels << 2);
    const by: f32 = isMax ? <f32>1 : divisor(p, oy, ox);
    let c: i32 = 0;
    for (; c + 4 <= channels; c += 4) {
      const d = <usize>c << 2;
      let v = v128.load(dy + at + d);
      if (isMax) v = v128.and(v, i32x4.eq(v128.load(indices + at + d), i32x4.splat(position)));
      else v = f32x4.div(v, f32x4.splat(by));
      v128.store(to + d, f32x4.add(v128.load(to + d), v));
    }
    for (; c < channels; c++) {
      const d = <usize>c << 2;
      let v = load<f32>(dy + at + d);
      if (!isMax) v /= by;
      else if (load<i32>(indices + at + d) != position) continue;
      store<f32>(to + d, load<f32>(to + d) + v);
    }
  }
}

/** Lines [start, end) of the input's gradient. */
// @ts-ignore: decorator
@inline
function gatherLines(dy: usize, indices: usize, dx: usize, p: usize, start: i32, end: i32, isMax: bool): void {
  const height = load<i32>(p, IN_HEIGHT), width = load<i32>(p, IN_WIDTH), outHeight = load<i32>(p, OUT_HEIGHT);
  const pixel = <usize>load<i32>(p, CHANNELS) << 2;
  for (let line = start; line < end; line++) {
    const n = line / height, y = line - n * height;
    const padded = y + load<i32>(p, PAD_TOP);
    const first = firstWindow(padded, load<i32>(p, KERNEL_HEIGHT), load<i32>(p, STRIDE_Y));
    const last = windowsEnd(padded, load<i32>(p, STRIDE_Y), outHeight);
    let to = dx + <usize>(line * width) * pixel;
    memory.fill(to, 0, <usize>width * pixel);
    for (let x = 0; x < width; x++) {
      for (let oy = first; oy < last; oy++) gatherLine(dy, indices, to, p, n * outHeight + oy, oy, y, x, isMax);
      to += pixel;
    }
  }
}

/** Items are lines of the input. */
export function averagePoolGrad(dy: usize, dx: usize, p: usize, start: i32, end: i32, scratch: usize): void {
  gatherLines(dy, 0, dx, p, start, end, false);
}

/** Items are lines of the input. */
export function maxPoolGrad(dy: usize, indices: usize, dx: usize, p: usize, start: i32, end: i32, scratch: usize): void {
  gatherLines(dy, indices, dx, p, start, end, true);
}
