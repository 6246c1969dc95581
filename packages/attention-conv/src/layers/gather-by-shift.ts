/** Hard attention: each head looks at one pixel, so the layer is a convolution, or a gather by shifts. */
import { concat, conv1d, conv2d, crop, gather, matmul, reshape, type Tensor, tensor, transpose } from '@saccade/tensor';
import { type Border, extend, type Widths } from './border.js';
import type { Axis } from './grid.js';

/** The offset key - query of each head, along each axis. */
export type Shifts = readonly (readonly number[])[];

/** Shifts that fill a box of steps `dilation`, taken in row-major order. */
interface Box {
  readonly low: readonly number[];
  readonly dilation: readonly number[];
  readonly extents: readonly number[];
  /** The head of each tap. */
  readonly heads: readonly number[];
}

/** What the shifts span along an axis. */
function span(shifts: Shifts, axis: number): readonly [low: number, high: number] {
  const along = shifts.map((shift) => shift[axis] as number);
  return [Math.min(...along), Math.max(...along)];
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** The box of taps that the shifts fill, each once; undefined if they do not. */
function boxOf(shifts: Shifts): Box | undefined {
  const dims = shifts[0]?.length ?? 0;
  const low = Array.from({ length: dims }, (_, i) => span(shifts, i)[0]);
  const dilation = low.map((from, i) => shifts.reduce((g, s) => divisor((s[i] as number) - from, g), 0) || 1);
  const extents = low.map((from, i) => (span(shifts, i)[1] - from) / (dilation[i] as number) + 1);
  const size = extents.reduce((a, b) => a * b, 1);
  if (size !== shifts.length) return undefined;
  const heads = new Array<number>(size).fill(-1);
  for (const [head, shift] of shifts.entries()) {
    const place = shift.reduce((at, s, i) => at * extents[i]! + (s - low[i]!) / dilation[i]!, 0);
    heads[place] = head;
  }
  return heads.includes(-1) ? undefined : { low, dilation, extents, heads };
}

/** The part of the image that the shifts reach from all queries, extended where it ends, so that offset `low` of query 0 is at 0. */
function reached(op: string, images: Tensor, shifts: Shifts, axes: readonly Axis[], border: Border): Tensor {
  const starts: number[] = [];
  const sizes: number[] = [];
  const widths: [number, number][] = axes.map(({ first, keys, stride, queries }, i) => {
    const [low, high] = span(shifts, i);
    const [begin, end] = [low - first, (queries - 1) * stride + high - first];
    starts.push(Math.max(0, begin));
    sizes.push(end - begin + 1);
    return [Math.max(0, -begin), Math.max(0, end - (keys - 1))];
  });
  // Beyond what was extended, hard attention takes the nearest key, or the sink.
  const wide = extend(op, images, border.kind === 'sink' ? 'zeros' : 'replicate', widths as Widths);
  const shape = [wide.shape[0] as number, ...sizes, wide.shape.at(-1) as number];
  return crop(wide, [0, ...starts, 0], shape);
}

/** One convolution with a filter whose taps are the heads' maps [heads, inputs, outputs]. */
function convolve(x: Tensor, maps: Tensor, box: Box, stride: readonly number[]): Tensor {
  const { heads, extents, dilation } = box;
  const inOrder = heads.every((head, tap) => head === tap);
  const taps = inOrder ? maps : gather(maps, tensor(Int32Array.from(heads), { device: maps.device }));
  const filter = reshape(taps, [...extents, ...maps.shape.slice(1)]);
  const pair = (list: readonly number[]): [number, number] => [list[0] as number, list[1] as number];
  if (extents.length === 1) return conv1d(x, filter, { stride: stride[0], dilation: dilation[0] });
  return conv2d(x, filter, { stride: pair(stride), dilation: pair(dilation) });
}

/** The pixels that each head sees, side by side [batch, ...queries, heads inputs], times the stacked maps. */
function gatherHeads(x: Tensor, maps: Tensor, shifts: Shifts, axes: readonly Axis[]): Tensor {
  const batch = x.shape[0] as number;
  const inputs = x.shape.at(-1) as number;
  const seen = shifts.map((shift) =>
    axes.reduce((part, { stride, queries }, i) => {
      const from = (shift[i] as number) - span(shifts, i)[0];
      const places = Int32Array.from({ length: queries }, (_, q) => from + q * stride);
      return gather(part, tensor(places, { device: x.device }), { axis: i + 1 });
    }, x),
  );
  const columns = concat(seen, -1);
  const queries = axes.map((axis) => axis.queries);
  const rows = reshape(columns, [batch, ...queries, shifts.length * inputs]);
  return matmul(rows, reshape(maps, [shifts.length * inputs, maps.shape[2] as number]));
}

/**
 * sum_h X[query + shift_h] W_h: images (extended as the border says) [batch, ...keys, inputs] -> [batch, ...queries, outputs].
 * Unlike a product with one-hot weights it does not carry NaN where no head looks.
 * @param maps W of each head [heads, inputs, outputs]
 */
export function gatherByShift(
  op: string,
  images: Tensor,
  maps: Tensor,
  shifts: Shifts,
  axes: readonly Axis[],
  border: Border,
): Tensor {
  const x = reached(op, images, shifts, axes, border);
  const box = axes.length <= 2 ? boxOf(shifts) : undefined;
  if (box === undefined) return gatherHeads(x, maps, shifts, axes);
  return convolve(
    x,
    maps,
    box,
    axes.map(({ stride }) => stride),
  );
}

/** W of each head [heads, width, outputs] from the weight of all [outputs, heads width]. */
export function headMaps(weight: Tensor, heads: number): Tensor {
  const [outputs, all] = weight.shape as [number, number];
  return transpose(reshape(weight, [outputs, heads, all / heads]), [1, 2, 0]);
}
