/** Pooling on the GPU: one thread to an element of the result. Gradients gather from the windows that hold a pixel. */
import type { PoolingKernels, PoolSizes } from '../table/pooling.js';
import { EXACT, type GpuBuffer } from './buffer.js';
import type { GpuKernels, LaunchOptions } from './plan.js';

/** Does `visit` for each element inside the output's window, at (row, at), and `afterRow` after each row. */
const eachElement = (visit: string, afterRow = ''): string => `
  const column = quotient(#x, channels);
  const image = quotient(#y, outHeight);
  const top = remainder(#y, outHeight) * strideY - padTop;
  const left = column * strideX - padLeft;
  for (let ky = 0; ky < kernelHeight; ky++) {
    const row = top + ky;
    if (row >= 0 && row < inHeight) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        const at = left + kx;
        if (at >= 0 && at < inWidth) { ${visit} }
      }
      ${afterRow}
    }
  }`;

const value = 'x[((int(image) * inHeight + int(row)) * inWidth + int(at)) * channels + remainder(#x, channels)]';

/** Long rows are summed in pieces. */
const averageBody = (countPadding: boolean): string => `
  let total = 0.0;
  let sum = 0.0;
  let terms = 0.0;
  let inside = 0.0;
  ${eachElement(
    `sum += ${value}; inside += 1; terms += 1;
     if (terms > 255) { total += sum; sum = 0; terms = 0; }`,
    'total += sum; sum = 0; terms = 0;',
  )}
  return total / ${countPadding ? '(kernelHeight * kernelWidth)' : 'Math.max(inside, 1)'};`;

const maximumIndexBody = `
  let best = lowest;
  let index = -1.0;
  ${eachElement(`
    const value = ${value};
    if (index < 0 || value > best || (isNan(value) && !isNan(best))) {
      best = value;
      index = row * inWidth + at;
    }`)}
  return index;`;

const maximumBody = `
  const index = indices[#y * rowLength + #x];
  if (index < 0) { return lowest; }
  return x[(quotient(#y, outHeight) * pixels + int(index)) * channels + remainder(#x, channels)];`;

/**
 * Does `visit` for each window that holds the element: that of output (row, at), which begins at (top, left) of the image.
 * They are counted from the last one back.
 */
const eachWindow = (visit: string): string => `
  const x = quotient(#x, channels);
  const image = quotient(#y, inHeight);
  const y = remainder(#y, inHeight);
  const lastRow = quotient(y + padTop, strideY);
  const lastColumn = quotient(x + padLeft, strideX);
  let total = 0.0;
  for (let i = 0; i < windowsY; i++) {
    const row = lastRow - i;
    const top = row * strideY - padTop;
    if (row >= 0 && row < outHeight && top + kernelHeight > y) {
      for (let j = 0; j < windowsX; j++) {
        const at = lastColumn - j;
        const left = at * strideX - padLeft;
        if (at >= 0 && at < outWidth && left + kernelWidth > x) { ${visit} }
      }
    }
  }
  return total;`;

const place = '((int(image) * outHeight + int(row)) * outWidth + int(at)) * channels + remainder(#x, channels)';

const averageGradBody = (countPadding: boolean): string =>
  eachWindow(`
    const height = Math.min(top + kernelHeight, inHeight) - Math.max(top, 0);
    const width = Math.min(left + kernelWidth, inWidth) - Math.max(left, 0);
    total += dy[${place}] / ${countPadding ? '(kernelHeight * kernelWidth)' : '(height * width)'};`);

const maximumGradBody = eachWindow(`if (indices[${place}] === y * inWidth + x) { total += dy[${place}]; }`);

type Extents = Required<Pick<LaunchOptions, 'sizes' | 'grid'>>;

/** What the kernels over output elements have in common. */
function overOutput({ batch, ...sizes }: PoolSizes): Extents {
  return { sizes, grid: [sizes.channels * sizes.outWidth, batch * sizes.outHeight] };
}

/** What the kernels over input elements have in common. */
function overInput({ batch, ...sizes }: PoolSizes): Extents {
  const windowsY = Math.ceil(sizes.kernelHeight / sizes.strideY);
  const windowsX = Math.ceil(sizes.kernelWidth / sizes.strideX);
  return { sizes: { ...sizes, windowsY, windowsX }, grid: [sizes.channels * sizes.inWidth, batch * sizes.inHeight] };
}

export const pooling: GpuKernels<PoolingKernels<GpuBuffer>> = {
  averagePool(plan, x, out, s, countPadding) {
    const [name, body] = [`averagePool${countPadding ? 'Padded' : ''}`, averageBody(countPadding)];
    plan.run({ name, body, inputs: { x }, ...overOutput(s), out });
  },
  averagePoolGrad(plan, dy, dx, s, countPadding) {
    const [name, body] = [`averagePoolGrad${countPadding ? 'Padded' : ''}`, averageGradBody(countPadding)];
    plan.run({ name, body, inputs: { dy }, ...overInput(s), out: dx });
  },
  maxPool(plan, x, out, indices, s) {
    if (s.inHeight * s.inWidth > EXACT) return false;
    const numbers = { lowest: Number.NEGATIVE_INFINITY };
    const { sizes, grid } = overOutput(s);
    plan.run({ name: 'maxPoolIndex', body: maximumIndexBody, inputs: { x }, sizes, numbers, grid, out: indices });
    const { outHeight, channels } = s;
    plan.run({
      name: 'maxPool',
      body: maximumBody,
      inputs: { x, indices },
      sizes: { outHeight, channels, rowLength: channels * s.outWidth, pixels: s.inHeight * s.inWidth },
      numbers,
      grid,
      out,
    });
  },
  maxPoolGrad(plan, dy, indices, dx, s) {
    if (s.inHeight * s.inWidth > EXACT) return false;
    plan.run({ name: 'maxPoolGrad', body: maximumGradBody, inputs: { dy, indices }, ...overInput(s), out: dx });
  },
};
