// Patches cut out of images by weight: src/kernels/js/patches.ts. All of it is runs of values along an image row.
import { axpy, dot } from './runs';
import { floats, fromOf, hasWeight, insideOf, leftOf, patchPixel, pixel, Sizes, topOf } from './windows';

/** Bytes of an entry of the list of windows: where it begins (top, left), and its candidate. */
// @ts-ignore: decorator
@inline
const ENTRY: usize = 12;

/** Lists the windows of an image that have weight in some row at `list`; returns where the list ends. */
function listWindows(indices: usize, weights: usize, threshold: f64, s: Sizes, list: usize): usize {
  for (let c = 0; c < s.candidates; c++) {
    if (!hasWeight(weights, c, threshold, s)) continue;
    const cell = load<i32>(indices + (<usize>c << 2));
    store<i32>(list, topOf(cell, s));
    store<i32>(list, leftOf(cell, s), 4);
    store<i32>(list, c, 8);
    list += ENTRY;
  }
  return list;
}

/** Adds line y of a candidate's window to that of every patch of its image. */
// @ts-ignore: decorator
@inline
function addLine(
  image: usize, w: usize, patches: usize, b: i32, y: i32, entry: usize, scale: f64, s: Sizes, room: usize,
): void {
  const inImage = load<i32>(entry) + y;
  const left = load<i32>(entry, 4);
  const inside = insideOf(left, s);
  if (inImage < 0 || inImage >= s.height || inside <= 0) return;
  const from = fromOf(left);
  const count = inside * s.channels;
  const x = floats(image, pixel(b, inImage, left + from, s), count, s, room);
  for (let r = 0; r < s.rows; r++) {
    const weight = load<f32>(w + (<usize>(r * s.candidates + load<i32>(entry, 8)) << 2));
    if (weight != 0) axpy(<f32>(<f64>weight * scale), x, patchPixel(patches, b * s.rows + r, y, from, s), count);
  }
}

/** Lines [start, end), each of all patches of an image. Scratch: 12 bytes a candidate, 4 for each value of a line. */
export function extractPatches(
  image: usize, indices: usize, weights: usize, patches: usize, sizes: usize, scale: f64, threshold: f64,
  start: i32, end: i32, scratch: usize,
): void {
  const s = changetype<Sizes>(sizes);
  const line = <usize>s.patchSize * s.channels << 2;
  const list = scratch + line;
  let listed = -1;
  let last = list;
  for (let item = start; item < end; item++) {
    const b = item / s.patchSize;
    const y = item % s.patchSize;
    const w = weights + (<usize>b * s.rows * s.candidates << 2);
    if (b != listed) last = listWindows(indices + (<usize>b * s.candidates << 2), w, threshold, s, list);
    listed = b;
    for (let r = 0; r < s.rows; r++) memory.fill(patchPixel(patches, b * s.rows + r, y, 0, s), 0, line);
    for (let at = list; at < last; at += ENTRY) addLine(image, w, patches, b, y, at, scale, s, scratch);
  }
}

/** One line's part of the products of a candidate's window with the cotangents of all rows. */
// @ts-ignore: decorator
@inline
function addProducts(
  image: usize, dPatches: usize, b: i32, cell: i32, y: i32, s: Sizes, sums: usize, room: usize,
): void {
  const inImage = topOf(cell, s) + y;
  const left = leftOf(cell, s);
  const inside = insideOf(left, s);
  if (inImage < 0 || inImage >= s.height || inside <= 0) return;
  const from = fromOf(left);
  const count = inside * s.channels;
  const x = floats(image, pixel(b, inImage, left + from, s), count, s, room);
  for (let r = 0; r < s.rows; r++) {
    const at = sums + (<usize>r << 3);
    const g = patchPixel(dPatches, b * s.rows + r, y, from, s);
    store<f64>(at, load<f64>(at) + dot(x, g, count));
  }
}

/** Candidates [start, end), which are of one image. Line by line: those of the cotangents stay in the cache. */
function weightGrad(
  image: usize, indices: usize, weights: usize, dPatches: usize, dWeights: usize, s: Sizes, scale: f64, threshold: f64,
  start: i32, end: i32, scratch: usize,
): void {
  const b = start / s.candidates;
  const skipped = b * s.candidates;
  const first = <usize>skipped * s.rows << 2;
  let sums = scratch + (<usize>s.patchSize * s.channels << 2);
  memory.fill(sums, 0, <usize>(end - start) * s.rows << 3);
  for (let y = 0; y < s.patchSize; y++) {
    for (let item = start; item < end; item++) {
      if (threshold > 0 && !hasWeight(weights + first, item - skipped, threshold, s)) continue;
      const cell = load<i32>(indices + (<usize>item << 2));
      addProducts(image, dPatches, b, cell, y, s, sums + (<usize>(item - start) * s.rows << 3), scratch);
    }
  }
  for (let item = start; item < end; item++) {
    for (let r = 0; r < s.rows; r++) {
      const at = dWeights + first + (<usize>(r * s.candidates + item - skipped) << 2);
      store<f32>(at, <f32>(load<f64>(sums) * scale));
      sums += 8;
    }
  }
}

/** Candidates [start, end) of all images. Scratch: 8 bytes for each weight of an image, 4 for each value of a line. */
export function patchWeightGrad(
  image: usize, indices: usize, weights: usize, dPatches: usize, dWeights: usize, sizes: usize, scale: f64, threshold: f64,
  start: i32, end: i32, scratch: usize,
): void {
  const s = changetype<Sizes>(sizes);
  for (let from = start; from < end; ) {
    const to = min(end, (from / s.candidates + 1) * s.candidates);
    weightGrad(image, indices, weights, dPatches, dWeights, s, scale, threshold, from, to, scratch);
    from = to;
  }
}

/** Rows [start, end) of all images. */
export function patchImageGrad(
  indices: usize, weights: usize, dPatches: usize, dImage: usize, sizes: usize, scale: f64, threshold: f64,
  start: i32, end: i32, scratch: usize,
): void {
  const s = changetype<Sizes>(sizes);
  for (let item = start; item < end; item++) {
    const b = item / s.height;
    const row = item % s.height;
    const w = weights + (<usize>b * s.rows * s.candidates << 2);
    memory.fill(dImage + (pixel(b, row, 0, s) << 2), 0, <usize>s.width * s.channels << 2);
    for (let c = 0; c < s.candidates; c++) {
      const cell = load<i32>(indices + (<usize>(b * s.candidates + c) << 2));
      const y = row - topOf(cell, s);
      const left = leftOf(cell, s);
      const inside = insideOf(left, s);
      if (y < 0 || y >= s.patchSize || inside <= 0 || !hasWeight(w, c, threshold, s)) continue;
      const from = fromOf(left);
      for (let r = 0; r < s.rows; r++) {
        const weight = load<f32>(w + (<usize>(r * s.candidates + c) << 2));
        if (weight == 0) continue;
        const g = patchPixel(dPatches, b * s.rows + r, y, from, s);
        axpy(<f32>(<f64>weight * scale), g, dImage + (pixel(b, row, left + from, s) << 2), inside * s.channels);
      }
    }
  }
}
