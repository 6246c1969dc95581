// Convolution line by line, without patches: a line's source is copied so that the pixels above one another lie side by
// side. What a point sees is then one run of memory, taps from left to right, and the tile reads it where it lies.
import { copyRow } from './copy-row';
import {
  CHANNELS, COLUMNS, FIRST_X, FIRST_Y, GRID_HEIGHT, GRID_WIDTH, HEIGHT, STEP_X, STEP_Y, TAP_STEP_Y, TAPS_X, TAPS_Y, WIDTH,
} from './patches';
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

/**
 * A convolution of one group whose taps along a line are neighbours and whose points land side by side. Items are lines
 * of points; the filter is packed in the order of columns. Scratch holds a line, up to a whole panel of points.
 */
export function convolveLines(
  src: usize, packed: usize, bias: usize, out: usize, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const columns = load<i32>(p, COLUMNS), points = load<i32>(p, GRID_WIDTH);
  const column = load<i32>(p, TAPS_Y) * load<i32>(p, CHANNELS);
  const steps = column * load<i32>(p, TAPS_X);
  const point = <usize>(column * load<i32>(p, STEP_X)) << 2, outRow = <usize>columns << 2;
  const left = scratch + SPARE;
  const part = partLength(steps);
  for (let line = start; line < end; line++) {
    const to = out + <usize>line * <usize>points * outRow;
    gatherLine(src, p, line, left);
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
