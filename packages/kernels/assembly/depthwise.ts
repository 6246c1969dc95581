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

/** Sums one point over its taps, for `lanes` (16, 4 or 1) result channels from `o` on. */
// @ts-ignore: decorator
@inline
function sumTaps(
  image: usize, filter: usize, bias: usize, to: usize, p: usize, y0: i32, x0: i32, o: i32, lanes: i32, many: i32,
): void {
  const height = load<i32>(p, HEIGHT), width = load<i32>(p, WIDTH);
  const pixel = <usize>load<i32>(p, CHANNELS) << 2, tap = <usize>load<i32>(p, OUT_CHANNELS) << 2;
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
  for (let ty = 0; ty < load<i32>(p, TAPS_Y); ty++) {
    const y = y0 + ty * load<i32>(p, TAP_STEP_Y);
    if (<u32>y >= <u32>height) continue;
    const fy = load<i32>(p, FILTER_Y) + ty * load<i32>(p, FILTER_STEP_Y);
    for (let tx = 0; tx < load<i32>(p, TAPS_X); tx++) {
      const x = x0 + tx * load<i32>(p, TAP_STEP_X);
      if (<u32>x >= <u32>width) continue;
      const fx = load<i32>(p, FILTER_X) + tx * load<i32>(p, FILTER_STEP_X);
      const from = image + <usize>(y * width + x) * pixel;
      const f = filter + <usize>(fy * load<i32>(p, FILTER_WIDTH) + fx) * tap + at;
      if (lanes == 1) sum += load<f32>(from + (<usize>(o / many) << 2)) * load<f32>(f);
      else s0 = fma(spread(from, o, many), v128.load(f), s0);
      if (lanes == 16) {
        s1 = fma(spread(from, o + 4, many), v128.load(f, 16), s1);
        s2 = fma(spread(from, o + 8, many), v128.load(f, 32), s2);
        s3 = fma(spread(from, o + 12, many), v128.load(f, 48), s3);
      }
    }
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

/** Forward with any number of results a channel; the gradient by the input where that is one. Items are lines of the grid. */
export function depthwise(
  src: usize, filter: usize, bias: usize, out: usize, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const channels = load<i32>(p, OUT_CHANNELS);
  const many = channels / load<i32>(p, CHANNELS);
  for (let line = start; line < end; line++) {
    const image = imageOf(src, p, line);
    const y = (line % load<i32>(p, GRID_HEIGHT)) * load<i32>(p, STEP_Y) + load<i32>(p, FIRST_Y);
    for (let gx = 0; gx < load<i32>(p, GRID_WIDTH); gx++) {
      const x = gx * load<i32>(p, STEP_X) + load<i32>(p, FIRST_X);
      const to = outAddress(out, p, line, gx);
      let o = 0;
      if (many == 1) for (; o + 16 <= channels; o += 16) sumTaps(image, filter, bias, to, p, y, x, o, 16, 1);
      for (; o + 4 <= channels; o += 4) sumTaps(image, filter, bias, to, p, y, x, o, 4, many);
      for (; o < channels; o++) sumTaps(image, filter, bias, to, p, y, x, o, 1, many);
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

/** Sums dy times x over all points for one tap and `lanes` (4 or 1) channels; lines in float32, their sums in float64. */
// @ts-ignore: decorator
@inline
function sumPoints(x: usize, dy: usize, p: usize, ty: i32, tx: i32, o: i32, lanes: i32, sums: usize): void {
  const outChannels = load<i32>(p, OUT_CHANNELS), channels = load<i32>(p, CHANNELS), many = load<i32>(p, COLUMNS);
  const gridWidth = load<i32>(p, GRID_WIDTH), gridHeight = load<i32>(p, GRID_HEIGHT);
  const height = load<i32>(p, HEIGHT), width = load<i32>(p, WIDTH), stepX = load<i32>(p, STEP_X);
  const firstX = load<i32>(p, FIRST_X) + tx * load<i32>(p, TAP_STEP_X);
  const firstY = load<i32>(p, FIRST_Y) + ty * load<i32>(p, TAP_STEP_Y);
  memory.fill(sums, 0, 32);
  for (let line = 0; line < load<i32>(p, BATCH) * gridHeight; line++) {
    const image = line / gridHeight;
    const y = (line - image * gridHeight) * load<i32>(p, STEP_Y) + firstY;
    if (<u32>y >= <u32>height) continue;
    const row = x + (<usize>(image * height + y) * <usize>(width * channels) << 2);
    const gradient = dy + (<usize>line * <usize>(gridWidth * outChannels) << 2) + (<usize>o << 2);
    let four = f32x4.splat(0);
    let one: f32 = 0;
    for (let gx = 0; gx < gridWidth; gx++) {
      const at = gx * stepX + firstX;
      if (<u32>at >= <u32>width) continue;
      const from = row + (<usize>(at * channels) << 2);
      const d = gradient + (<usize>(gx * outChannels) << 2);
      if (lanes == 4) four = fma(spread(from, o, many), v128.load(d), four);
      else one += load<f32>(from + (<usize>(o / many) << 2)) * load<f32>(d);
    }
    if (lanes == 4) addWide(four, sums);
    else store<f64>(sums, load<f64>(sums) + one);
  }
}

/** The gradient by the filter. Items are blocks of 4 result channels, for one tap after the other. */
export function depthwiseFilter(
  x: usize, dy: usize, dfilter: usize, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const channels = load<i32>(p, OUT_CHANNELS), tapsX = load<i32>(p, TAPS_X);
  const blocks = (channels + 3) / 4;
  for (let item = start; item < end; item++) {
    const tap = item / blocks;
    const first = (item - tap * blocks) * 4;
    const lanes = channels - first >= 4 ? 4 : 1;
    for (let o = first; o < min(first + 4, channels); o += lanes) {
      if (lanes == 4) sumPoints(x, dy, p, tap / tapsX, tap % tapsX, o, 4, scratch);
      else sumPoints(x, dy, p, tap / tapsX, tap % tapsX, o, 1, scratch);
      for (let j = 0; j < lanes; j++) {
        store<f32>(dfilter + (<usize>(tap * channels + o + j) << 2), <f32>load<f64>(scratch + (<usize>j << 3)));
      }
    }
  }
}
