/** Mean, variance and standard deviation over axes. */
import { isFloat, OptionError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { deviceOf } from '../engine.js';
import { syncScope } from '../scope.js';
import { checkAxes, type Shape, sizeAlong } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { div, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { sqrt, square } from './exponential.js';
import { type ReduceOptions, reduceNames, sumOver } from './sum.js';

/** Arithmetic mean over axes; whole numbers become float32. NaN for none. @throws {OptionError} for an axis out of range or given twice */
export function mean(x: Tensor<Shape>, options: ReduceOptions = {}): Tensor {
  const { axis, keepDims = false } = checkOptions('mean', options, reduceNames);
  deviceOf('mean', x);
  const axes = checkAxes('mean', axis, x.rank);
  return syncScope(() => div(sumOver(floats(x), axes, keepDims), sizeAlong(x.shape, axes)));
}

function floats(x: Tensor<Shape>): Tensor<Shape> {
  return isFloat(x.dtype) ? x : cast(x, 'float32');
}

/** Options of variance and std. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count. Default 0. */
  readonly correction?: number | undefined;
}

function spread(name: string, x: Tensor<Shape>, options: VarianceOptions): Tensor {
  const names = ['axis', 'keepDims', 'correction'] as const;
  const { axis, keepDims = false, correction = 0 } = checkOptions(name, options, names);
  deviceOf(name, x);
  if (!(correction >= 0) || correction === Infinity) {
    throw new OptionError(`${name}: correction must be a number from 0, got ${correction}`);
  }
  const axes = checkAxes(name, axis, x.rank);
  const count = sizeAlong(x.shape, axes);
  return syncScope(() => {
    const values = floats(x);
    const centred = sub(values, div(sumOver(values, axes, true), count));
    return div(sumOver(square(centred), axes, keepDims), Math.max(count - correction, 0));
  });
}

/**
 * Variance over axes: mean squared distance from the mean, divided by n - `correction` (default 0).
 * @throws {OptionError} for a negative or NaN correction
 */
export function variance(x: Tensor<Shape>, options: VarianceOptions = {}): Tensor {
  return spread('variance', x, options);
}

/** Square root of the variance. @throws {OptionError} as `variance` */
export function std(x: Tensor<Shape>, options: VarianceOptions = {}): Tensor {
  return syncScope(() => sqrt(spread('std', x, options)));
}
