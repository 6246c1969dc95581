/** The strided copy of the `wasm` device: straightens the walk, then chooses between bytes, tiles and rows. */
import { bytesPerElement } from '../dtype.js';
import { collapse } from '../strides.js';
import type { CopyLayout, LayoutKernels } from '../table/layout.js';
import type { WasmBuffer, WasmRuntime } from './runtime.js';

/** Bytes in an item of `copyBytes`. */
const BLOCK = 16384;
/** Rows in an item of `copyTiles`. */
const TILE = 8;
/** An inner axis shorter than this changes places with a long one before it. */
const SHORT = 4;

/** A copy whose axes run from the largest positive stride of `out` to the smallest. */
interface Walk {
  shape: number[];
  outStrides: number[];
  xStrides: number[];
  outOffset: number;
  xOffset: number;
}

/** The same copy with positive strides in `out`, its axes in the order of memory there, and merged. */
function straighten(layout: CopyLayout): Walk {
  const axes: number[] = [];
  let { outOffset, xOffset } = layout;
  for (let axis = 0; axis < layout.shape.length; axis++) {
    const span = layout.shape[axis]! - 1;
    if (span === 0) continue;
    const stride = layout.outStrides[axis]!;
    if (stride < 0) {
      outOffset += span * stride;
      xOffset += span * layout.xStrides[axis]!;
    }
    let at = axes.length;
    while (at > 0 && Math.abs(layout.outStrides[axes[at - 1]!]!) < Math.abs(stride)) at--;
    axes.splice(at, 0, axis);
  }
  const { shape, strides } = collapse(
    axes.map((axis) => layout.shape[axis]!),
    [
      axes.map((axis) => Math.abs(layout.outStrides[axis]!)),
      axes.map((axis) => (layout.outStrides[axis]! < 0 ? -layout.xStrides[axis]! : layout.xStrides[axis]!)),
    ],
  );
  return { shape: [...shape], outStrides: [...strides[0]!], xStrides: [...strides[1]!], outOffset, xOffset };
}

/** Puts `axis` just before the last one. */
function moveBeforeLast(walk: Walk, axis: number): void {
  for (const list of [walk.shape, walk.outStrides, walk.xStrides]) {
    const [moved] = list.splice(axis, 1);
    list.splice(list.length - 1, 0, moved!);
  }
}

/** The axis that is contiguous in x, if transposing tiles of it and the last axis pays. */
function tileAxis({ shape, outStrides, xStrides }: Walk): number {
  const last = shape.length - 1;
  const stride = xStrides[last]!;
  if (outStrides[last] !== 1 || stride === 0 || stride === 1 || shape[last]! < 4) return -1;
  return xStrides.findIndex((stride, axis) => stride === 1 && axis < last && shape[axis]! >= 4);
}

/** The family over one runtime. */
export function layoutKernels(runtime: WasmRuntime): LayoutKernels<WasmBuffer> {
  return {
    copy(x, out, layout) {
      let elements = 1;
      for (const size of layout.shape) elements *= size;
      if (elements === 0) return;
      const walk = straighten(layout);
      const width = bytesPerElement(out.dtype);
      const from = x.address + walk.xOffset * width;
      const to = out.address + walk.outOffset * width;
      const rank = walk.shape.length;
      if (elements === 1 || (rank === 1 && walk.outStrides[0] === 1 && walk.xStrides[0] === 1)) {
        const bytes = elements * width;
        runtime.parallel('copyBytes', [from, to, bytes], Math.ceil(bytes / BLOCK), BLOCK / 16);
        return;
      }
      const axis = tileAxis(walk);
      if (axis >= 0) moveBeforeLast(walk, axis);
      else if (rank === 1) {
        for (const list of [walk.shape, walk.outStrides, walk.xStrides]) list.unshift(1);
      } else if (walk.shape[rank - 1]! < SHORT && walk.shape[rank - 2]! >= SHORT) moveBeforeLast(walk, rank - 1);
      copyWalk(walk, from, to, width, elements, axis >= 0);
    },
  };

  function copyWalk(walk: Walk, from: number, to: number, width: number, elements: number, tiles: boolean): void {
    const rank = walk.shape.length;
    const [shape, outStrides, xStrides] = runtime.parameters(
      walk.shape,
      walk.outStrides.map((stride) => stride * width),
      walk.xStrides.map((stride) => stride * width),
    ) as [number, number, number];
    const rows = elements / walk.shape[rank - 1]!;
    const count = tiles ? (rows / walk.shape[rank - 2]!) * Math.ceil(walk.shape[rank - 2]! / TILE) : rows;
    const name = tiles ? (width === 4 ? 'copyTiles4' : 'copyTiles1') : width === 4 ? 'copyRows4' : 'copyRows1';
    runtime.parallel(name, [from, to, rank, shape, outStrides, xStrides], count, elements / count);
  }
}
