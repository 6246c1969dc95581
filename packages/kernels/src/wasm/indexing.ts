/** Gather, scatter and one-hot of the `wasm` device: indices are checked first, so a bad one changes nothing. */
import { bytesPerElement } from '../dtype.js';
import { indexOutside } from '../indices.js';
import type { IndexingKernels } from '../table/indexing.js';
import type { WasmBuffer } from './buffer.js';
import type { WasmRuntime } from './runtime.js';

/** Columns in one item of a scatter. */
const COLUMNS = 16;

const bits = new DataView(new ArrayBuffer(4));

/** The element `value` of type `dtype` as the integer with the same bytes. */
function bitsOf(value: number, dtype: string): number {
  if (dtype !== 'float32') return value | 0;
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}

/** Throws IndexError for the first of `count` indices outside [0, size). */
export function checkOnHeap(
  runtime: WasmRuntime,
  kernel: string,
  indices: WasmBuffer,
  count: number,
  size: number,
): void {
  const at = runtime.call('firstOutside', indices.address, count, size);
  if (at >= 0) indexOutside(kernel, runtime.view(indices)[at]!, at, size);
}

/** The family over one runtime. */
export function indexingKernels(runtime: WasmRuntime): IndexingKernels<WasmBuffer> {
  return {
    gather(x, indices, out, { outer, size, inner, count }) {
      checkOnHeap(runtime, 'gather', indices, count, size);
      const bytes = inner * bytesPerElement(x.dtype);
      if (bytes === 0) return;
      const args = [x.address, indices.address, out.address, size, count, bytes];
      runtime.parallel('gatherRows', args, outer * count, 2 + bytes / 16);
    },

    scatterAdd(out, indices, updates, sizes) {
      const { outer, size, inner, count } = sizes;
      if (out.dtype !== 'float32' && out.dtype !== 'int32') {
        return runtime.fallback.scatterAdd(out, indices, updates, sizes);
      }
      checkOnHeap(runtime, 'scatterAdd', indices, count, size);
      const name = out.dtype === 'float32' ? 'scatterAddF32' : 'scatterAddI32';
      const args = [out.address, indices.address, updates.address, size, inner, count];
      runtime.parallel(name, args, outer * Math.ceil(inner / COLUMNS), (count * Math.min(inner, COLUMNS)) / 2);
    },

    takeAlong(x, indices, out, { outer, size, inner, count }) {
      checkOnHeap(runtime, 'takeAlong', indices, outer * count * inner, size);
      const name = bytesPerElement(x.dtype) === 4 ? 'takeAlong4' : 'takeAlong1';
      const args = [x.address, indices.address, out.address, size, count, inner];
      runtime.parallel(name, args, outer * count, 2 + inner);
    },

    scatterAddAlong(out, indices, updates, sizes) {
      const { outer, size, inner, count } = sizes;
      if (out.dtype !== 'float32' && out.dtype !== 'int32') {
        return runtime.fallback.scatterAddAlong(out, indices, updates, sizes);
      }
      checkOnHeap(runtime, 'scatterAddAlong', indices, outer * count * inner, size);
      const name = out.dtype === 'float32' ? 'scatterAddAlongF32' : 'scatterAddAlongI32';
      const args = [out.address, indices.address, updates.address, size, inner, count];
      runtime.parallel(name, args, outer * Math.ceil(inner / COLUMNS), count * Math.min(inner, COLUMNS));
    },

    oneHot(indices, out, count, depth, on, off) {
      checkOnHeap(runtime, 'oneHot', indices, count, depth);
      const name = bytesPerElement(out.dtype) === 4 ? 'oneHot4' : 'oneHot1';
      const args = [indices.address, out.address, depth, bitsOf(on, out.dtype), bitsOf(off, out.dtype)];
      runtime.parallel(name, args, count, 2 + depth / 4);
    },
  };
}
