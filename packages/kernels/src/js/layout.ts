/** The strided copy of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { CopyLayout, LayoutKernels } from '../table/layout.js';

/** Copies the block whose axes before `axis` are fixed; `from` and `to` are its first elements. */
function copyBlock(x: TypedArray, out: TypedArray, layout: CopyLayout, axis: number, from: number, to: number): void {
  if (axis === layout.shape.length) {
    out[to] = x[from]!;
    return;
  }
  for (let i = 0; i < layout.shape[axis]!; i++) {
    copyBlock(x, out, layout, axis + 1, from + i * layout.xStrides[axis]!, to + i * layout.outStrides[axis]!);
  }
}

export const layout: LayoutKernels<TypedArray> = {
  copy(x, out, copied) {
    copyBlock(x, out, copied, 0, copied.xOffset, copied.outOffset);
  },
};
