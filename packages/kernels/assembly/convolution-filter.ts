// The gradient of a convolution by its filter: patches, transposed, times the result's gradient, over the points.
import { packRight } from './pack';
import {
  BATCH, CHANNELS, COLUMNS, DEPTH_CHANNELS, FIRST_X, FIRST_Y, GRID_HEIGHT, GRID_WIDTH, GROUPS, HEIGHT, OUT_CHANNELS,
  STEP_X, STEP_Y, TAP_STEP_X, TAP_STEP_Y, TAPS_X, TAPS_Y, WIDTH,
} from './patches';
import { MR, multiply, SPARE } from './tile';

/** Points that are summed at a time. Fixed: it sets the order of summation. */
const DEPTH: i32 = 256;
const ROWS: i32 = 48;

/** Copies `length` (at most MR) values, `count` times, `step` bytes apart, into steps of a panel. */
function copySteps(from: usize, step: usize, length: i32, count: i32, to: usize): void {
  if (length == 4 || length == 6) {
    for (let s = count; s > 0; s--) {
      v128.store(to, v128.load(from));
      if (MR == 6 && length == 6) store<u64>(to, load<u64>(from, 16), 16);
      from += step;
      to += MR << 2;
    }
    return;
  }
  // One value after the other, all steps of each: with one channel that is a single plain loop.
  for (; length > 0; length--) {
    let at = from, next = to;
    for (let s = count; s > 0; s--) {
      store<u32>(next, load<u32>(at));
      at += step;
      next += MR << 2;
    }
    from += 4;
    to += 4;
  }
}

function clearSteps(length: i32, count: i32, to: usize): void {
  for (let s = count; s > 0; s--) {
    for (let j: usize = 0; j < <usize>length << 2; j += 4) store<f32>(to + j, 0);
    to += MR << 2;
  }
}

/**
 * Part of a panel: what `length` channels from `channel` on read through one tap, at points [point, point + count).
 * Along a line of the grid the points that see the source are one interval; zeros stand for the others.
 */
function packTap(
  x: usize, p: usize, ty: i32, tx: i32, channel: i32, length: i32, point: i32, count: i32, to: usize,
): void {
  const gridWidth = load<i32>(p, GRID_WIDTH), gridHeight = load<i32>(p, GRID_HEIGHT);
  const height = load<i32>(p, HEIGHT), width = load<i32>(p, WIDTH), stepX = load<i32>(p, STEP_X);
  const pixel = <usize>load<i32>(p, CHANNELS) << 2;
  const firstX = load<i32>(p, FIRST_X) + tx * load<i32>(p, TAP_STEP_X);
  const firstY = load<i32>(p, FIRST_Y) + ty * load<i32>(p, TAP_STEP_Y);
  const low = firstX >= 0 ? 0 : (stepX - 1 - firstX) / stepX;
  const high = firstX >= width ? 0 : (width - 1 - firstX) / stepX + 1;
  let line = point / gridWidth;
  let gx = point - line * gridWidth;
  while (count > 0) {
    const run = min(count, gridWidth - gx);
    const image = line / gridHeight;
    const y = (line - image * gridHeight) * load<i32>(p, STEP_Y) + firstY;
    const seen = <u32>y < <u32>height;
    const from = seen ? min(max(low, gx), gx + run) : gx + run;
    const until = seen ? max(from, min(high, gx + run)) : from;
    clearSteps(length, from - gx, to);
    if (until > from) {
      const at = <usize>((image * height + y) * width + from * stepX + firstX) * pixel + (<usize>channel << 2);
      copySteps(x + at, <usize>stepX * pixel, length, until - from, to + <usize>(from - gx) * (MR << 2));
    }
    clearSteps(length, gx + run - until, to + <usize>(until - gx) * (MR << 2));
    to += <usize>run * (MR << 2);
    count -= run;
    gx = 0;
    line++;
  }
}

/** Panels of rows [row, row + rows) of the filter, that is taps and channels, over points [point, point + count). */
function packTaps(x: usize, p: usize, row: i32, rows: i32, point: i32, count: i32, to: usize): void {
  const channels = load<i32>(p, DEPTH_CHANNELS), tapsX = load<i32>(p, TAPS_X);
  for (let i = 0; i < rows; i += MR) {
    const wanted = min(MR, rows - i);
    if (wanted < MR) clearSteps(MR, count, to);
    for (let j = 0; j < wanted; ) {
      const tap = (row + i + j) / channels;
      const channel = row + i + j - tap * channels;
      const length = min(channels - channel, wanted - j);
      packTap(x, p, tap / tapsX, tap % tapsX, channel, length, point, count, to + (<usize>j << 2));
      j += length;
    }
    to += <usize>count * (MR << 2);
  }
}

/**
 * Gradients by the filter for each run of `chunk` points, one after the other in `partials`. Items are panels of MR rows
 * of the filter, for one group after the other, for one chunk after the other.
 */
export function filterGradients(
  x: usize, dy: usize, partials: usize, chunk: i32, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const columns = load<i32>(p, COLUMNS), outChannels = load<i32>(p, OUT_CHANNELS);
  const channels = load<i32>(p, DEPTH_CHANNELS), groups = load<i32>(p, GROUPS);
  const rows = load<i32>(p, TAPS_Y) * load<i32>(p, TAPS_X) * channels;
  const points = load<i32>(p, BATCH) * load<i32>(p, GRID_HEIGHT) * load<i32>(p, GRID_WIDTH);
  const panels = (rows + MR - 1) / MR;
  const outRow = <usize>outChannels << 2;
  const left = scratch + SPARE, right = left + <usize>(ROWS * DEPTH * 4);
  for (let item = start; item < end; ) {
    const unit = item / panels;
    const first = (item - unit * panels) * MR;
    const count = min(panels - (item - unit * panels), end - item);
    const last = min(first + count * MR, rows);
    const group = unit % groups;
    const begin = (unit / groups) * chunk;
    const finish = min(begin + chunk, points);
    const image = x + (<usize>(group * channels) << 2);
    const column = <usize>(group * columns) << 2;
    const to = partials + <usize>(unit / groups * rows) * outRow + column;
    for (let point = begin; point < finish; point += DEPTH) {
      const depth = min(DEPTH, finish - point);
      packRight(dy + <usize>point * outRow + column, outRow, false, columns, depth, right);
      for (let row = first; row < last; row += ROWS) {
        const block = min(ROWS, last - row);
        packTaps(image, p, row, block, point, depth, left);
        multiply(
          block, columns, depth, left, <usize>depth * (MR << 2), 4, MR << 2, right, <usize>depth << 5, 32,
          to + <usize>row * outRow, outRow, point > begin, scratch,
        );
      }
    }
    item += count;
  }
}
