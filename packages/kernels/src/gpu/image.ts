/** Bilinear resampling on the GPU. Gradients gather: an input pixel looks at the output pixels that may have read it. */
import type { ImageKernels, ResizeSizes } from '../table/image.js';
import type { GpuBuffer } from './buffer.js';
import type { GpuKernels, Plan } from './plan.js';

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

/**
 * Cosine and sine of each angle in two parts: a multiple of 2^-12, whose products with whole numbers are exact, and the
 * rest. Without it positions would be off by the rounding of numbers as large as the image.
 */
function turnsOf(plan: Plan, angles: GpuBuffer, batch: number): GpuBuffer {
  const turns = plan.scratch(4 * batch);
  plan.run({
    name: 'rotateTurns',
    body: `
      const c = cosine(angles[#x]);
      const s = sine(angles[#x]);
      const coarseC = Math.floor(c * 4096 + 0.5) * 0.000244140625;
      const coarseS = Math.floor(s * 4096 + 0.5) * 0.000244140625;
      return [coarseC, coarseS, c - coarseC, s - coarseS];`,
    inputs: { angles },
    grid: [batch],
    width: 4,
    out: turns,
  });
  return turns;
}

/** The parts of an image's turn. Kernels count places from the centre in half pixels: twice the distance is whole. */
const turnOf = (image: string): string => `
  const coarseC = turns[${image} * 4];
  const coarseS = turns[${image} * 4 + 1];
  const fineC = turns[${image} * 4 + 2];
  const fineS = turns[${image} * 4 + 3];`;

const rotateBody = `
  const image = quotient(#y, height);
  ${turnOf('image')}
  const right = 2 * quotient(#x, channels) - (width - 1);
  const down = 2 * remainder(#y, height) - (height - 1);
  const coarseX = (coarseC * right - coarseS * down + (width - 1)) * 0.5;
  const coarseY = (coarseS * right + coarseC * down + (height - 1)) * 0.5;
  const fineX = coarseX - Math.floor(coarseX) + (fineC * right - fineS * down) * 0.5;
  const fineY = coarseY - Math.floor(coarseY) + (fineS * right + fineC * down) * 0.5;
  const firstX = Math.floor(coarseX) + Math.floor(fineX);
  const firstY = Math.floor(coarseY) + Math.floor(fineY);
  const weightX = fineX - Math.floor(fineX);
  const weightY = fineY - Math.floor(fineY);
  let total = 0.0;
  for (let i = 0; i < 2; i++) {
    for (let j = 0; j < 2; j++) {
      const row = firstY + i;
      const column = firstX + j;
      const weight = Math.abs(1 - i - weightY) * Math.abs(1 - j - weightX);
      if (row >= 0 && row < height && column >= 0 && column < width) {
        total += weight * x[((int(image) * height + int(row)) * width + int(column)) * channels + remainder(#x, channels)];
      }
    }
  }
  if (isNan(coarseC)) { return coarseC; }
  return total;`;

/** The pixels that read this one lie within the square root of 2 of where it turns back to: three to an axis at most. */
const rotateGradBody = `
  const image = quotient(#y, height);
  const y = remainder(#y, height);
  const x = quotient(#x, channels);
  ${turnOf('image')}
  const fromX = 2 * x - (width - 1);
  const fromY = 2 * y - (height - 1);
  const firstX = Math.ceil(((coarseC + fineC) * fromX + (coarseS + fineS) * fromY + (width - 1)) * 0.5 - 1.4145);
  const firstY = Math.ceil(((coarseC + fineC) * fromY - (coarseS + fineS) * fromX + (height - 1)) * 0.5 - 1.4145);
  let total = 0.0;
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const row = firstY + i;
      const column = firstX + j;
      const right = 2 * column - (width - 1);
      const down = 2 * row - (height - 1);
      const apartX = (coarseC * right - coarseS * down - fromX + (fineC * right - fineS * down)) * 0.5;
      const apartY = (coarseS * right + coarseC * down - fromY + (fineS * right + fineC * down)) * 0.5;
      const weight = Math.max(1 - Math.abs(apartX), 0) * Math.max(1 - Math.abs(apartY), 0);
      if (weight > 0 && row >= 0 && row < height && column >= 0 && column < width) {
        total += weight * dy[((int(image) * height + int(row)) * width + int(column)) * channels + remainder(#x, channels)];
      }
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
  rotate(plan, x, angles, out, { batch, height, width, channels }) {
    if (out.length === 0) return;
    const turns = turnsOf(plan, angles, batch);
    const [sizes, grid] = [{ height, width, channels }, [channels * width, batch * height]];
    plan.run({ name: 'rotate', body: rotateBody, inputs: { x, turns }, sizes, grid, out });
  },
  rotateGrad(plan, dy, angles, dx, { batch, height, width, channels }) {
    if (dx.length === 0) return;
    const turns = turnsOf(plan, angles, batch);
    const [sizes, grid] = [{ height, width, channels }, [channels * width, batch * height]];
    plan.run({ name: 'rotateGrad', body: rotateGradBody, inputs: { dy, turns }, sizes, grid, out: dx });
  },
};
