/** Selection and accumulation by whole-number indices. */
import { type IndexSizes, isFloat, OptionError, ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, drop, empty, orFree } from '../engine.js';
import { requireType } from '../require-type.js';
import { alongAxes, checkAxis, checkShape, type Shape, sameBeside, sameShape, show } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';

/** Which axis the indices count along. Default 0, the last one for `takeAlong`. */
export interface AxisOption {
  readonly axis?: number | undefined;
}

/** What the kernels take: `count` indices along axis `at`. */
function indexSizes(shape: Shape, at: number, count: number): IndexSizes {
  const { outer, size, inner } = alongAxes(shape, at);
  return { outer, size, inner, count };
}

/** `shape` with the axes of `others` in place of axis `at`. */
function replaceAxis(shape: Shape, at: number, others: Shape): Shape {
  return [...shape.slice(0, at), ...others, ...shape.slice(at + 1)];
}

/**
 * Slices of `x` at `indices` (int32, any shape) along an axis: the axis is replaced by the axes of `indices`.
 * Embeddings are `gather(table, ids)`. Gradient: scatterAdd.
 * @throws {IndexError} for an index outside the axis (on CPU devices) @throws {DTypeError} unless indices are int32
 */
export function gather(x: Tensor<Shape>, indices: Tensor<Shape>, options: AxisOption = {}): Tensor {
  const { axis = 0 } = checkOptions('gather', options, ['axis']);
  const device = deviceOf('gather', x, indices);
  requireType('gather', 'indices', indices, 'int32');
  const at = checkAxis('gather', axis, x.rank);
  const sizes = indexSizes(x.shape, at, indices.size);
  const y = empty(device, x.dtype, replaceAxis(x.shape, at, indices.shape));
  const [from, places, to] = [bufferOf('gather', x), bufferOf('gather', indices), bufferOf('gather', y)];
  orFree(y, () => device.kernels.gather(from, places, to, sizes));
  if (isFloat(x.dtype)) {
    record(y, [x], [(g) => scatterAdd(x.shape, indices, g, { axis: at })], [indices]);
  }
  return y;
}

/**
 * Zeros of `shape` with the slices of `updates` added at `indices` along an axis; `updates` has the axes of `indices` in
 * that axis's place. Repeated indices add up, in order.
 * @throws {IndexError} for an index outside the axis (on CPU devices) @throws {ShapeError} if `updates` does not fit
 */
export function scatterAdd(
  shape: Shape,
  indices: Tensor<Shape>,
  updates: Tensor<Shape>,
  options: AxisOption = {},
): Tensor {
  const op = 'scatterAdd';
  const { axis = 0 } = checkOptions(op, options, ['axis']);
  const device = deviceOf(op, updates, indices);
  checkShape(op, shape);
  requireType(op, 'indices', indices, 'int32');
  requireType(op, 'updates', updates, 'float32', 'float64', 'int32');
  const at = checkAxis(op, axis, shape.length);
  const expected = replaceAxis(shape, at, indices.shape);
  if (!sameShape(updates.shape, expected)) {
    throw new ShapeError(`scatterAdd: updates must be ${show(expected)}, got ${show(updates.shape)}`);
  }
  const y = empty(device, updates.dtype, shape);
  const sizes = indexSizes(shape, at, indices.size);
  const [out, places, from] = [bufferOf(op, y), bufferOf(op, indices), bufferOf(op, updates)];
  device.kernels.fill(out, 0);
  orFree(y, () => device.kernels.scatterAdd(out, places, from, sizes));
  if (isFloat(updates.dtype)) record(y, [updates], [(g) => gather(g, indices, { axis: at })], [indices]);
  return y;
}

/** Sizes for the `Along` kernels, after a check that `indices` matches `shape` beside the axis. */
function alongSizes(op: string, shape: Shape, indices: Tensor<Shape>, at: number): IndexSizes {
  if (!sameBeside(indices.shape, shape, at)) {
    throw new ShapeError(`${op}: indices ${show(indices.shape)} must match ${show(shape)} beside axis ${at}`);
  }
  return indexSizes(shape, at, indices.shape[at] as number);
}

/**
 * y[.., j, ..] = x[.., indices[.., j, ..], ..] along an axis (default the last), as NumPy's take_along_axis.
 * @throws {IndexError} for an index outside the axis (on CPU devices) @throws {ShapeError} if `indices` does not fit beside the axis
 */
export function takeAlong(x: Tensor<Shape>, indices: Tensor<Shape>, options: AxisOption = {}): Tensor {
  const { axis = -1 } = checkOptions('takeAlong', options, ['axis']);
  const device = deviceOf('takeAlong', x, indices);
  requireType('takeAlong', 'indices', indices, 'int32');
  const at = checkAxis('takeAlong', axis, x.rank);
  const sizes = alongSizes('takeAlong', x.shape, indices, at);
  const y = empty(device, x.dtype, indices.shape);
  const [from, places, out] = [bufferOf('takeAlong', x), bufferOf('takeAlong', indices), bufferOf('takeAlong', y)];
  orFree(y, () => device.kernels.takeAlong(from, places, out, sizes));
  if (isFloat(x.dtype)) {
    record(y, [x], [(g) => scatterAddAlong(x.shape, indices, g, { axis: at })], [indices]);
  }
  return y;
}

/**
 * Zeros of `shape` with y[.., indices[.., j, ..], ..] += updates[.., j, ..] along an axis (default the last): the adjoint of
 * `takeAlong`.
 * @throws {IndexError} for an index outside the axis (on CPU devices) @throws {ShapeError} if `updates` or `indices` does not fit
 */
export function scatterAddAlong(
  shape: Shape,
  indices: Tensor<Shape>,
  updates: Tensor<Shape>,
  options: AxisOption = {},
): Tensor {
  const op = 'scatterAddAlong';
  const { axis = -1 } = checkOptions(op, options, ['axis']);
  const device = deviceOf(op, updates, indices);
  checkShape(op, shape);
  requireType(op, 'indices', indices, 'int32');
  requireType(op, 'updates', updates, 'float32', 'float64', 'int32');
  const at = checkAxis(op, axis, shape.length);
  const sizes = alongSizes(op, shape, indices, at);
  if (!sameShape(updates.shape, indices.shape)) {
    throw new ShapeError(`scatterAddAlong: updates ${show(updates.shape)} and indices ${show(indices.shape)} differ`);
  }
  const y = empty(device, updates.dtype, shape);
  const [out, places, from] = [bufferOf(op, y), bufferOf(op, indices), bufferOf(op, updates)];
  device.kernels.fill(out, 0);
  orFree(y, () => device.kernels.scatterAddAlong(out, places, from, sizes));
  if (isFloat(updates.dtype)) record(y, [updates], [(g) => takeAlong(g, indices, { axis: at })], [indices]);
  return y;
}

/** 1 at each index and 0 elsewhere, along a new last axis of extent `depth`; float32. @throws {IndexError} (on CPU devices) @throws {DTypeError} */
export function oneHot(indices: Tensor<Shape>, depth: number): Tensor {
  const device = deviceOf('oneHot', indices);
  if (!Number.isSafeInteger(depth) || depth < 1) {
    throw new OptionError(`oneHot: depth must be a whole number from 1, got ${depth}`);
  }
  requireType('oneHot', 'indices', indices, 'int32', 'uint8');
  const ids = cast(indices, 'int32');
  const y = empty(device, 'float32', [...ids.shape, depth]);
  try {
    orFree(y, () => device.kernels.oneHot(bufferOf('oneHot', ids), bufferOf('oneHot', y), ids.size, depth, 1, 0));
  } finally {
    drop(ids, indices);
  }
  return y;
}
