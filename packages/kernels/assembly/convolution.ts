// Convolution as a matrix product: points of a grid are the rows, taps and channels the inner axis. The gradient by the
// input is the same with the result's gradient as source; for strides, once for each phase of the input's pixels.
import { copyRow } from './copy-row';
import { packRight } from './pack';
import {
  BATCH, CHANNELS, clearRoom, COLUMNS, DEPTH_CHANNELS, FILTER_STEP_X, FILTER_STEP_Y, FILTER_WIDTH, FILTER_X, FILTER_Y,
  GRID_HEIGHT, GRID_WIDTH, OUT_CHANNELS, OUT_FIRST_X, OUT_FIRST_Y, OUT_HEIGHT, OUT_STEP_X, OUT_STEP_Y, OUT_WIDTH,
  packPatches, ROOM, TAPS_X, TAPS_Y,
} from './patches';
import { MR, multiply, NR, SPARE } from './tile';
export * from './convolution-filter';
export * from './convolution-lines';

/** Steps of the inner axis that are summed at a time, and points that are packed at a time, as in matmul.ts. */
const DEPTH: i32 = 256;
const ROWS: i32 = 48;

/**
 * Packs a filter tap by tap: panels of 8 result channels, steps are taps and source channels. For the gradient by the
 * input (`transposed`) the result's channels are the input's. `byColumns`: taps below one another follow one another.
 * Items are panels of all groups.
 */
export function packFilter(
  filter: usize, to: usize, transposed: i32, byColumns: i32, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const columns = load<i32>(p, COLUMNS), depth = load<i32>(p, DEPTH_CHANNELS);
  const stored = transposed ? load<i32>(p, CHANNELS) : load<i32>(p, OUT_CHANNELS);
  const tapsY = load<i32>(p, TAPS_Y), tapsX = load<i32>(p, TAPS_X);
  const panels = (columns + NR - 1) / NR;
  to += <usize>start * (<usize>(tapsY * tapsX * depth) << 5);
  for (let item = start; item < end; item++) {
    const group = item / panels;
    const column = (item - group * panels) * NR;
    for (let tap = 0; tap < tapsY * tapsX; tap++) {
      const ty = byColumns ? tap % tapsY : tap / tapsX, tx = byColumns ? tap / tapsY : tap % tapsX;
      const fy = load<i32>(p, FILTER_Y) + ty * load<i32>(p, FILTER_STEP_Y);
      const fx = load<i32>(p, FILTER_X) + tx * load<i32>(p, FILTER_STEP_X);
      const place = fy * load<i32>(p, FILTER_WIDTH) + fx;
      const at = transposed
        ? (place * columns + column) * stored + group * depth
        : place * depth * stored + group * columns + column;
      packRight(filter + (<usize>at << 2), <usize>stored << 2, transposed != 0, min(NR, columns - column), depth, to);
      to += <usize>depth << 5;
    }
  }
}

/** Sends rows of `columns` values, one for each point from `row` on, to where the points land. */
function scatter(from: usize, out: usize, p: usize, row: i32, rows: i32): void {
  const width = load<i32>(p, GRID_WIDTH), height = load<i32>(p, GRID_HEIGHT), columns = load<i32>(p, COLUMNS);
  for (let r = row; r < row + rows; r++) {
    const line = r / width;
    const image = line / height;
    const y = (line - image * height) * load<i32>(p, OUT_STEP_Y) + load<i32>(p, OUT_FIRST_Y);
    const x = (r - line * width) * load<i32>(p, OUT_STEP_X) + load<i32>(p, OUT_FIRST_X);
    const pixel = (image * load<i32>(p, OUT_HEIGHT) + y) * load<i32>(p, OUT_WIDTH) + x;
    memory.copy(out + (<usize>pixel * <usize>load<i32>(p, OUT_CHANNELS) << 2), from, <usize>columns << 2);
    from += <usize>columns << 2;
  }
}

/** A block of points: patches times the packed filter, onto the bias if there is one. */
function convolveBlock(
  src: usize, packed: usize, bias: usize, to: usize, toRow: usize, p: usize, row: i32, rows: i32, scratch: usize,
): void {
  const columns = load<i32>(p, COLUMNS);
  const steps = load<i32>(p, TAPS_Y) * load<i32>(p, TAPS_X) * load<i32>(p, DEPTH_CHANNELS);
  const room = scratch + SPARE, left = room + ROOM;
  if (bias) {
    for (let r = 0; r < rows; r++) copyRow(to + <usize>r * toRow, bias, <usize>columns << 2);
  }
  for (let k = 0; k < steps; k += DEPTH) {
    const depth = min(DEPTH, steps - k);
    packPatches(src, p, row, rows, k, depth, left, room);
    multiply(
      rows, columns, depth, left, <usize>depth * (MR << 2), 4, MR << 2, packed + (<usize>k << 5), <usize>steps << 5, 32,
      to, toRow, bias != 0 || k > 0, scratch,
    );
  }
}

/** Items are panels of MR points, for one group after the other. */
export function convolve(
  src: usize, packed: usize, bias: usize, out: usize, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const columns = load<i32>(p, COLUMNS), channels = load<i32>(p, DEPTH_CHANNELS);
  const points = load<i32>(p, BATCH) * load<i32>(p, GRID_HEIGHT) * load<i32>(p, GRID_WIDTH);
  const panels = (points + MR - 1) / MR;
  const steps = load<i32>(p, TAPS_Y) * load<i32>(p, TAPS_X) * channels;
  const filterBytes = <usize>((columns + NR - 1) / NR) * (<usize>steps << 5);
  const inPlace = load<i32>(p, OUT_STEP_Y) == 1 && load<i32>(p, OUT_STEP_X) == 1;
  const outRow = <usize>load<i32>(p, OUT_CHANNELS) << 2;
  const spare = scratch + SPARE + ROOM + <usize>(ROWS * DEPTH * 4);
  clearRoom(scratch + SPARE);
  for (let item = start; item < end; ) {
    const group = item / panels;
    const row = (item - group * panels) * MR;
    const blocks = min(min(panels - (item - group * panels), end - item), ROWS / MR);
    const rows = min(blocks * MR, points - row);
    const image = src + (<usize>(group * channels) << 2);
    const to = out + (<usize>(group * columns) << 2);
    const filter = packed + <usize>group * filterBytes;
    const offset = bias ? bias + (<usize>(group * columns) << 2) : 0;
    if (inPlace) convolveBlock(image, filter, offset, to + <usize>row * outRow, outRow, p, row, rows, scratch);
    else {
      convolveBlock(image, filter, offset, spare, <usize>columns << 2, p, row, rows, scratch);
      scatter(spare, to, p, row, rows);
    }
    item += blocks;
  }
}
