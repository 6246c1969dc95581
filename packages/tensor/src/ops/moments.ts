/** Mean, variance and standard deviation over axes. */
import { isFloat, OptionError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { bufferOf, deviceOf } from '../engine.js';
import { syncScope } from '../scope.js';
import { checkAxes, type Shape, sizeAlong } from '../shape.js';
import { record } from '../tape.js';
import { release, type Tensor } from '../tensor.js';
import { div, mul, sub } from './arithmetic.js';
import { pairElements } from './binary.js';
import { cast } from './cast.js';
import { sqrt } from './exponential.js';
import { reshape } from './reshape.js';
import { broadcastTo, foldAxes, foldedShape, type ReduceOptions, reduceNames, resultShape } from './sum.js';

/** Arithmetic mean over axes, by default all; whole numbers become float32. NaN for none. @throws {OptionError} for an axis out of range or given twice */
export function mean(x: Tensor<Shape>, options: ReduceOptions = {}): Tensor {
  const { axis, keepDims = false } = checkOptions('mean', options, reduceNames);
  deviceOf('mean', x);
  const axes = checkAxes('mean', axis, x.rank);
  if (isFloat(x.dtype)) return meanOver(x, axes, keepDims);
  return syncScope(() => meanOver(floats(x), axes, keepDims));
}

function meanOver(x: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  const y = foldAxes('mean', 'mean', x, axes, resultShape(x.shape, axes, keepDims));
  const rule = (dy: Tensor): Tensor =>
    broadcastTo(reshape(div(dy, sizeAlong(x.shape, axes)), foldedShape(x.shape, axes)), x.shape);
  record(y, [x], [rule]);
  return y;
}

function floats(x: Tensor<Shape>): Tensor<Shape> {
  return isFloat(x.dtype) ? x : cast(x, 'float32');
}

/** Options of variance and std. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count. Default 0. */
  readonly correction?: number | undefined;
}

const varianceNames = [...reduceNames, 'correction'] as const;

function spread(name: string, x: Tensor<Shape>, options: VarianceOptions): Tensor {
  const { axis, keepDims = false, correction = 0 } = checkOptions(name, options, varianceNames);
  deviceOf(name, x);
  if (!(correction >= 0) || correction === Infinity) {
    throw new OptionError(`${name}: correction must be a number from 0, got ${correction}`);
  }
  const axes = checkAxes(name, axis, x.rank);
  const count = sizeAlong(x.shape, axes);
  const divisor = Math.max(count - correction, 0);
  if (isFloat(x.dtype)) return varianceOver(x, axes, keepDims, count, divisor);
  return syncScope(() => varianceOver(floats(x), axes, keepDims, count, divisor));
}

/** sum (x - mean)^2 / divisor. Gradient: 2 (x - mean) dy / divisor, as the distances from the mean add up to 0. */
function varianceOver(x: Tensor, axes: readonly number[], keepDims: boolean, count: number, divisor: number): Tensor {
  const centre = foldAxes('variance', 'mean', x, axes, foldedShape(x.shape, axes));
  const squares = pairElements('squaredDifference', x, centre);
  const y = foldAxes('variance', 'mean', squares, axes, resultShape(x.shape, axes, keepDims));
  release(centre);
  release(squares);
  const buffer = bufferOf('variance', y);
  if (divisor !== count) y.device.kernels.binaryScalar('mul', buffer, count / divisor, buffer, false);
  const rule = (dy: Tensor): Tensor => {
    const fromMean = sub(x, meanOver(x, axes, true));
    return mul(fromMean, reshape(mul(dy, 2 / divisor), foldedShape(x.shape, axes)));
  };
  record(y, [x], [rule]);
  return y;
}

/**
 * Variance over axes, by default all: the squared distances from the mean, summed and divided by n - `correction` (default 0).
 * Whole numbers become float32. NaN for none.
 * @throws {OptionError} for a negative or NaN correction, and for an axis out of range or given twice
 */
export function variance(x: Tensor<Shape>, options: VarianceOptions = {}): Tensor {
  return spread('variance', x, options);
}

/** Square root of the variance; whole numbers become float32. @throws {OptionError} as `variance` */
export function std(x: Tensor<Shape>, options: VarianceOptions = {}): Tensor {
  return syncScope(() => sqrt(spread('std', x, options)));
}
