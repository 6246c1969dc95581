// Channels of one head, from tensors [batch, elements, height, width, heads mid] to where kernels read them: as planes of all rows,
// or as the lanes of one block. The lanes of a block are four neighbouring pixels of a row, or the same pixel of four images.
import { Call, midOf, vectors, words } from './call';
import { packPixels, unpackPixels } from './pixels';

/** Where a pixel's channels begin. */
// @ts-ignore: decorator
@inline
function pixelAt(tensor: usize, call: Call, element: i32, row: i32, column: i32, head: i32): usize {
  const line = (element * call.height + row) * call.width + column;
  return tensor + words((line * call.heads + head) * midOf(call));
}

/** Bytes from lane to lane in a tensor of so many elements. */
// @ts-ignore: decorator
@inline
function laneStep(call: Call, elements: i32): usize {
  const pixel = words(call.heads * midOf(call));
  return call.images == 1 ? pixel : pixel * <usize>(elements * call.height * call.width);
}

/** How many lanes there are from an image and a column on: more than three, or those that are left. */
// @ts-ignore: decorator
@inline
export function lanesLeft(call: Call, batch: i32, column: i32): i32 {
  return call.images == 1 ? call.width - column : call.batch - batch;
}

/** Where the block at a column of a plane's row begins. */
// @ts-ignore: decorator
@inline
export function lineAt(planes: usize, call: Call, element: i32, row: i32, column: i32): usize {
  const start = element * midOf(call) * call.plane + row * call.rowBytes;
  return planes + <usize>(start + call.margin + column * call.columnBytes);
}

/** Rows [from, to) of all key elements as planes, zeros around them, so that what a block's lanes see at an offset is one load. */
export function packPlanes(tensor: usize, call: Call, batch: i32, head: i32, from: i32, to: i32, planes: usize): void {
  const mid = midOf(call), step = laneStep(call, call.keys), plane = <usize>call.plane;
  memory.fill(planes, 0, <usize>(call.keys * mid) * plane);
  for (let m = 0; m < call.keys; m++) {
    for (let row = from; row < to; row++) {
      for (let column = 0; column < call.width; column += call.wide) {
        const x = pixelAt(tensor, call, batch * call.keys + m, row, column, head);
        const line = lineAt(planes, call, m, row - from, column);
        packPixels(x, step, lanesLeft(call, batch, column), mid, 1, line, plane);
      }
    }
  }
}

/** The way back, of all rows. */
export function unpackPlanes(planes: usize, call: Call, batch: i32, head: i32, tensor: usize): void {
  const mid = midOf(call), step = laneStep(call, call.keys), plane = <usize>call.plane;
  for (let m = 0; m < call.keys; m++) {
    for (let row = 0; row < call.height; row++) {
      for (let column = 0; column < call.width; column += call.wide) {
        const x = pixelAt(tensor, call, batch * call.keys + m, row, column, head);
        unpackPixels(lineAt(planes, call, m, row, column), plane, lanesLeft(call, batch, column), mid, 1, x, step);
      }
    }
  }
}

/** The block at a row and column as vectors [channel, element], times `factor`; zeros in lanes that there are not. */
export function packLanes(
  tensor: usize, call: Call, elements: i32, batch: i32, head: i32, row: i32, column: i32, factor: f32, to: usize,
): void {
  const step = laneStep(call, elements), left = lanesLeft(call, batch, column);
  for (let e = 0; e < elements; e++) {
    const x = pixelAt(tensor, call, batch * elements + e, row, column, head);
    packPixels(x, step, left, midOf(call), factor, to + vectors(e), vectors(elements));
  }
}

/** The way back. */
export function unpackLanes(
  from: usize, call: Call, elements: i32, batch: i32, head: i32, row: i32, column: i32, factor: f32, tensor: usize,
): void {
  const step = laneStep(call, elements), left = lanesLeft(call, batch, column);
  for (let e = 0; e < elements; e++) {
    const x = pixelAt(tensor, call, batch * elements + e, row, column, head);
    unpackPixels(from + vectors(e), vectors(elements), left, midOf(call), factor, x, step);
  }
}
