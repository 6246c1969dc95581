/** Selection and accumulation by whole-number indices. */
import { type Buffer, isFloat, OptionError, ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, drop, empty, orFree, requireType } from '../engine.js';
import { checkAxis, checkShape, type Shape, sameShape, show, sizeOf } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';

/** Which axis the indices count along. Default 0, the last one for `takeAlong`. */
export interface AxisOption {
  readonly axis?: number | undefined;
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
  const sizes = {
    outer: sizeOf(x.shape.slice(0, at)),
    size: x.shape[at] as number,
    inner: sizeOf(x.shape.slice(at + 1)),
    count: indices.size,
  };
  const shape = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)];
  const y = empty(device, x.dtype, shape as Shape);
  const [from, places, to] = [x, indices, y].map((t) => bufferOf('gather', t)) as [Buffer, Buffer, Buffer];
  orFree(y, () => device.kernels.gather(from, places, to, sizes));
  if (isFloat(x.dtype)) {
    record(y, [x as Tensor], [(g) => scatterAdd(x.shape, indices, g, { axis: at })], [indices]);
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
  const { axis = 0 } = checkOptions('scatterAdd', options, ['axis']);
  const device = deviceOf('scatterAdd', updates, indices);
  checkShape('scatterAdd', shape);
  requireType('scatterAdd', 'indices', indices, 'int32');
  requireType('scatterAdd', 'updates', updates, 'float32', 'float64', 'int32');
  const at = checkAxis('scatterAdd', axis, shape.length);
  const expected = [...shape.slice(0, at), ...indices.shape, ...shape.slice(at + 1)];
  if (!sameShape(updates.shape, expected)) {
    throw new ShapeError(`scatterAdd: updates must be ${show(expected)}, got ${show(updates.shape)}`);
  }
  const y = empty(device, updates.dtype, shape);
  device.kernels.fill(bufferOf('scatterAdd', y), 0);
  const sizes = {
    outer: sizeOf(shape.slice(0, at)),
    size: shape[at] as number,
    inner: sizeOf(shape.slice(at + 1)),
    count: indices.size,
  };
  const [out, places, from] = [y, indices, updates].map((t) => bufferOf('scatterAdd', t)) as [Buffer, Buffer, Buffer];
  orFree(y, () => device.kernels.scatterAdd(out, places, from, sizes));
  if (isFloat(updates.dtype)) record(y, [updates as Tensor], [(g) => gather(g, indices, { axis: at })], [indices]);
  return y;
}

/** Sizes for the `Along` kernels, after a check that `indices` matches `shape` beside the axis. */
function alongSizes(op: string, shape: Shape, indices: Tensor<Shape>, at: number) {
  const fits = indices.rank === shape.length && indices.shape.every((e, i) => i === at || e === shape[i]);
  if (!fits) {
    throw new ShapeError(`${op}: indices ${show(indices.shape)} must match ${show(shape)} beside axis ${at}`);
  }
  return {
    outer: sizeOf(shape.slice(0, at)),
    size: shape[at] as number,
    inner: sizeOf(shape.slice(at + 1)),
    count: indices.shape[at] as number,
  };
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
  const [from, places, out] = [x, indices, y].map((t) => bufferOf('takeAlong', t)) as [Buffer, Buffer, Buffer];
  orFree(y, () => device.kernels.takeAlong(from, places, out, sizes));
  if (isFloat(x.dtype)) {
    record(y, [x as Tensor], [(g) => scatterAddAlong(x.shape, indices, g, { axis: at })], [indices]);
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
  const { axis = -1 } = checkOptions('scatterAddAlong', options, ['axis']);
  const device = deviceOf('scatterAddAlong', updates, indices);
  checkShape('scatterAddAlong', shape);
  requireType('scatterAddAlong', 'indices', indices, 'int32');
  requireType('scatterAddAlong', 'updates', updates, 'float32', 'float64', 'int32');
  const at = checkAxis('scatterAddAlong', axis, shape.length);
  const sizes = alongSizes('scatterAddAlong', shape, indices, at);
  if (!sameShape(updates.shape, indices.shape)) {
    throw new ShapeError(`scatterAddAlong: updates ${show(updates.shape)} and indices ${show(indices.shape)} differ`);
  }
  const y = empty(device, updates.dtype, shape);
  const op = 'scatterAddAlong';
  const [out, places, from] = [y, indices, updates].map((t) => bufferOf(op, t)) as [Buffer, Buffer, Buffer];
  device.kernels.fill(out, 0);
  orFree(y, () => device.kernels.scatterAddAlong(out, places, from, sizes));
  if (isFloat(updates.dtype)) record(y, [updates as Tensor], [(g) => takeAlong(g, indices, { axis: at })], [indices]);
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
  const y = empty(device, 'float32', [...ids.shape, depth] as Shape);
  try {
    orFree(y, () => device.kernels.oneHot(bufferOf('oneHot', ids), bufferOf('oneHot', y), ids.size, depth, 1, 0));
  } finally {
    drop(ids, indices);
  }
  return y;
}
