/** The convolution itself in float64, in plain memory: what conversions are measured against. */
import { matrix, matrixProduct, ShapeError } from '@saccade/tensor';
import type { PaddingMode } from '../layers/border.js';
import type { DenseConvolution } from './convolution.js';

/** Images in plain memory: [batch, ...extents, channels], row-major. */
export interface HostImages {
  readonly batch: number;
  readonly extents: readonly number[];
  readonly channels: number;
  readonly data: ArrayLike<number>;
}

/** Where in an axis of `extent` the value at place `i` comes from; -1 for a zero. */
const sources: Readonly<Record<PaddingMode, (i: number, extent: number) => number>> = {
  zeros: (i, extent) => (i >= 0 && i < extent ? i : -1),
  replicate: (i, extent) => Math.min(Math.max(i, 0), extent - 1),
  reflect: (i, extent) => extent - 1 - Math.abs(extent - 1 - Math.abs(i)),
  circular: (i, extent) => (i + extent) % extent,
};

/** Query positions along each axis: floor((n + before + after - dilation (taps - 1) - 1) / stride) + 1. @throws {ShapeError} if there are none */
export function outputExtents(op: string, conv: DenseConvolution, extents: readonly number[]): number[] {
  return extents.map((extent, i) => {
    const [before, after] = conv.padding[i] as readonly [number, number];
    const reach = conv.dilation[i]! * (conv.kernel[i]! - 1);
    const out = Math.floor((extent + before + after - reach - 1) / conv.stride[i]!) + 1;
    if (out >= 1) return out;
    throw new ShapeError(`${op}: axis ${i} of extent ${extent} is too small for the kernel: nothing would come out`);
  });
}

/** For each output position and tap of one axis, the input position: [outputs, taps], -1 for a zero. */
function axisSources(conv: DenseConvolution, axis: number, extent: number, out: number): Int32Array {
  const taps = conv.kernel[axis]!;
  const source = sources[conv.paddingMode];
  const places = new Int32Array(out * taps);
  for (let q = 0; q < out; q++) {
    for (let a = 0; a < taps; a++) {
      places[q * taps + a] = source(q * conv.stride[axis]! + a * conv.dilation[axis]! - conv.padding[axis]![0], extent);
    }
  }
  return places;
}

/** Values of the columns that are held at once, 16 MB. */
const TILE = 2 ** 21;

/** out[q, o] = bias[o] + sum over taps a and channels c of X[q stride + a dilation - before, c] W[a, c, o]. @throws {ShapeError} */
export function convolve(op: string, images: HostImages, conv: DenseConvolution): HostImages {
  const { batch, extents } = images;
  const { outputs, kernel, bias } = conv;
  const outs = outputExtents(op, conv, extents);
  const seen = columnsOf(images, conv, outs);
  const [queries, width] = [batch * product(outs), product(kernel) * images.channels];
  const y = new Float64Array(queries * outputs);
  const tile = Math.max(1, Math.floor(TILE / width));
  const weight = matrix(width, outputs, conv.weight);
  for (let from = 0; from < queries; from += tile) {
    const rows = Math.min(tile, queries - from);
    y.set(matrixProduct(matrix(rows, width, seen(from, rows)), weight).data, from * outputs);
  }
  if (bias !== undefined) for (let i = 0; i < y.length; i++) y[i]! += bias[i % outputs]!;
  return { batch, extents: outs, channels: outputs, data: y };
}

/** What the taps of some output positions, of all images one after another, see: [rows, taps channels]. */
function columnsOf({ extents, channels, data }: HostImages, conv: DenseConvolution, outs: readonly number[]) {
  const along = extents.map((extent, i) => axisSources(conv, i, extent, outs[i]!));
  const [queries, taps, pixels] = [product(outs), product(conv.kernel), product(extents)];
  return (first: number, rows: number): Float64Array => {
    const columns = new Float64Array(rows * taps * channels);
    for (let q = first, to = 0; q < first + rows; q++) {
      for (let tap = 0; tap < taps; tap++, to += channels) {
        const from = pixel(q % queries, tap, outs, conv.kernel, along, extents);
        if (from < 0) continue;
        const start = (Math.floor(q / queries) * pixels + from) * channels;
        for (let c = 0; c < channels; c++) columns[to + c] = data[start + c]!;
      }
    }
    return columns;
  };
}

/** The input pixel that a tap of an output position sees, or -1. */
function pixel(
  query: number,
  tap: number,
  outs: readonly number[],
  kernel: readonly number[],
  along: readonly Int32Array[],
  extents: readonly number[],
): number {
  let [place, size] = [0, 1];
  let [q, a] = [query, tap];
  for (let i = outs.length - 1; i >= 0; i--) {
    const source = along[i]![(q % outs[i]!) * kernel[i]! + (a % kernel[i]!)]!;
    if (source < 0) return -1;
    place += source * size;
    size *= extents[i]!;
    q = Math.floor(q / outs[i]!);
    a = Math.floor(a / kernel[i]!);
  }
  return place;
}

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
