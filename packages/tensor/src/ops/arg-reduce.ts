/** Positions of the largest and the smallest element; no gradients. */
import { ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf, empty } from '../engine.js';
import { alongAxes, checkAxes, checkAxis, type Shape, show } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { reduceNames, resultShape } from './sum.js';

/** One axis for an arg-reduction; without `axis` the flattened tensor is searched. */
export interface ArgOptions {
  readonly axis?: number | undefined;
  /** Default false. */
  readonly keepDims?: boolean | undefined;
}

function argReduce(op: 'argmax' | 'argmin', x: Tensor<Shape>, options: ArgOptions): Tensor {
  const { axis, keepDims = false } = checkOptions(op, options, reduceNames);
  const device = deviceOf(op, x);
  const flat = axis === undefined;
  const shape = flat ? [x.size] : x.shape;
  const at = flat ? 0 : checkAxis(op, axis, x.rank);
  if (shape[at] === 0) throw new ShapeError(`${op}: axis ${at} of ${show(x.shape)} is empty`);
  const axes = checkAxes(op, axis, x.rank);
  const out = empty(device, 'int32', resultShape(x.shape, axes, keepDims));
  device.kernels.argReduce(op, bufferOf(op, x), bufferOf(op, out), alongAxes(shape, at));
  return out;
}

/** Position (int32) of the largest element: the first on ties, the first NaN if there is one. @throws {ShapeError} for an empty axis */
export function argmax(x: Tensor<Shape>, options: ArgOptions = {}): Tensor {
  return argReduce('argmax', x, options);
}

/** Position (int32) of the smallest element: the first on ties, the first NaN if there is one. @throws {ShapeError} for an empty axis */
export function argmin(x: Tensor<Shape>, options: ArgOptions = {}): Tensor {
  return argReduce('argmin', x, options);
}
