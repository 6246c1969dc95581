// Where the windows of a grid lie in an image: patchBox of src/patches/patch-grid.ts.
import { widen } from './runs';

/** As src/wasm/patches.ts writes them. */
// @ts-ignore: decorator
@unmanaged
export class Sizes {
  height: i32;
  width: i32;
  channels: i32;
  rows: i32;
  candidates: i32;
  columns: i32;
  patchSize: i32;
  strideY: i32;
  strideX: i32;
  padTop: i32;
  padLeft: i32;
  /** Of a value of the images: 1 or 4. */
  imageBytes: i32;
}

/** Whether a candidate has a weight (or NaN) beyond the threshold in some row of an image's weights [rows, candidates]. */
// @ts-ignore: decorator
@inline
export function hasWeight(weights: usize, c: i32, threshold: f64, s: Sizes): bool {
  for (let r = 0; r < s.rows; r++) {
    if (!(<f64>abs(load<f32>(weights + (<usize>(r * s.candidates + c) << 2))) <= threshold)) return true;
  }
  return false;
}

// @ts-ignore: decorator
@inline
export function topOf(cell: i32, s: Sizes): i32 {
  return (cell / s.columns) * s.strideY - s.padTop;
}

// @ts-ignore: decorator
@inline
export function leftOf(cell: i32, s: Sizes): i32 {
  return (cell % s.columns) * s.strideX - s.padLeft;
}

/** Where the part of a window line begins that lies in the image, and how many pixels it has (0 or less: none). */
// @ts-ignore: decorator
@inline
export function fromOf(left: i32): i32 {
  return max(0, -left);
}

// @ts-ignore: decorator
@inline
export function insideOf(left: i32, s: Sizes): i32 {
  return min(s.patchSize, s.width - left) - fromOf(left);
}

/** Where a pixel's values begin, counted in values. */
// @ts-ignore: decorator
@inline
export function pixel(b: i32, y: i32, x: i32, s: Sizes): usize {
  return ((<usize>b * s.height + y) * s.width + x) * s.channels;
}

/** The address of so many values of an image from a place on, as floats: bytes are widened to `room`. */
// @ts-ignore: decorator
@inline
export function floats(image: usize, place: usize, count: i32, s: Sizes, room: usize): usize {
  if (s.imageBytes == 4) return image + (place << 2);
  widen(image + place, room, count);
  return room;
}

/** Line y of a patch, at a column; patches are counted through all images. */
// @ts-ignore: decorator
@inline
export function patchPixel(patches: usize, patch: i32, y: i32, x: i32, s: Sizes): usize {
  return patches + (((<usize>patch * s.patchSize + y) * s.patchSize + x) * s.channels << 2);
}
