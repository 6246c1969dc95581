/** Turning of images on the GPU. The gradient gathers: an input pixel looks at the output pixels around where it turns to. */
import type { ImageKernels } from '../table/image.js';
import type { GpuBuffer } from './buffer.js';
import type { GpuKernels, Plan } from './plan.js';

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

export const rotate: GpuKernels<Pick<ImageKernels<GpuBuffer>, 'rotate' | 'rotateGrad'>> = {
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
