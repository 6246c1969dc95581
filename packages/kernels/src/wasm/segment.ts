/** Segment and sparse kernels of the `wasm` device: ids become lists of rows first, so that threads never share a result. */
import { rowStartWrong } from '../indices.js';
import type { CsrSizes, SegmentKernels, SegmentSizes } from '../table/segment.js';
import type { WasmBuffer } from './buffer.js';
import { checkOnHeap } from './indexing.js';
import type { WasmRuntime } from './runtime.js';

/** Columns in an item of a fold. */
const BLOCK = 64;
/** Bytes of scratch that a fold of long lists needs. */
const FOLD_SCRATCH = 12 * BLOCK;

/** Items, and steps in each, of folding `terms` rows in `lists` lists. */
function work(lists: number, terms: number, inner: number): [count: number, cost: number] {
  return [lists * Math.ceil(inner / BLOCK), 4 + ((terms / lists) * (2 + Math.min(inner, BLOCK))) / 2];
}

function checkMatrix(
  runtime: WasmRuntime,
  kernel: string,
  rowStart: WasmBuffer,
  column: WasmBuffer,
  { rows, columns, nonzeros }: CsrSizes,
): void {
  const at = runtime.call('rowStartFault', rowStart.address, rows, nonzeros);
  if (at >= 0) rowStartWrong(kernel, at, runtime.view(rowStart)[at]!, nonzeros);
  checkOnHeap(runtime, kernel, column, nonzeros, columns);
}

/** The family over one runtime. */
export function segmentKernels(runtime: WasmRuntime): SegmentKernels<WasmBuffer> {
  /** Checks the ids and runs `body` with the rows listed by segment: where each list begins, and the rows. */
  function withLists(
    kernel: string,
    ids: WasmBuffer,
    { rows, segments }: SegmentSizes,
    body: (first: number, index: number) => void,
  ): void {
    checkOnHeap(runtime, kernel, ids, rows, segments);
    runtime.withBlock(4 * (segments + 2 + rows), (first) => {
      const index = first + 4 * (segments + 2);
      runtime.call('listRows', ids.address, rows, segments, first, index);
      body(first, index);
    });
  }

  return {
    segmentReduce(op, x, ids, out, sizes) {
      if (x.dtype !== 'float32') return runtime.fallback.segmentReduce(op, x, ids, out, sizes);
      const { rows, inner, segments } = sizes;
      withLists('segmentReduce', ids, sizes, (first, index) => {
        const args = [first, index, x.address, out.address, inner];
        runtime.parallel(op === 'sum' ? 'sumLists' : 'maxLists', args, ...work(segments, rows, inner), FOLD_SCRATCH);
      });
    },

    segmentSoftmax(x, ids, out, sizes) {
      const { rows, inner, segments } = sizes;
      withLists('segmentSoftmax', ids, sizes, (first, index) => {
        const args = [first, index, x.address, out.address, inner];
        runtime.parallel('segmentSoftmaxLists', args, segments, 4 + ((rows * inner) / segments) * 8);
      });
    },

    segmentSoftmaxGrad(y, ids, dy, dx, sizes) {
      const { rows, inner, segments } = sizes;
      withLists('segmentSoftmaxGrad', ids, sizes, (first, index) => {
        const args = [first, index, y.address, dy.address, dx.address, inner];
        runtime.parallel('segmentSoftmaxListsGrad', args, segments, 4 + ((rows * inner) / segments) * 2);
      });
    },

    csrMatmul(rowStart, column, value, x, out, sizes, transpose) {
      checkMatrix(runtime, 'csrMatmul', rowStart, column, sizes);
      const { rows, columns, nonzeros, inner } = sizes;
      const run = (first: number, index: number, weight: number): void => {
        const args = [first, index, weight, x.address, out.address, inner];
        runtime.parallel('weightedLists', args, ...work(transpose ? columns : rows, nonzeros, inner), FOLD_SCRATCH);
      };
      if (!transpose) return run(rowStart.address, column.address, value.address);
      runtime.withBlock(4 * (columns + 2 + 2 * nonzeros), (first) => {
        const index = first + 4 * (columns + 2);
        const weight = index + 4 * nonzeros;
        const matrix = [rowStart.address, column.address, value.address];
        runtime.call('listColumns', ...matrix, rows, nonzeros, columns, first, index, weight);
        run(first, index, weight);
      });
    },

    csrMatmulGradValue(rowStart, column, x, dy, dvalue, sizes, transpose) {
      checkMatrix(runtime, 'csrMatmulGradValue', rowStart, column, sizes);
      const { rows, nonzeros, inner } = sizes;
      const [a, b] = transpose ? [x, dy] : [dy, x];
      const args = [rowStart.address, column.address, a.address, b.address, dvalue.address, inner];
      runtime.parallel('dotElements', args, rows, 2 + (nonzeros / rows) * (4 + inner / 4));
    },
  };
}
