// Convolutions in which every channel is on its own: straight loops with channels in the lanes.
import {
  BATCH, CHANNELS, COLUMNS, FILTER_STEP_X, FILTER_STEP_Y, FILTER_WIDTH, FILTER_X, FILTER_Y, FIRST_X, FIRST_Y,
  GRID_HEIGHT, GRID_WIDTH, HEIGHT, OUT_CHANNELS, OUT_FIRST_X, OUT_FIRST_Y, OUT_HEIGHT, OUT_STEP_X, OUT_STEP_Y,
  OUT_WIDTH, STEP_X, STEP_Y, TAP_STEP_X, TAP_STEP_Y, TAPS_X, TAPS_Y, WIDTH,
} from './patches';
import { fma } from './simd';

/** Four source channels for result channels o to o + 3, of which each source channel has `many`. */
// @ts-ignore: decorator
@inline
function spread(x: usize, o: i32, many: i32): v128 {
  if (many == 1) return v128.load(x + (<usize>o << 2));
  return f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(
    load<f32>(x + (<usize>(o / many) << 2))), 1, load<f32>(x + (<usize>((o + 1) / many) << 2))),
    2, load<f32>(x + (<usize>((o + 2) / many) << 2))), 3, load<f32>(x + (<usize>((o + 3) / many) << 2)));
}

/** First of `taps` that reads at or behind 0, from `first` in steps of `step`. */
// @ts-ignore: decorator
@inline
function firstTap(first: i32, step: i32): i32 {
  return first >= 0 ? 0 : (step - 1 - first) / step;
}

/** One past the last of `taps` that reads before `size`. */
// @ts-ignore: decorator
@inline
function tapsEnd(first: i32, step: i32, taps: i32, size: i32): i32 {
  return first >= size ? 0 : taps < 2 ? taps : min(taps, (size - 1 - first) / step + 1);
}

/**
 * Sums rows x columns taps for `lanes` (16, 4 or 1) result channels from `o` on. `x` is the pixel under the first tap,
 * `f` the filter's values there; Step and Row are bytes from tap to tap and from row of taps to row of taps.
 */
// @ts-ignore: decorator
@inline
function sumTaps(
  x: usize, xStep: usize, xRow: usize, f: usize, fStep: usize, fRow: usize, rows: i32, columns: i32, bias: usize,
  to: usize, o: i32, lanes: i32, many: i32,
): void {
  const at = <usize>o << 2;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let sum: f32 = 0;
  if (bias) {
    if (lanes == 1) sum = load<f32>(bias + at);
    else s0 = v128.load(bias + at);
    if (lanes == 16) {
      s1 = v128.load(bias + at, 16); s2 = v128.load(bias + at, 32); s3 = v128.load(bias + at, 48);
    }
  }
  f += at;
  for (; rows > 0; rows--) {
    let from = x, weight = f;
    for (let i = columns; i > 0; i--) {
      if (lanes == 1) sum += load<f32>(from + (<usize>(o / many) << 2)) * load<f32>(weight);
      else s0 = fma(spread(from, o, many), v128.load(weight), s0);
      if (lanes == 16) {
        s1 = fma(spread(from, o + 4, many), v128.load(weight, 16), s1);
        s2 = fma(spread(from, o + 8, many), v128.load(weight, 32), s2);
        s3 = fma(spread(from, o + 12, many), v128.load(weight, 48), s3);
      }
      from += xStep;
      weight += fStep;
    }
    x += xRow;
    f += fRow;
  }
  if (lanes == 1) store<f32>(to + at, sum);
  else v128.store(to + at, s0);
  if (lanes == 16) {
    v128.store(to + at, s1, 16); v128.store(to + at, s2, 32); v128.store(to + at, s3, 48);
  }
}

// @ts-ignore: decorator
@inline
function outAddress(out: usize, p: usize, line: i32, gx: i32): usize {
  const image = line / load<i32>(p, GRID_HEIGHT);
  const y = (line - image * load<i32>(p, GRID_HEIGHT)) * load<i32>(p, OUT_STEP_Y) + load<i32>(p, OUT_FIRST_Y);
  const x = gx * load<i32>(p, OUT_STEP_X) + load<i32>(p, OUT_FIRST_X);
  const pixel = (image * load<i32>(p, OUT_HEIGHT) + y) * load<i32>(p, OUT_WIDTH) + x;
  return out + (<usize>pixel * <usize>load<i32>(p, OUT_CHANNELS) << 2);
}

/** Address of the source image that a line of the grid belongs to. */
// @ts-ignore: decorator
@inline
function imageOf(src: usize, p: usize, line: i32): usize {
  const pixels = load<i32>(p, HEIGHT) * load<i32>(p, WIDTH);
  return src + (<usize>(line / load<i32>(p, GRID_HEIGHT)) * <usize>(pixels * load<i32>(p, CHANNELS)) << 2);
}

/**
 * Forward with any number of results a channel; the gradient by the input where that is one. Items are lines of the
 * grid.
 */
export function depthwise(
  src: usize, filter: usize, bias: usize, out: usize, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const channels = load<i32>(p, OUT_CHANNELS), height = load<i32>(p, HEIGHT), width = load<i32>(p, WIDTH);
  const many = channels / load<i32>(p, CHANNELS);
  const stepY = load<i32>(p, TAP_STEP_Y), stepX = load<i32>(p, TAP_STEP_X);
  const pixel = <usize>load<i32>(p, CHANNELS) << 2, weights = <usize>channels << 2;
  const xStep = <usize>stepX * pixel, xRow = <usize>(stepY * width) * pixel;
  const fStep = <usize>load<i32>(p, FILTER_STEP_X) * weights;
  const fRow = <usize>(load<i32>(p, FILTER_STEP_Y) * load<i32>(p, FILTER_WIDTH)) * weights;
  for (let line = start; line < end; line++) {
    const y = (line % load<i32>(p, GRID_HEIGHT)) * load<i32>(p, STEP_Y) + load<i32>(p, FIRST_Y);
    const ty = firstTap(y, stepY), rows = tapsEnd(y, stepY, load<i32>(p, TAPS_Y), height) - ty;
    const image = imageOf(src, p, line) + <usize>((y + ty * stepY) * width) * pixel;
    const fy = load<i32>(p, FILTER_Y) + ty * load<i32>(p, FILTER_STEP_Y);
    for (let gx = 0; gx < load<i32>(p, GRID_WIDTH); gx++) {
      const x = gx * load<i32>(p, STEP_X) + load<i32>(p, FIRST_X);
      const tx = firstTap(x, stepX), columns = tapsEnd(x, stepX, load<i32>(p, TAPS_X), width) - tx;
      const from = image + <usize>(x + tx * stepX) * pixel;
      const fx = load<i32>(p, FILTER_X) + tx * load<i32>(p, FILTER_STEP_X);
      const f = filter + <usize>(fy * load<i32>(p, FILTER_WIDTH) + fx) * weights;
      const to = outAddress(out, p, line, gx);
      let o = 0;
      if (many == 1) {
        for (; o + 16 <= channels; o += 16) {
          sumTaps(from, xStep, xRow, f, fStep, fRow, rows, columns, bias, to, o, 16, 1);
        }
      }
      for (; o + 4 <= channels; o += 4) {
        sumTaps(from, xStep, xRow, f, fStep, fRow, rows, columns, bias, to, o, 4, many);
      }
      for (; o < channels; o++) sumTaps(from, xStep, xRow, f, fStep, fRow, rows, columns, bias, to, o, 1, many);
    }
  }
}

/** The gradient by the input where channels have several results: `src` is the results' gradient. Items are lines. */
export function depthwiseGather(
  src: usize, filter: usize, out: usize, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const channels = load<i32>(p, OUT_CHANNELS), sources = load<i32>(p, CHANNELS);
  const many = sources / channels, width = load<i32>(p, WIDTH);
  for (let line = start; line < end; line++) {
    const image = imageOf(src, p, line);
    const y0 = (line % load<i32>(p, GRID_HEIGHT)) * load<i32>(p, STEP_Y) + load<i32>(p, FIRST_Y);
    for (let gx = 0; gx < load<i32>(p, GRID_WIDTH); gx++) {
      const x0 = gx * load<i32>(p, STEP_X) + load<i32>(p, FIRST_X);
      const to = outAddress(out, p, line, gx);
      memory.fill(to, 0, <usize>channels << 2);
      for (let ty = 0; ty < load<i32>(p, TAPS_Y); ty++) {
        const y = y0 + ty * load<i32>(p, TAP_STEP_Y);
        if (<u32>y >= <u32>load<i32>(p, HEIGHT)) continue;
        const fy = load<i32>(p, FILTER_Y) + ty * load<i32>(p, FILTER_STEP_Y);
        for (let tx = 0; tx < load<i32>(p, TAPS_X); tx++) {
          const x = x0 + tx * load<i32>(p, TAP_STEP_X);
          if (<u32>x >= <u32>width) continue;
          const fx = load<i32>(p, FILTER_X) + tx * load<i32>(p, FILTER_STEP_X);
          let from = image + (<usize>((y * width + x) * sources) << 2);
          let f = filter + (<usize>((fy * load<i32>(p, FILTER_WIDTH) + fx) * sources) << 2);
          for (let c = 0; c < channels; c++) {
            let sum = load<f32>(to + (<usize>c << 2));
            for (let j = 0; j < many; j++) {
              sum += load<f32>(from) * load<f32>(f);
              from += 4;
              f += 4;
            }
            store<f32>(to + (<usize>c << 2), sum);
          }
        }
      }
    }
  }
}

/** Adds four lanes to four float64 sums. */
// @ts-ignore: decorator
@inline
function addWide(v: v128, sums: usize): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(v)));
  const high = f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 0));
  v128.store(sums, f64x2.add(v128.load(sums, 16), high), 16);
}

/**
 * Sums dy times x over all points for one tap and `lanes` (16, 4 or 1) result channels from `o` on: lines in float32,
 * their sums in float64.
 */
// @ts-ignore: decorator
@inline
function sumPoints(x: usize, dy: usize, p: usize, ty: i32, tx: i32, o: i32, lanes: i32, many: i32, sums: usize): void {
  const gridWidth = load<i32>(p, GRID_WIDTH), gridHeight = load<i32>(p, GRID_HEIGHT);
  const height = load<i32>(p, HEIGHT), width = load<i32>(p, WIDTH), stepX = load<i32>(p, STEP_X);
  const pixel = <usize>load<i32>(p, CHANNELS) << 2, result = <usize>load<i32>(p, OUT_CHANNELS) << 2;
  const firstX = load<i32>(p, FIRST_X) + tx * load<i32>(p, TAP_STEP_X);
  const firstY = load<i32>(p, FIRST_Y) + ty * load<i32>(p, TAP_STEP_Y);
  const low = firstTap(firstX, stepX), high = tapsEnd(firstX, stepX, gridWidth, width);
  const lines = load<i32>(p, BATCH) * gridHeight;
  memory.fill(sums, 0, 128);
  for (let line = 0; line < lines; line++) {
    const image = line / gridHeight;
    const y = (line - image * gridHeight) * load<i32>(p, STEP_Y) + firstY;
    if (<u32>y >= <u32>height) continue;
    let from = x + <usize>((image * height + y) * width + low * stepX + firstX) * pixel;
    let d = dy + <usize>(line * gridWidth + low) * result + (<usize>o << 2);
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let sum: f32 = 0;
    for (let i = high - low; i > 0; i--) {
      if (lanes == 1) sum += load<f32>(from + (<usize>(o / many) << 2)) * load<f32>(d);
      else s0 = fma(spread(from, o, many), v128.load(d), s0);
      if (lanes == 16) {
        s1 = fma(spread(from, o + 4, many), v128.load(d, 16), s1);
        s2 = fma(spread(from, o + 8, many), v128.load(d, 32), s2);
        s3 = fma(spread(from, o + 12, many), v128.load(d, 48), s3);
      }
      from += <usize>stepX * pixel;
      d += result;
    }
    if (lanes == 1) store<f64>(sums, load<f64>(sums) + sum);
    else addWide(s0, sums);
    if (lanes == 16) {
      addWide(s1, sums + 32); addWide(s2, sums + 64); addWide(s3, sums + 96);
    }
  }
}

/** The gradient by the filter. Items are blocks of 16 result channels, for one tap after the other. */
export function depthwiseFilter(
  x: usize, dy: usize, dfilter: usize, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const channels = load<i32>(p, OUT_CHANNELS), tapsX = load<i32>(p, TAPS_X), many = load<i32>(p, COLUMNS);
  const blocks = (channels + 15) / 16;
  for (let item = start; item < end; item++) {
    const tap = item / blocks;
    const first = (item - tap * blocks) * 16;
    const last = min(first + 16, channels);
    for (let o = first; o < last; ) {
      const lanes = last - o == 16 && many == 1 ? 16 : last - o >= 4 ? 4 : 1;
      if (lanes == 16) sumPoints(x, dy, p, tap / tapsX, tap % tapsX, o, 16, 1, scratch);
      else if (lanes == 4) sumPoints(x, dy, p, tap / tapsX, tap % tapsX, o, 4, many, scratch);
      else sumPoints(x, dy, p, tap / tapsX, tap % tapsX, o, 1, many, scratch);
      for (let j = 0; j < lanes; j++) {
        store<f32>(dfilter + (<usize>(tap * channels + o + j) << 2), <f32>load<f64>(scratch + (<usize>j << 3)));
      }
      o += lanes;
    }
  }
}
