// Packs the windows of a convolution straight from the image into panels: the matrix of patches exists only in blocks.
// A grid of points walks over a source image; at each point, taps read the source around it, and zeros outside.
import { interleavePanel } from './pack';
import { MR } from './tile';

// What a convolution is, as int32 in the parameter block; src/wasm/convolution.ts writes it in this order.
export const BATCH: usize = 0;
export const GRID_HEIGHT: usize = 4;
export const GRID_WIDTH: usize = 8;
export const HEIGHT: usize = 12;
export const WIDTH: usize = 16;
export const CHANNELS: usize = 20;
/** Source pixels from one point of the grid to the next. */
export const STEP_Y: usize = 24;
export const STEP_X: usize = 28;
export const TAPS_Y: usize = 32;
export const TAPS_X: usize = 36;
/** Where the first tap of the first point reads, and the pixels from one tap to the next. */
export const FIRST_Y: usize = 40;
export const FIRST_X: usize = 44;
export const TAP_STEP_Y: usize = 48;
export const TAP_STEP_X: usize = 52;
/** Source channels of a group. */
export const DEPTH_CHANNELS: usize = 56;
/** Result channels of a group, and of all groups. */
export const COLUMNS: usize = 60;
export const OUT_CHANNELS: usize = 64;
export const GROUPS: usize = 68;
/** Where points land in the result: its size, pixels from point to point, and the first one. */
export const OUT_HEIGHT: usize = 72;
export const OUT_WIDTH: usize = 76;
export const OUT_STEP_Y: usize = 80;
export const OUT_STEP_X: usize = 84;
export const OUT_FIRST_Y: usize = 88;
export const OUT_FIRST_X: usize = 92;
/** The filter's width, the filter row and column of the first tap, and those from tap to tap. */
export const FILTER_WIDTH: usize = 96;
export const FILTER_Y: usize = 100;
export const FILTER_X: usize = 104;
export const FILTER_STEP_Y: usize = 108;
export const FILTER_STEP_X: usize = 112;

/** Bytes of zeros that stand in for pixels outside: as many as a panel is deep. */
const ZEROS: usize = 1024;
/** A point: where its first tap reads, y and x. */
const POINT: usize = 12;
/** Bytes that `packPatches` needs, the zeros first; `clearRoom` readies it. */
export const ROOM: usize = 1152;

export function clearRoom(room: usize): void {
  memory.fill(room, 0, ZEROS);
}

/** Address of a point's value at tap (dy, dx), which lies `delta` bytes on; zeros if that is outside. */
// @ts-ignore: decorator
@inline
function valueAt(
  room: usize, r: usize, delta: usize, inside: bool, dy: i32, dx: i32, height: i32, width: i32,
): usize {
  const point = room + ZEROS + r * POINT;
  if (!inside) {
    if (<u32>(load<i32>(point, 4) + dy) >= <u32>height || <u32>(load<i32>(point, 8) + dx) >= <u32>width) return room;
  }
  return load<usize>(point) + delta;
}

/** No tap of the MR points leaves the source sideways; none leaves it at all. */
const INSIDE_X: i32 = 1;
const INSIDE: i32 = 2;

/**
 * Writes down the MR points from `row` on, none beyond `last`: where the first tap reads (perhaps outside), and its y
 * and x. Tells whether all taps are inside.
 */
function locate(src: usize, p: usize, row: i32, last: i32, room: usize): i32 {
  const gridWidth = load<i32>(p, GRID_WIDTH), gridHeight = load<i32>(p, GRID_HEIGHT);
  const height = load<i32>(p, HEIGHT), width = load<i32>(p, WIDTH), channels = load<i32>(p, CHANNELS);
  const stepX = load<i32>(p, STEP_X), stepBytes = <usize>(stepX * channels) << 2;
  const reachX = width - (load<i32>(p, TAPS_X) - 1) * load<i32>(p, TAP_STEP_X);
  const reachY = height - (load<i32>(p, TAPS_Y) - 1) * load<i32>(p, TAP_STEP_Y);
  const line = row / gridWidth;
  let left = min((line + 1) * gridWidth, last + 1) - row;
  let image = line / gridHeight;
  let gy = line - image * gridHeight;
  let y = gy * load<i32>(p, STEP_Y) + load<i32>(p, FIRST_Y);
  let x = (row - line * gridWidth) * stepX + load<i32>(p, FIRST_X);
  let at = src + (<usize>(((image * height + y) * width + x) * channels) << 2);
  let outsideX = false, outsideY = y < 0 || y >= reachY;
  let point = room + ZEROS;
  for (let r: i32 = 0; r < MR; r++) {
    store<usize>(point, at);
    store<i32>(point, y, 4);
    store<i32>(point, x, 8);
    outsideX = outsideX || x < 0 || x >= reachX;
    point += POINT;
    row++;
    if (--left > 0) {
      x += stepX;
      at += stepBytes;
    } else if (row <= last) {
      if (++gy == gridHeight) {
        gy = 0;
        image++;
      }
      left = min(gridWidth, last + 1 - row);
      y = gy * load<i32>(p, STEP_Y) + load<i32>(p, FIRST_Y);
      x = load<i32>(p, FIRST_X);
      at = src + (<usize>(((image * height + y) * width + x) * channels) << 2);
      outsideY = outsideY || y < 0 || y >= reachY;
    }
  }
  return outsideX ? 0 : outsideY ? INSIDE_X : INSIDE;
}

/** Steps [from, from + depth) of the patches at MR points, interleaved. A step is a tap and a channel of the group. */
function packPoints(p: usize, from: i32, depth: i32, sight: i32, to: usize, room: usize): void {
  const channels = load<i32>(p, DEPTH_CHANNELS), tapsX = load<i32>(p, TAPS_X);
  const height = load<i32>(p, HEIGHT), width = load<i32>(p, WIDTH), stepX = load<i32>(p, TAP_STEP_X);
  const pixelBytes = <usize>load<i32>(p, CHANNELS) << 2;
  const inside = sight == INSIDE;
  // Neighbouring taps that read neighbouring pixels, all channels of them, are one run of memory.
  const wide = sight >= INSIDE_X && stepX == 1 && channels == load<i32>(p, CHANNELS);
  const unit = wide ? channels * tapsX : channels;
  const unitsX = wide ? 1 : tapsX;
  const index = from / unit;
  let within = from - index * unit;
  let dy = (index / unitsX) * load<i32>(p, TAP_STEP_Y);
  let tx = index % unitsX;
  while (depth > 0) {
    const run = min(unit - within, depth);
    const dx = tx * stepX;
    const delta = <usize>(dy * width + dx) * pixelBytes + (<usize>within << 2);
    interleavePanel(
      valueAt(room, 0, delta, inside, dy, dx, height, width), valueAt(room, 1, delta, inside, dy, dx, height, width),
      valueAt(room, 2, delta, inside, dy, dx, height, width), valueAt(room, 3, delta, inside, dy, dx, height, width),
      MR == 6 ? valueAt(room, 4, delta, inside, dy, dx, height, width) : room,
      MR == 6 ? valueAt(room, 5, delta, inside, dy, dx, height, width) : room, run, to,
    );
    to += <usize>run * (MR << 2);
    depth -= run;
    within = 0;
    if (++tx == unitsX) {
      tx = 0;
      dy += load<i32>(p, TAP_STEP_Y);
    }
  }
}

/** Panels of the left operand for `rows` points from `row` on; `src` points to the group's first channel. */
export function packPatches(
  src: usize, p: usize, row: i32, rows: i32, from: i32, depth: i32, to: usize, room: usize,
): void {
  for (let i = 0; i < rows; i += MR) {
    const sight = locate(src, p, row + i, row + rows - 1, room);
    packPoints(p, from, depth, sight, to, room);
    to += <usize>depth * (MR << 2);
  }
}
