/** Segments and sparse matrices on the GPU: ranges of a list, which is sorted first where it is in no order. */
import type { CsrSizes, SegmentKernels, SegmentSizes } from '../table/segment.js';
import { bisection } from './bisection.js';
import { EXACT, type GpuBuffer } from './buffer.js';
import { type Groups, groupById } from './groups.js';
import type { GpuKernels, Plan } from './plan.js';
import { foldRanges, type Ranges } from './ranges.js';

/** Plans total [segments, inner] of x. */
function foldSegments(plan: Plan, op: 'sum' | 'max', x: GpuBuffer, { order, ranges }: Groups, total: GpuBuffer): void {
  const terms = { name: 'Rows', text: 'x[int(order[int(at)]) * inner + int(i)]', inputs: { x, order } };
  foldRanges(plan, op, ranges, terms, total);
}

/** The element of a result per segment that belongs to the element of x. */
const ofSegment = (total: string): string => `${total}[int(ids[quotient(#x, inner)]) * inner + remainder(#x, inner)]`;

const softmaxKernels: Pick<GpuKernels<SegmentKernels<GpuBuffer>>, 'segmentSoftmax' | 'segmentSoftmaxGrad'> = {
  segmentSoftmax(plan, x, ids, out, { rows, inner, segments }) {
    if (rows > EXACT) return false;
    if (out.length === 0) return;
    const groups = groupById(plan, ids, segments, inner);
    const [largest, total] = [plan.scratch(segments * inner), plan.scratch(segments * inner)];
    const [sizes, grid] = [{ inner }, [out.length]];
    foldSegments(plan, 'max', x, groups, largest);
    plan.run({
      name: 'segmentExponentials',
      body: `
        const largestValue = ${ofSegment('largest')};
        if (isFinite(largestValue)) { return exponential(x[#x] - largestValue); }
        return nan;`,
      inputs: { x, ids, largest },
      sizes,
      numbers: { nan: Number.NaN },
      grid,
      out,
    });
    foldSegments(plan, 'sum', out, groups, total);
    plan.run({
      name: 'segmentShare',
      body: `return exponentials[#x] / ${ofSegment('total')};`,
      inputs: { exponentials: out, ids, total },
      sizes,
      grid,
      out,
    });
  },

  segmentSoftmaxGrad(plan, y, ids, dy, dx, { rows, inner, segments }) {
    if (rows > EXACT) return false;
    if (dx.length === 0) return;
    const { order, ranges } = groupById(plan, ids, segments, inner);
    const total = plan.scratch(segments * inner);
    const place = 'int(order[int(at)]) * inner + int(i)';
    const terms = { name: 'RowProducts', text: `y[${place}] * dy[${place}]`, inputs: { y, dy, order } };
    foldRanges(plan, 'sum', ranges, terms, total);
    plan.run({
      name: 'segmentSoftmaxGrad',
      body: `return y[#x] * (dy[#x] - ${ofSegment('total')});`,
      inputs: { y, ids, dy, total },
      sizes: { inner },
      grid: [dx.length],
      out: dx,
    });
  },
};

/** Finds in `low` the row of the element that is kept at place `element`. */
const findRow = (element: string): string => bisection('rows - 1', `!(rowStart[int(middle) + 1] > ${element})`);

/** out [columns, inner] = sparse^T x: the matrix is put in order of its columns first. */
function csrTransposed(
  plan: Plan,
  { rowStart, column, value, x, out }: Record<'rowStart' | 'column' | 'value' | 'x' | 'out', GpuBuffer>,
  { rows, columns, nonzeros, inner }: CsrSizes,
): void {
  const { order, ranges } = groupById(plan, column, columns, inner);
  const [row, valueInOrder] = [plan.scratch(nonzeros, 'int32'), plan.scratch(nonzeros)];
  plan.run({
    name: 'csrRowInOrder',
    body: `const element = order[#x]; ${findRow('element')} return low;`,
    inputs: { rowStart, order },
    sizes: { rows },
    grid: [nonzeros],
    out: row,
  });
  plan.run({
    name: 'csrValueInOrder',
    body: 'return value[int(order[#x])];',
    inputs: { value, order },
    grid: [nonzeros],
    out: valueInOrder,
  });
  foldProducts(plan, ranges, { column: row, value: valueInOrder, x }, out);
}

/** out = sums over ranges of value times the row of x that `column` names. */
function foldProducts(
  plan: Plan,
  ranges: Ranges,
  inputs: Record<'column' | 'value' | 'x', GpuBuffer>,
  out: GpuBuffer,
): void {
  const text = 'value[int(at)] * x[int(column[int(at)]) * inner + int(i)]';
  foldRanges(plan, 'sum', ranges, { name: 'Products', text, inputs }, out);
}

/** Dots of rows are added up in sums of this length. */
const LONGEST_SUM = 256;

export const segment: GpuKernels<SegmentKernels<GpuBuffer>> = {
  segmentReduce(plan, op, x, ids, out, { rows, inner, segments }: SegmentSizes) {
    if (rows > EXACT || out.dtype === 'int32') return false;
    if (out.length === 0) return;
    foldSegments(plan, op, x, groupById(plan, ids, segments, inner), out);
  },

  ...softmaxKernels,

  csrMatmul(plan, rowStart, column, value, x, out, sizes, transpose) {
    const { rows, nonzeros, inner } = sizes;
    if (nonzeros > EXACT) return false;
    if (out.length === 0) return;
    if (transpose) {
      csrTransposed(plan, { rowStart, column, value, x, out }, sizes);
      return;
    }
    const ranges = { starts: rowStart, count: rows, length: nonzeros, inner };
    foldProducts(plan, ranges, { column, value, x }, out);
  },

  csrMatmulGradValue(plan, rowStart, column, x, dy, dvalue, { rows, nonzeros, inner }, transpose) {
    if (nonzeros > EXACT) return false;
    const [to, from] = transpose ? ['column[#x]', 'low'] : ['low', 'column[#x]'];
    plan.run({
      name: `csrMatmulGradValue${transpose ? 'Transposed' : ''}`,
      body: `
        ${findRow('#x')}
        const to = ${to};
        const from = ${from};
        let total = 0.0;
        for (let piece = 0; piece < pieces; piece++) {
          let sum = 0.0;
          for (let i = 0; i < ${LONGEST_SUM}; i++) {
            if (piece * ${LONGEST_SUM} + i >= inner) { break; }
            sum += dy[int(to) * inner + piece * ${LONGEST_SUM} + i] * x[int(from) * inner + piece * ${LONGEST_SUM} + i];
          }
          total += sum;
        }
        return total;`,
      inputs: { rowStart, column, x, dy },
      sizes: { rows, inner, pieces: Math.ceil(inner / LONGEST_SUM) },
      grid: [nonzeros],
      out: dvalue,
    });
  },
};
