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
/** A point's image, y and x. */
const POINT: usize = 12;
/** Bytes that `packPatches` needs, the zeros first; `clearRoom` readies it. */
export const ROOM: usize = 1152;

export function clearRoom(room: usize): void {
  memory.fill(room, 0, ZEROS);
}

/** Address of a point's value at tap (dy, dx), `offset` bytes into its pixel; zeros if that is outside. */
// @ts-ignore: decorator
@inline
function valueAt(
  p: usize, room: usize, r: usize, dy: i32, dx: i32, rowBytes: usize, pixelBytes: usize, offset: usize,
): usize {
  const point = room + ZEROS + r * POINT;
  const y = load<i32>(point, 4) + dy, x = load<i32>(point, 8) + dx;
  if (<u32>y >= <u32>load<i32>(p, HEIGHT) || <u32>x >= <u32>load<i32>(p, WIDTH)) return room;
  return load<usize>(point) + <usize>y * rowBytes + <usize>x * pixelBytes + offset;
}

/** Writes down the MR points from `row` on, none beyond `last`; true if no tap of theirs leaves the source sideways. */
function locate(src: usize, p: usize, row: i32, last: i32, room: usize): bool {
  const width = load<i32>(p, GRID_WIDTH), height = load<i32>(p, GRID_HEIGHT);
  const imageBytes = <usize>(load<i32>(p, HEIGHT) * load<i32>(p, WIDTH)) * <usize>load<i32>(p, CHANNELS) << 2;
  const reach = (load<i32>(p, TAPS_X) - 1) * load<i32>(p, TAP_STEP_X);
  let inside = true;
  let gx = row % width;
  let gy = row / width;
  let image = gy / height;
  gy -= image * height;
  for (let r: i32 = 0; r < MR; r++) {
    const point = room + ZEROS + <usize>r * POINT;
    const x = gx * load<i32>(p, STEP_X) + load<i32>(p, FIRST_X);
    store<usize>(point, src + <usize>image * imageBytes);
    store<i32>(point, gy * load<i32>(p, STEP_Y) + load<i32>(p, FIRST_Y), 4);
    store<i32>(point, x, 8);
    if (x < 0 || x + reach >= load<i32>(p, WIDTH)) inside = false;
    if (row >= last) continue;
    row++;
    if (++gx == width) {
      gx = 0;
      if (++gy == height) {
        gy = 0;
        image++;
      }
    }
  }
  return inside;
}

/** Steps [from, from + depth) of the patches at MR points, interleaved. A step is a tap and a channel of the group. */
function packPoints(p: usize, from: i32, depth: i32, inside: bool, to: usize, room: usize): void {
  const channels = load<i32>(p, DEPTH_CHANNELS), tapsX = load<i32>(p, TAPS_X);
  const pixelBytes = <usize>load<i32>(p, CHANNELS) << 2;
  const rowBytes = <usize>load<i32>(p, WIDTH) * pixelBytes;
  // Neighbouring taps that read neighbouring pixels, all channels of them, are one run of memory.
  const wide = inside && load<i32>(p, TAP_STEP_X) == 1 && channels == load<i32>(p, CHANNELS);
  const unit = wide ? channels * tapsX : channels;
  const unitsX = wide ? 1 : tapsX;
  let index = from / unit;
  let within = from - index * unit;
  let ty = index / unitsX, tx = index % unitsX;
  while (depth > 0) {
    const run = min(unit - within, depth);
    const dy = ty * load<i32>(p, TAP_STEP_Y), dx = tx * load<i32>(p, TAP_STEP_X);
    const offset = <usize>within << 2;
    interleavePanel(
      valueAt(p, room, 0, dy, dx, rowBytes, pixelBytes, offset), valueAt(p, room, 1, dy, dx, rowBytes, pixelBytes, offset),
      valueAt(p, room, 2, dy, dx, rowBytes, pixelBytes, offset), valueAt(p, room, 3, dy, dx, rowBytes, pixelBytes, offset),
      MR == 6 ? valueAt(p, room, 4, dy, dx, rowBytes, pixelBytes, offset) : room,
      MR == 6 ? valueAt(p, room, 5, dy, dx, rowBytes, pixelBytes, offset) : room, run, to,
    );
    to += <usize>run * (MR << 2);
    depth -= run;
    within = 0;
    if (++tx == unitsX) {
      tx = 0;
      ty++;
    }
  }
}

/** Panels of the left operand for `rows` points from `row` on; `src` points to the group's first channel. */
export function packPatches(
  src: usize, p: usize, row: i32, rows: i32, from: i32, depth: i32, to: usize, room: usize,
): void {
  for (let i = 0; i < rows; i += MR) {
    const inside = locate(src, p, row + i, row + rows - 1, room);
    packPoints(p, from, depth, inside, to, room);
    to += <usize>depth * (MR << 2);
  }
}
