/** The strided copy of the `wasm` device: straightens the walk, then chooses between bytes, tiles and rows. */
import { bytesPerElement } from '../dtype.js';
import type { CopyLayout, LayoutKernels } from '../table/layout.js';
import type { WasmBuffer } from './buffer.js';
import type { WasmRuntime } from './runtime.js';

/** Bytes in an item of `copyBytes`. */
const BLOCK = 16384;
/** Rows in an item of `copyTiles`. */
const TILE = 8;
/** An inner axis shorter than this changes places with a long one before it. */
const SHORT = 4;

/** A copy in bytes, its axes from the largest positive stride of `out` to the smallest, merged where both sides allow. */
interface Walk {
  readonly shape: number[];
  readonly outStrides: number[];
  readonly xStrides: number[];
  outOffset: number;
  xOffset: number;
}

/** Bytes where `layout` has elements of `width` bytes; axes of `out` that run backwards turned, and put in order. */
function order(layout: CopyLayout, width: number): Walk {
  const walk: Walk = {
    shape: [],
    outStrides: [],
    xStrides: [],
    outOffset: layout.outOffset * width,
    xOffset: layout.xOffset * width,
  };
  const { shape, outStrides, xStrides } = walk;
  for (let axis = 0; axis < layout.shape.length; axis++) {
    const size = layout.shape[axis]!;
    if (size === 1) continue;
    let out = layout.outStrides[axis]! * width;
    let x = layout.xStrides[axis]! * width;
    if (out < 0) {
      walk.outOffset += (size - 1) * out;
      walk.xOffset += (size - 1) * x;
      out = -out;
      x = -x;
    }
    let at = shape.length;
    for (; at > 0 && outStrides[at - 1]! < out; at--) {
      shape[at] = shape[at - 1]!;
      outStrides[at] = outStrides[at - 1]!;
      xStrides[at] = xStrides[at - 1]!;
    }
    shape[at] = size;
    outStrides[at] = out;
    xStrides[at] = x;
  }
  return walk;
}

/** Merges neighbouring axes in place: `collapse` without new lists, as small copies are many. */
function merge({ shape, outStrides, xStrides }: Walk): void {
  let last = 0;
  for (let axis = 1; axis < shape.length; axis++) {
    const size = shape[axis]!;
    if (outStrides[last] === outStrides[axis]! * size && xStrides[last] === xStrides[axis]! * size) {
      shape[last]! *= size;
    } else shape[++last] = size;
    outStrides[last] = outStrides[axis]!;
    xStrides[last] = xStrides[axis]!;
  }
  while (shape.length > last + 1) {
    shape.pop();
    outStrides.pop();
    xStrides.pop();
  }
}

/** Puts `axis` just before the last one. */
function moveBeforeLast(walk: Walk, axis: number): void {
  for (const list of [walk.shape, walk.outStrides, walk.xStrides]) {
    const last = list.length - 1;
    const moved = list[axis]!;
    for (let i = axis; i < last - 1; i++) list[i] = list[i + 1]!;
    if (axis === last) list[last] = list[last - 1]!;
    list[last - 1] = moved;
  }
}

/** The axis that is contiguous in x, if transposing tiles of it and the last axis pays. */
function tileAxis({ shape, outStrides, xStrides }: Walk, width: number): number {
  const last = shape.length - 1;
  const stride = xStrides[last]!;
  if (outStrides[last] !== width || stride === 0 || stride === width || shape[last]! < 4) return -1;
  for (let axis = 0; axis < last; axis++) if (xStrides[axis] === width && shape[axis]! >= 4) return axis;
  return -1;
}

/** The family over one runtime. */
export function layoutKernels(runtime: WasmRuntime): LayoutKernels<WasmBuffer> {
  return {
    copy(x, out, layout) {
      let elements = 1;
      for (let axis = 0; axis < layout.shape.length; axis++) elements *= layout.shape[axis]!;
      if (elements === 0) return;
      const width = bytesPerElement(out.dtype);
      const walk = order(layout, width);
      merge(walk);
      const { shape, outStrides, xStrides } = walk;
      const from = x.address + walk.xOffset;
      const to = out.address + walk.outOffset;
      const rank = shape.length;
      if (rank === 0 || (rank === 1 && outStrides[0] === width && xStrides[0] === width)) {
        const bytes = elements * width;
        runtime.parallel('copyBytes', [from, to, bytes], Math.ceil(bytes / BLOCK), BLOCK / 16);
        return;
      }
      const axis = tileAxis(walk, width);
      if (axis >= 0) moveBeforeLast(walk, axis);
      else if (rank === 1) for (const list of [shape, outStrides, xStrides]) list.unshift(1);
      else if (shape[rank - 1]! < SHORT && shape[rank - 2]! >= SHORT) moveBeforeLast(walk, rank - 1);
      copyWalk(walk, from, to, width, elements, axis >= 0);
    },
  };

  function copyWalk(walk: Walk, from: number, to: number, width: number, elements: number, tiles: boolean): void {
    const { shape, outStrides, xStrides } = walk;
    const rank = shape.length;
    const lists = runtime.parameters(shape, outStrides, xStrides);
    const rows = elements / shape[rank - 1]!;
    const tiled = shape[rank - 2]!;
    const count = tiles ? (rows / tiled) * Math.ceil(tiled / TILE) : rows;
    const name = tiles ? (width === 4 ? 'copyTiles4' : 'copyTiles1') : width === 4 ? 'copyRows4' : 'copyRows1';
    runtime.parallel(name, [from, to, rank, ...lists], count, elements / count);
  }
}
