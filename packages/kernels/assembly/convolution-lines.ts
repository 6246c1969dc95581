// Convolution line by line, without patches: a line's source is copied so that the pixels above one another lie side by
// side. What a point sees is then one run of memory, taps from left to right, and the tile reads it where it lies.
import { copyRow } from './copy-row';
import {
  CHANNELS, COLUMNS, FIRST_X, FIRST_Y, GRID_HEIGHT, GRID_WIDTH, HEIGHT, STEP_X, STEP_Y, TAP_STEP_Y, TAPS_X, TAPS_Y, WIDTH,
} from './patches';
import { fma } from './simd';
import { MR, multiply, partLength, SPARE } from './tile';

/** Copies the source that a line of points sees: for each column, the pixel of each tap, with zeros outside. */
function gatherLine(src: usize, p: usize, line: i32, to: usize): void {
  const width = load<i32>(p, WIDTH), height = load<i32>(p, HEIGHT), gridHeight = load<i32>(p, GRID_HEIGHT);
  const taps = load<i32>(p, TAPS_Y), first = load<i32>(p, FIRST_X);
  const pixel = <usize>load<i32>(p, CHANNELS) << 2;
  const last = first + (load<i32>(p, GRID_WIDTH) - 1) * load<i32>(p, STEP_X) + load<i32>(p, TAPS_X);
  const image = line / gridHeight;
  let y = (line - image * gridHeight) * load<i32>(p, STEP_Y) + load<i32>(p, FIRST_Y);
  const from = max(first, 0), until = min(last, width), step = <usize>taps * pixel;
  memory.fill(to, 0, <usize>(last - first) * step);
  to += <usize>(from - first) * step;
  for (let t = 0; t < taps; t++) {
    if (<u32>y < <u32>height) {
      const row = src + <usize>(image * height + y) * <usize>width * pixel;
      let at = to;
      for (let x = from; x < until; x++) {
        copyRow(at, row + <usize>x * pixel, pixel);
        at += step;
      }
    }
    to += pixel;
    y += load<i32>(p, TAP_STEP_Y);
  }
}

/** The first of eight columns of a packed filter, as one run. */
function unpackColumn(packed: usize, steps: i32, to: usize): void {
  for (let k: usize = 0; k < <usize>steps; k++) store<f32>(to + (k << 2), load<f32>(packed + (k << 5)));
}

/** A point's run times the filter's. */
function dot(x: usize, filter: usize, steps: i32): f32 {
  let a = f32x4.splat(0), b = a;
  let k = 0;
  for (; k + 8 <= steps; k += 8) {
    a = fma(v128.load(x), v128.load(filter), a);
    b = fma(v128.load(x, 16), v128.load(filter, 16), b);
    x += 32;
    filter += 32;
  }
  a = f32x4.add(a, b);
  let sum = f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3));
  for (; k < steps; k++) {
    sum += load<f32>(x) * load<f32>(filter);
    x += 4;
    filter += 4;
  }
  return sum;
}

/** A line of points of a single result channel: the tile would compute eight. */
function dotLine(line: usize, point: usize, filter: usize, steps: i32, bias: usize, to: usize, points: i32): void {
  const offset: f32 = bias ? load<f32>(bias) : 0;
  for (let r = 0; r < points; r++) {
    store<f32>(to + (<usize>r << 2), offset + dot(line, filter, steps));
    line += point;
  }
}

/**
 * A convolution of one group whose taps along a line are neighbours and whose points land side by side. Items are lines
 * of points; the filter is packed in the order of columns. Scratch holds a line, up to a whole panel of points, and behind
 * `lineBytes` a filter of one column.
 */
export function convolveLines(
  src: usize, packed: usize, bias: usize, out: usize, p: usize, lineBytes: i32, start: i32, end: i32, scratch: usize,
): void {
  const columns = load<i32>(p, COLUMNS), points = load<i32>(p, GRID_WIDTH);
  const column = load<i32>(p, TAPS_Y) * load<i32>(p, CHANNELS);
  const steps = column * load<i32>(p, TAPS_X);
  const point = <usize>(column * load<i32>(p, STEP_X)) << 2, outRow = <usize>columns << 2;
  const left = scratch + SPARE;
  const part = partLength(steps);
  const run = left + lineBytes;
  if (columns == 1) unpackColumn(packed, steps, run);
  for (let line = start; line < end; line++) {
    const to = out + <usize>line * <usize>points * outRow;
    gatherLine(src, p, line, left);
    if (columns == 1) {
      dotLine(left, point, run, steps, bias, to, points);
      continue;
    }
    if (bias) {
      for (let r = 0; r < points; r++) copyRow(to + <usize>r * outRow, bias, outRow);
    }
    for (let k = 0; k < steps; k += part) {
      multiply(
        points, columns, min(part, steps - k), left + (<usize>k << 2), point * MR, point, 4, packed + (<usize>k << 5),
        <usize>steps << 5, 32, to, outRow, bias != 0 || k > 0, scratch,
      );
    }
  }
}
