/** Operations that move values: transposition, slices, joins, padding, flips. All are strided copies. */
import { type CopyLayout, OptionError, ShapeError } from '@saccade/kernels';
import { quote, requireList } from '../arguments.js';
import { bufferOf, deviceOf, empty, requireHolds, requireSameType } from '../engine.js';
import { syncScope } from '../scope.js';
import { checkAxes, checkAxis, type Shape, sameBeside, show, stridesOf } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';

/** Copies a strided view of `x` into a new contiguous tensor. Records nothing. */
function copyView(op: string, x: Tensor<Shape>, shape: Shape, xStrides: readonly number[], xOffset: number): Tensor {
  const device = deviceOf(op, x);
  const y = empty(device, x.dtype, shape);
  const layout: CopyLayout = { shape, xStrides, xOffset, outStrides: stridesOf(shape), outOffset: 0 };
  device.kernels.copy(bufferOf(op, x), bufferOf(op, y), layout);
  return y;
}

/** Writes `part` into a window of a tensor that is being made. */
function paste(op: string, part: Tensor<Shape>, into: Tensor, strides: readonly number[], offset: number): void {
  deviceOf(op, into).kernels.copy(bufferOf(op, part), bufferOf(op, into), {
    shape: part.shape,
    xStrides: stridesOf(part.shape),
    xOffset: 0,
    outStrides: strides,
    outOffset: offset,
  });
}

/**
 * Axes in another order: axis i of the result is axis `order[i]` of `x`. Default: all reversed.
 * @throws {OptionError} unless `order` names every axis once
 */
export function transpose(x: Tensor<Shape>, order?: readonly number[]): Tensor {
  deviceOf('transpose', x);
  const { rank } = x;
  if (order !== undefined && !Array.isArray(order)) {
    throw new OptionError(`transpose: order must be an array of ${rank} axes, got ${quote(order)}`);
  }
  const axes = (order ?? x.shape.map((_, i) => rank - 1 - i)).map((a) => checkAxis('transpose', a, rank));
  if (axes.length !== rank || new Set(axes).size !== rank) {
    throw new OptionError(`transpose: order must name each of ${rank} axes once, got [${order}]`);
  }
  const strides = stridesOf(x.shape);
  const shape = axes.map((a) => x.shape[a] as number);
  const y = copyView(
    'transpose',
    x,
    shape,
    axes.map((a) => strides[a] as number),
    0,
  );
  const inverse = axes.map((_, i) => axes.indexOf(i));
  record(y, [x as Tensor], [(g) => transpose(g, inverse)]);
  return y;
}

/** Exchanges two axes. @throws {OptionError} for one out of range */
export function swapAxes(x: Tensor<Shape>, a: number, b: number): Tensor {
  deviceOf('swapAxes', x);
  const order = x.shape.map((_, i) => i);
  const i = checkAxis('swapAxes', a, x.rank);
  const j = checkAxis('swapAxes', b, x.rank);
  order[i] = j;
  order[j] = i;
  return transpose(x, order);
}

/** Start, end (not included) and step along one axis, already checked: `length` elements from `start`. */
export interface Run {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** The window of `x` that takes one run along each axis. The adjoint is `unslice`. */
export function sliceRuns(op: string, x: Tensor<Shape>, runs: readonly Run[]): Tensor {
  const strides = stridesOf(x.shape);
  // An empty window starts nowhere.
  const start = runs.some((run) => run.length === 0) ? [] : runs;
  const offset = start.reduce((sum, run, i) => sum + run.start * (strides[i] as number), 0);
  const steps = runs.map((run, i) => run.step * (strides[i] as number));
  const y = copyView(
    op,
    x,
    runs.map((run) => run.length),
    steps,
    offset,
  );
  record(y, [x as Tensor], [(g) => unslice(op, g, x.shape, runs)]);
  return y;
}

/** Zeros of `shape` with `x` written into the window: the adjoint of `sliceRuns`. */
function unslice(op: string, x: Tensor, shape: Shape, runs: readonly Run[]): Tensor {
  const device = deviceOf(op, x);
  const y = empty(device, x.dtype, shape);
  device.kernels.fill(bufferOf(op, y), 0);
  const strides = stridesOf(shape);
  const offset = runs.reduce((sum, run, i) => sum + run.start * (strides[i] as number), 0);
  const steps = runs.map((run, i) => run.step * (strides[i] as number));
  if (x.size > 0) paste(op, x, y, steps, offset);
  record(y, [x], [(g) => sliceRuns(op, g, runs)]);
  return y;
}

/** The window that begins at `start` and has `size` along each axis: one number an axis in both. @throws {ShapeError} if it leaves the tensor */
export function crop(x: Tensor<Shape>, start: readonly number[], size: readonly number[]): Tensor {
  deviceOf('crop', x);
  const fits =
    Array.isArray(start) &&
    Array.isArray(size) &&
    start.length === x.rank &&
    size.length === x.rank &&
    x.shape.every((extent, i) => {
      const from = start[i] as number;
      const length = size[i] as number;
      return Number.isInteger(from) && Number.isInteger(length) && from >= 0 && length >= 0 && from + length <= extent;
    });
  if (!fits) throw new ShapeError(`crop: window ${quote(size)} at ${quote(start)} leaves ${show(x.shape)}`);
  return sliceRuns(
    'crop',
    x,
    start.map((from, i) => ({ start: from, step: 1, length: size[i] as number })),
  );
}

/**
 * Surrounds `x` with `value`: `widths[i]` is [before, after] along axis i.
 * @throws {OptionError} for widths that are negative, fractional or not one pair an axis @throws {DTypeError} for a value that the type cannot hold
 */
export function pad(x: Tensor<Shape>, widths: readonly (readonly [number, number])[], value = 0): Tensor {
  const device = deviceOf('pad', x);
  const isWidth = (w: number): boolean => Number.isSafeInteger(w) && w >= 0;
  const valid =
    Array.isArray(widths) &&
    widths.length === x.rank &&
    widths.every((pair) => pair?.length === 2 && pair.every(isWidth));
  if (!valid) {
    throw new OptionError(
      `pad: expected ${x.rank} pairs of whole numbers from 0 for ${show(x.shape)}, got ${quote(widths)}`,
    );
  }
  requireHolds('pad', x.dtype, value);
  const shape = x.shape.map((extent, i) => {
    const [before, after] = widths[i] as readonly [number, number];
    return before + extent + after;
  });
  const y = empty(device, x.dtype, shape as Shape);
  device.kernels.fill(bufferOf('pad', y), value);
  const strides = stridesOf(shape);
  const start = widths.map(([before]) => before);
  const offset = start.reduce((sum, before, i) => sum + before * (strides[i] as number), 0);
  if (x.size > 0) paste('pad', x, y, strides, offset);
  record(y, [x as Tensor], [(g) => crop(g, start, x.shape)]);
  return y;
}

/** Joins tensors along an axis that exists. @throws {ShapeError} unless all other extents agree @throws {DTypeError} */
export function concat(tensors: readonly Tensor<Shape>[], axis = 0): Tensor {
  requireList('concat', tensors);
  const first = tensors[0] as Tensor<Shape>;
  const device = deviceOf('concat', first, ...tensors);
  requireSameType('concat', first, ...tensors);
  const at = checkAxis('concat', axis, first.rank);
  for (const t of tensors) {
    if (!sameBeside(t.shape, first.shape, at)) {
      throw new ShapeError(`concat: ${show(first.shape)} and ${show(t.shape)} differ beside axis ${at}`);
    }
  }
  const starts: number[] = [];
  let total = 0;
  for (const t of tensors) {
    starts.push(total);
    total += t.shape[at] as number;
  }
  const y = empty(device, first.dtype, first.shape.map((e, i) => (i === at ? total : e)) as Shape);
  const strides = stridesOf(y.shape);
  tensors.forEach((t, i) => {
    if (t.size > 0) paste('concat', t, y, strides, (starts[i] as number) * (strides[at] as number));
  });
  const part = (g: Tensor, i: number): Tensor => {
    const { shape } = tensors[i] as Tensor<Shape>;
    const start = shape.map((_, a) => (a === at ? (starts[i] as number) : 0));
    return crop(g, start, shape);
  };
  const rule = (g: Tensor, needs: readonly boolean[]) => needs.map((needed, i) => (needed ? part(g, i) : undefined));
  record(y, tensors as readonly Tensor[], rule);
  return y;
}

function equalParts(count: number, extent: number): number[] {
  return Number.isSafeInteger(count) && count >= 0 && count <= extent
    ? new Array<number>(count).fill(extent / count)
    : [];
}

/** Parts of `x` along an axis: so many equal ones, or parts of the given lengths. @throws {OptionError} if they do not fill the axis */
export function split(x: Tensor<Shape>, parts: number | readonly number[], axis = 0): Tensor[] {
  deviceOf('split', x);
  const at = checkAxis('split', axis, x.rank);
  const extent = x.shape[at] as number;
  const count = typeof parts === 'number' ? parts : parts.length;
  const lengths = typeof parts === 'number' ? equalParts(parts, extent) : parts;
  const valid = Number.isSafeInteger(count) && count >= 0 && lengths.every((n) => Number.isInteger(n) && n >= 0);
  if (!valid || lengths.reduce((sum, n) => sum + n, 0) !== extent) {
    throw new OptionError(`split: ${quote(parts)} does not divide axis ${at} of ${show(x.shape)}`);
  }
  let from = 0;
  return lengths.map((length) => {
    const start = x.shape.map((_, i) => (i === at ? from : 0));
    from += length;
    return crop(
      x,
      start,
      x.shape.map((e, i) => (i === at ? length : e)),
    );
  });
}

/** Reverses the order along axes (default all). @throws {OptionError} for one out of range */
export function flip<S extends Shape>(x: Tensor<S>, axes?: number | readonly number[]): Tensor<S> {
  deviceOf('flip', x);
  const flipped = checkAxes('flip', axes, x.rank);
  const runs = x.shape.map((extent, i) =>
    flipped.includes(i) ? { start: extent - 1, step: -1, length: extent } : { start: 0, step: 1, length: extent },
  );
  return sliceRuns('flip', x, runs) as unknown as Tensor<S>;
}

/** Shifts values along an axis by `shift`; what leaves at one end enters at the other. Default axis: the last. @throws {OptionError} for a shift or axis that is no integer in range */
export function roll<S extends Shape>(x: Tensor<S>, shift: number, axis = -1): Tensor<S> {
  deviceOf('roll', x);
  if (!Number.isInteger(shift)) throw new OptionError(`roll: shift must be an integer, got ${shift}`);
  const at = checkAxis('roll', axis, x.rank);
  const extent = x.shape[at] as number;
  const cut = extent === 0 ? 0 : ((-shift % extent) + extent) % extent;
  const window = (from: number, length: number): Tensor =>
    crop(
      x,
      x.shape.map((_, i) => (i === at ? from : 0)),
      x.shape.map((e, i) => (i === at ? length : e)),
    );
  return syncScope(() => concat([window(cut, extent - cut), window(0, cut)], at)) as unknown as Tensor<S>;
}
