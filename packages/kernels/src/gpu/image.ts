/** Bilinear resampling on the GPU. Gradients gather: an input pixel looks at the output pixels that may have read it. */
import type { ImageKernels, ResizeSizes } from '../table/image.js';
import type { GpuBuffer } from './buffer.js';
import type { GpuKernels } from './plan.js';
import { rotate } from './rotate.js';

/** Products that reach this overflow the whole numbers of GPUs. */
const WHOLE = 2 ** 31;

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/**
 * Where pixels of one axis are read, as fractions of whole numbers, which are exact: output pixel i reads at
 * (i step + shift) / parts, at the edge where that is negative; an input pixel is read by up to `reach` output pixels.
 */
interface Axis {
  readonly step: number;
  readonly shift: number;
  readonly parts: number;
  readonly reach: number;
}

function axisOf(inSize: number, outSize: number, alignCorners: boolean): Axis {
  if (alignCorners && (inSize === 1 || outSize === 1)) return { step: 0, shift: 0, parts: 1, reach: outSize };
  const [to, from] = alignCorners ? [inSize - 1, outSize - 1] : [inSize, outSize];
  const divisor = commonDivisor(to, from);
  const [p, q] = [to / divisor, from / divisor];
  const reach = Math.ceil((2 * q) / p) + 1;
  return alignCorners ? { step: p, shift: 0, parts: q, reach } : { step: 2 * p, shift: p - q, parts: 2 * q, reach };
}

/** The sizes of both axes, or undefined where their products overflow. */
function resizeSizes(s: ResizeSizes) {
  const rows = axisOf(s.inHeight, s.outHeight, s.alignCorners);
  const columns = axisOf(s.inWidth, s.outWidth, s.alignCorners);
  if ((s.inHeight + 1) * rows.parts >= WHOLE || (s.inWidth + 1) * columns.parts >= WHOLE) return undefined;
  return {
    ...{ rowStep: rows.step, rowShift: rows.shift, rowParts: rows.parts, rowReach: rows.reach },
    ...{ columnStep: columns.step, columnShift: columns.shift, columnParts: columns.parts, columnReach: columns.reach },
    ...{ inHeight: s.inHeight, inWidth: s.inWidth, outHeight: s.outHeight, outWidth: s.outWidth, channels: s.channels },
  };
}

/** Gives the first of the two pixels that output pixel `i` reads along an axis, and the second one's weight. */
const tap = (axis: 'row' | 'column', i: string): string => `
  let ${axis} = 0;
  let ${axis}Weight = 0.0;
  if (int(${i}) * ${axis}Step + ${axis}Shift > 0) {
    ${axis} = quotient(int(${i}) * ${axis}Step + ${axis}Shift, ${axis}Parts);
    ${axis}Weight = remainder(int(${i}) * ${axis}Step + ${axis}Shift, ${axis}Parts) / ${axis}Parts;
  }`;

const resizeBody = `
  const image = quotient(#y, outHeight);
  const outRow = remainder(#y, outHeight);
  const outColumn = quotient(#x, channels);
  ${tap('row', 'outRow')}
  ${tap('column', 'outColumn')}
  const below = Math.min(row + 1, inHeight - 1);
  const after = Math.min(column + 1, inWidth - 1);
  const a = x[((int(image) * inHeight + int(row)) * inWidth + int(column)) * channels + remainder(#x, channels)];
  const b = x[((int(image) * inHeight + int(row)) * inWidth + int(after)) * channels + remainder(#x, channels)];
  const c = x[((int(image) * inHeight + int(below)) * inWidth + int(column)) * channels + remainder(#x, channels)];
  const d = x[((int(image) * inHeight + int(below)) * inWidth + int(after)) * channels + remainder(#x, channels)];
  const upper = (1 - columnWeight) * a + columnWeight * b;
  const lower = (1 - columnWeight) * c + columnWeight * d;
  return (1 - rowWeight) * upper + rowWeight * lower;`;

/** The first output pixel that reads after input pixel `at` - 1. */
const firstReader = (axis: 'row' | 'column', at: string): string => `
  let ${axis}First = 0;
  if ((int(${at}) - 1) * ${axis}Parts - ${axis}Shift >= 0 && ${axis}Step > 0) {
    ${axis}First = quotient((int(${at}) - 1) * ${axis}Parts - ${axis}Shift, ${axis}Step) + 1;
  }`;

/** Gives in `share` what output pixel `i` takes of input pixel `at`; at the far edge both of its pixels may be this one. */
const shareOf = (axis: 'row' | 'column', i: string, at: string, size: string): string => `
  ${tap(axis, i)}
  let ${axis}Share = 0.0;
  if (${axis} === ${at}) { ${axis}Share = 1 - ${axis}Weight; }
  if (Math.min(${axis} + 1, ${size} - 1) === ${at}) { ${axis}Share += ${axis}Weight; }`;

const resizeGradBody = `
  const image = quotient(#y, inHeight);
  const y = remainder(#y, inHeight);
  const x = quotient(#x, channels);
  ${firstReader('row', 'y')}
  ${firstReader('column', 'x')}
  let total = 0.0;
  for (let i = 0; i < rowReach; i++) {
    const outRow = rowFirst + i;
    ${shareOf('row', 'outRow', 'y', 'inHeight')}
    if (outRow < outHeight && rowShare > 0) {
      let sum = 0.0;
      for (let j = 0; j < columnReach; j++) {
        const outColumn = columnFirst + j;
        ${shareOf('column', 'outColumn', 'x', 'inWidth')}
        if (outColumn < outWidth && columnShare > 0) {
          sum += columnShare * dy[((int(image) * outHeight + int(outRow)) * outWidth + int(outColumn)) * channels + remainder(#x, channels)];
        }
      }
      total += rowShare * sum;
    }
  }
  return total;`;

export const image: GpuKernels<ImageKernels<GpuBuffer>> = {
  resizeBilinear(plan, x, out, s) {
    const sizes = resizeSizes(s);
    if (!sizes) return false;
    const grid = [s.channels * s.outWidth, s.batch * s.outHeight];
    plan.run({ name: 'resizeBilinear', body: resizeBody, inputs: { x }, sizes, grid, out });
  },
  resizeBilinearGrad(plan, dy, dx, s) {
    const sizes = resizeSizes(s);
    if (!sizes) return false;
    const grid = [s.channels * s.inWidth, s.batch * s.inHeight];
    plan.run({ name: 'resizeBilinearGrad', body: resizeGradBody, inputs: { dy }, sizes, grid, out: dx });
  },
  ...rotate,
};
