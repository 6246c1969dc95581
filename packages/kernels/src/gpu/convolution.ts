/**
 * Convolution on the GPU. A thread sums one pixel for one channel, or for four neighbouring ones of a group. Sums run over
 * the channels of one tap of the filter first, then over the taps, which keeps float32 exact enough.
 */
import type { ConvolutionKernels, ConvSizes } from '../table/convolution.js';
import type { GpuBuffer } from './buffer.js';
import type { GpuKernels, Plan } from './plan.js';

/** Terms that one float32 sum adds, at most. */
const LONGEST_SUM = 512;
/** Pixels of a line that one float32 sum adds, at most. */
const LONGEST_LINE = 128;
/** Threads that fill a GPU. */
const THREADS = 2 ** 17;
/** Elements that the partial sums of the filter's gradient may take. */
const PARTIAL_SUMS = 2 ** 24;

/** The text once for each element that a thread computes, `%` being its number. */
function lanes(width: 1 | 4, text: string): string {
  return Array.from({ length: width }, (_, lane) => text.replaceAll('%', String(lane))).join(' ');
}

const result = { 1: 'return total0;', 4: 'return [total0, total1, total2, total3];' } as const;

/** How many neighbouring channels a thread computes; they must be of one group. */
const widthFor = (groupSize: number): 1 | 4 => (groupSize % 4 === 0 ? 4 : 1);

/** Sizes as kernels know them. */
function sizesOf({ batch: _, groups, ...sizes }: ConvSizes) {
  return { ...sizes, inGroup: sizes.inChannels / groups, outGroup: sizes.outChannels / groups };
}

/** A sum over `terms` as `blocks` sums of `depth` each. */
function splitSum(terms: number): { blocks: number; depth: number } {
  let depth = Math.max(1, Math.min(terms, LONGEST_SUM));
  while (terms % depth !== 0) depth -= 1;
  return { blocks: terms / depth, depth };
}

/** Adds the products of one tap: `depth` of them `blocks` times, from the pixel at `pixel` with channels from `first` on. */
function sumOverChannels(width: 1 | 4, values: string, pixel: string, weight: string): string {
  return `
    for (let block = 0; block < blocks; block++) {
      ${lanes(width, 'let sum% = 0.0;')}
      for (let i = 0; i < depth; i++) {
        const value = ${values}[${pixel} + int(first) + block * depth + i];
        ${lanes(width, `sum% += value * filter[${weight} + %];`)}
      }
      ${lanes(width, 'total% += sum%;')}
    }`;
}

const forwardBody = (width: 1 | 4, hasBias: boolean): string => `
  const column = quotient(#x, vectors);
  const channel = ${width} * remainder(#x, vectors);
  const first = quotient(channel, outGroup) * inGroup;
  const image = quotient(#y, outHeight);
  const top = remainder(#y, outHeight) * strideY - padTop;
  const left = column * strideX - padLeft;
  ${lanes(width, hasBias ? 'let total% = bias[int(channel) + %];' : 'let total% = 0.0;')}
  for (let ky = 0; ky < kernelHeight; ky++) {
    const row = top + ky * dilationY;
    if (row >= 0 && row < inHeight) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        const at = left + kx * dilationX;
        if (at >= 0 && at < inWidth) {
          ${sumOverChannels(
            width,
            'x',
            '((int(image) * inHeight + int(row)) * inWidth + int(at)) * inChannels',
            '((ky * kernelWidth + kx) * inGroup + block * depth + i) * outChannels + int(channel)',
          )}
        }
      }
    }
  }
  ${result[width]}`;

/** The output pixels that read this one: where the stride leads to it. */
const gradInputBody = (width: 1 | 4): string => `
  const column = quotient(#x, vectors);
  const channel = ${width} * remainder(#x, vectors);
  const group = quotient(channel, inGroup);
  const first = group * outGroup;
  const image = quotient(#y, inHeight);
  const bottom = remainder(#y, inHeight) + padTop;
  const right = column + padLeft;
  ${lanes(width, 'let total% = 0.0;')}
  for (let ky = 0; ky < kernelHeight; ky++) {
    const y = bottom - ky * dilationY;
    const row = quotient(y, strideY);
    if (y >= 0 && row < outHeight && row * strideY === y) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        const x = right - kx * dilationX;
        const at = quotient(x, strideX);
        if (x >= 0 && at < outWidth && at * strideX === x) {
          ${sumOverChannels(
            width,
            'dy',
            '((int(image) * outHeight + int(row)) * outWidth + int(at)) * outChannels',
            '((ky * kernelWidth + kx) * outChannels + int(first) + block * depth + i) * inGroup + int(channel - group * inGroup)',
          )}
        }
      }
    }
  }
  ${result[width]}`;

/** filter [taps, inGroup, outChannels] as [taps, outChannels, inGroup]: neighbouring threads then read neighbours. */
function turnFilter(plan: Plan, filter: GpuBuffer, inGroup: number, outChannels: number): GpuBuffer {
  if (inGroup <= 1) return filter;
  const turned = plan.scratch(filter.length);
  plan.run({
    name: 'convTurnFilter',
    body: 'return filter[(#z * inGroup + #x) * outChannels + #y];',
    inputs: { filter },
    sizes: { inGroup, outChannels },
    grid: [inGroup, outChannels, filter.length / (inGroup * outChannels)],
    out: turned,
  });
  return turned;
}

/**
 * Sums one chunk of units: pieces of output lines, `span` pixels long. The chunk's sums lie one after another, as the
 * filter does.
 */
const gradFilterBody = (width: 1 | 4): string => `
  const inner = quotient(#x, vectors);
  const channel = ${width} * remainder(#x, vectors);
  const from = quotient(channel, outGroup) * inGroup + inner;
  const chunk = quotient(#y, taps);
  const ky = quotient(remainder(#y, taps), kernelWidth);
  const top = ky * dilationY - padTop;
  const left = (remainder(#y, taps) - ky * kernelWidth) * dilationX - padLeft;
  ${lanes(width, 'let total% = 0.0;')}
  for (let u = 0; u < unitsInChunk; u++) {
    const unit = chunk * unitsInChunk + u;
    const line = quotient(unit, pieces);
    const image = quotient(line, outHeight);
    const row = (line - image * outHeight) * strideY + top;
    if (unit < units && row >= 0 && row < inHeight) {
      const start = (unit - line * pieces) * span;
      ${lanes(width, 'let sum% = 0.0;')}
      for (let i = 0; i < span; i++) {
        const at = start + i;
        const column = at * strideX + left;
        if (at < outWidth && column >= 0 && column < inWidth) {
          const value = x[((int(image) * inHeight + int(row)) * inWidth + int(column)) * inChannels + int(from)];
          ${lanes(width, 'sum% += value * dy[(int(line) * outWidth + int(at)) * outChannels + int(channel) + %];')}
        }
      }
      ${lanes(width, 'total% += sum%;')}
    }
  }
  ${result[width]}`;

/** Cuts all output pixels into chunks: enough of them to fill the GPU, and none too long. */
function chunksOf({ batch, outHeight, outWidth }: ConvSizes, filterLength: number, width: number) {
  const pieces = Math.max(1, Math.ceil(outWidth / LONGEST_LINE));
  const units = batch * outHeight * pieces;
  const wanted = Math.max(Math.ceil((THREADS * width) / filterLength), Math.ceil(units / LONGEST_SUM));
  const most = Math.min(LONGEST_SUM, units, Math.floor(PARTIAL_SUMS / filterLength));
  const unitsInChunk = Math.ceil(units / Math.max(1, Math.min(wanted, most)));
  const chunks = Math.max(1, Math.ceil(units / Math.max(1, unitsInChunk)));
  return { chunks, sizes: { pieces, units, unitsInChunk, span: Math.ceil(outWidth / pieces) } };
}

export const convolution: GpuKernels<ConvolutionKernels<GpuBuffer>> = {
  conv2d(plan, x, filter, bias, out, s) {
    const sizes = sizesOf(s);
    const width = widthFor(sizes.outGroup);
    const vectors = s.outChannels / width;
    plan.run({
      name: `conv2d${width}${bias ? 'Bias' : ''}`,
      body: forwardBody(width, bias !== undefined),
      inputs: bias ? { x, filter, bias } : { x, filter },
      sizes: { ...sizes, ...splitSum(sizes.inGroup), vectors },
      grid: [vectors * s.outWidth, s.batch * s.outHeight],
      width,
      out,
    });
  },
  conv2dGradInput(plan, dy, filter, dx, s) {
    if (dx.length === 0) return;
    const sizes = sizesOf(s);
    const width = widthFor(sizes.inGroup);
    const vectors = s.inChannels / width;
    plan.run({
      name: `convGradInput${width}`,
      body: gradInputBody(width),
      inputs: { dy, filter: turnFilter(plan, filter, sizes.inGroup, s.outChannels) },
      sizes: { ...sizes, ...splitSum(sizes.outGroup), vectors },
      grid: [vectors * s.inWidth, s.batch * s.inHeight],
      width,
      out: dx,
    });
  },
  conv2dGradFilter(plan, x, dy, dfilter, s) {
    if (dfilter.length === 0) return;
    const sizes = sizesOf(s);
    const width = widthFor(sizes.outGroup);
    const vectors = s.outChannels / width;
    const taps = s.kernelHeight * s.kernelWidth;
    const { chunks, sizes: cuts } = chunksOf(s, dfilter.length, width);
    const sums = chunks === 1 ? dfilter : plan.scratch(chunks * dfilter.length);
    plan.run({
      name: `convGradFilter${width}`,
      body: gradFilterBody(width),
      inputs: { x, dy },
      sizes: { ...sizes, ...cuts, vectors, taps },
      grid: [vectors * sizes.inGroup, taps * chunks],
      width,
      out: sums,
    });
    if (chunks === 1) return;
    plan.run({
      name: 'convAddChunks',
      body: 'let total = 0.0; for (let i = 0; i < chunks; i++) { total += sums[i * count + #x]; } return total;',
      inputs: { sums },
      sizes: { chunks, count: dfilter.length },
      grid: [dfilter.length],
      out: dfilter,
    });
  },
};
