/** Softmax, log-softmax and their gradients on the GPU: numbers of each row first, then each element by itself. */
import { volume } from '../strides.js';
import type { SoftmaxKernels, SoftmaxSizes } from '../table/softmax.js';
import type { GpuBuffer } from './buffer.js';
import type { GpuKernels, Plan } from './plan.js';
import { type Elements, lowNumbers, type MaskText, planElements, planRowSums, planRowTotals } from './rows.js';
import { type StridedText, stridedText } from './strided.js';

function maskText(mask: GpuBuffer | undefined, { shape, maskStrides }: SoftmaxSizes): MaskText | undefined {
  if (!mask) return undefined;
  const at = (row: string): StridedText => stridedText('maskRow', row, shape, maskStrides.slice(0, -1));
  const { form, sizes } = at('');
  return {
    form: `masked ${form}`,
    counts: (row, column) => `mask[${at(row).text} + ${column} * maskStep] !== 0`,
    inputs: { mask },
    sizes: { ...sizes, maskStep: maskStrides.at(-1) as number },
  };
}

function planSoftmax(
  plan: Plan,
  name: string,
  text: (x: string, row: string) => string,
  x: GpuBuffer,
  mask: GpuBuffer | undefined,
  out: GpuBuffer,
  sizes: SoftmaxSizes,
): void {
  const rows = volume(sizes.shape);
  const masked = maskText(mask, sizes);
  const sums = planRowSums(plan, x, rows, sizes.size, masked);
  const elements: Elements = {
    name: `${name} ${masked?.form ?? ''}`,
    text: (at, row, column) => {
      const result = text(`x[${at}]`, row);
      return masked ? `if (${masked.counts(row, column)}) { ${result} } else { result#L = hidden; }` : result;
    },
    inputs: { x, sums, ...masked?.inputs },
    sizes: masked?.sizes ?? {},
    numbers: { hidden: name === 'softmax' ? 0 : Number.NEGATIVE_INFINITY },
  };
  planElements(plan, elements, rows, sizes.size, out);
}

export const softmax: GpuKernels<SoftmaxKernels<GpuBuffer>> = {
  softmax(plan, x, mask, out, sizes) {
    const text = (v: string, row: string): string =>
      `result#L = exponential(${v} - sums[${row} * 4]) / sums[${row} * 4 + 1];`;
    planSoftmax(plan, 'softmax', text, x, mask, out, sizes);
  },

  logSoftmax(plan, x, mask, out, sizes) {
    const text = (v: string, row: string): string =>
      `result#L = ${v} - sums[${row} * 4] - logarithm(sums[${row} * 4 + 1]);`;
    planSoftmax(plan, 'logSoftmax', text, x, mask, out, sizes);
  },

  softmaxGrad(plan, y, dy, dx, rows, size) {
    const load = ({ at }: { at: string }): string[] => [`y[${at}] * dy[${at}]`];
    const dots = planRowTotals(plan, { name: 'softmax dots', inputs: { y, dy }, load }, rows, size);
    const elements: Elements = {
      name: 'softmaxGrad',
      text: (at, row) => `result#L = y[${at}] * (dy[${at}] - dots[${row}]);`,
      inputs: { y, dy, dots },
    };
    planElements(plan, elements, rows, size, dx);
  },

  logSoftmaxGrad(plan, y, dy, dx, rows, size) {
    const fold = {
      name: 'logSoftmax totals',
      inputs: { y, dy },
      prepare: ({ at }: { at: string }): string => `let term = dy[${at}]; if (y[${at}] < lowest) { term = 0.0; }`,
      load: (): string[] => ['term'],
      numbers: { lowest: lowNumbers.lowest },
    };
    const totals = planRowTotals(plan, fold, rows, size);
    const elements: Elements = {
      name: 'logSoftmaxGrad',
      text: (at, row) => `if (!(y[${at}] < lowest)) { result#L = dy[${at}] - exponential(y[${at}]) * totals[${row}]; }`,
      inputs: { y, dy, totals },
      numbers: { lowest: lowNumbers.lowest },
    };
    planElements(plan, elements, rows, size, dx);
  },
};
