/** Segment and sparse kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import { checkIndices, checkRowStart } from '../indices.js';
import type { CsrSizes, SegmentKernels, SegmentSizes } from '../table/segment.js';

/** Folds `value(r, i)` over the rows of each segment, in float64: [segments, inner]. */
function foldSegments(
  ids: TypedArray,
  { rows, inner, segments }: SegmentSizes,
  first: number,
  fold: (total: number, value: number) => number,
  value: (at: number) => number,
): Float64Array {
  const total = new Float64Array(segments * inner).fill(first);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < inner; i++) {
      const at = ids[r]! * inner + i;
      total[at] = fold(total[at]!, value(r * inner + i));
    }
  }
  return total;
}

const add = (a: number, b: number): number => a + b;

/** Calls `visit(row, column, element)` for each element that the matrix holds, row by row. */
function eachElement(
  kernel: string,
  rowStart: TypedArray,
  column: TypedArray,
  { rows, columns, nonzeros }: CsrSizes,
  visit: (row: number, column: number, element: number) => void,
): void {
  checkRowStart(kernel, rowStart, rows, nonzeros);
  checkIndices(kernel, column, columns);
  for (let r = 0; r < rows; r++) {
    for (let e = rowStart[r]!; e < rowStart[r + 1]!; e++) visit(r, column[e]!, e);
  }
}

export const segment: SegmentKernels<TypedArray> = {
  segmentReduce(op, x, ids, out, sizes) {
    checkIndices('segmentReduce', ids, sizes.segments);
    const [first, fold] = op === 'sum' ? ([0, add] as const) : ([Number.NEGATIVE_INFINITY, Math.max] as const);
    out.set(foldSegments(ids, sizes, first, fold, (at) => x[at]!));
  },

  segmentSoftmax(x, ids, out, sizes) {
    checkIndices('segmentSoftmax', ids, sizes.segments);
    const { rows, inner } = sizes;
    const max = foldSegments(ids, sizes, Number.NEGATIVE_INFINITY, Math.max, (at) => x[at]!);
    const segmentOf = (at: number): number => ids[Math.floor(at / inner)]! * inner + (at % inner);
    const exp = (at: number): number => Math.exp(x[at]! - max[segmentOf(at)]!);
    const sum = foldSegments(ids, sizes, 0, add, exp);
    for (let at = 0; at < rows * inner; at++) out[at] = exp(at) / sum[segmentOf(at)]!;
  },

  segmentSoftmaxGrad(y, ids, dy, dx, sizes) {
    checkIndices('segmentSoftmaxGrad', ids, sizes.segments);
    const { rows, inner } = sizes;
    const dot = foldSegments(ids, sizes, 0, add, (at) => y[at]! * dy[at]!);
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < inner; i++) {
        const at = r * inner + i;
        dx[at] = y[at]! * (dy[at]! - dot[ids[r]! * inner + i]!);
      }
    }
  },

  csrMatmul(rowStart, column, value, x, out, sizes, transpose) {
    const { rows, columns, inner } = sizes;
    const total = new Float64Array((transpose ? columns : rows) * inner);
    eachElement('csrMatmul', rowStart, column, sizes, (r, c, e) => {
      const [to, from] = transpose ? [c, r] : [r, c];
      for (let i = 0; i < inner; i++) total[to * inner + i]! += value[e]! * x[from * inner + i]!;
    });
    out.set(total);
  },

  csrMatmulGradValue(rowStart, column, x, dy, dvalue, sizes, transpose) {
    const { inner } = sizes;
    eachElement('csrMatmulGradValue', rowStart, column, sizes, (r, c, e) => {
      const [to, from] = transpose ? [c, r] : [r, c];
      let dot = 0;
      for (let i = 0; i < inner; i++) dot += dy[to * inner + i]! * x[from * inner + i]!;
      dvalue[e] = dot;
    });
  },
};
