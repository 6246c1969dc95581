/** Windows of a tensor: slices, crops, reversals. */
import { ShapeError } from '@saccade/kernels';
import { quote } from '../arguments.js';
import { bufferOf, deviceOf, empty } from '../engine.js';
import { alongAxes, checkAxes, type Shape, show, stridesOf } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { copyView, paste } from './strided-copy.js';

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
  const shape = runs.map((run) => run.length);
  const outStrides = stridesOf(shape);
  const y = copyView(op, x, shape, { shape, xStrides: steps, xOffset: offset, outStrides, outOffset: 0 });
  record(y, [x], [(g) => unslice(op, g, x.shape, runs)]);
  return y;
}

/** `length` positions from `from` along one axis, in range. The adjoint is `unsliceAlong`. */
export function sliceAlong(op: string, x: Tensor<Shape>, axis: number, from: number, length: number): Tensor {
  const { outer, size, inner } = alongAxes(x.shape, axis);
  const y = copyView(op, x, withExtent(x.shape, axis, length), {
    shape: [outer, length * inner],
    xStrides: [size * inner, 1],
    xOffset: from * inner,
    outStrides: [length * inner, 1],
    outOffset: 0,
  });
  record(y, [x], [(g) => unsliceAlong(op, g, axis, from, size)]);
  return y;
}

/** `x` at `from` along an axis of extent `size` that holds zeros elsewhere. */
function unsliceAlong(op: string, x: Tensor, axis: number, from: number, size: number): Tensor {
  const runs = x.shape.map((length, i) => ({ start: i === axis ? from : 0, step: 1, length }));
  return unslice(op, x, withExtent(x.shape, axis, size), runs);
}

/** The shape with another extent at `axis`. */
export function withExtent(shape: Shape, axis: number, extent: number): Shape {
  const other = shape.slice();
  other[axis] = extent;
  return other;
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

/** Reverses the order along axes (default all). @throws {OptionError} for one out of range */
export function flip<S extends Shape>(x: Tensor<S>, axes?: number | readonly number[]): Tensor<S> {
  deviceOf('flip', x);
  const flipped = checkAxes('flip', axes, x.rank);
  const runs = x.shape.map((extent, i) =>
    flipped.includes(i) ? { start: extent - 1, step: -1, length: extent } : { start: 0, step: 1, length: extent },
  );
  return sliceRuns('flip', x, runs) as unknown as Tensor<S>;
}
