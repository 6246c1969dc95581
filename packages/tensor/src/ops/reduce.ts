/** Folds over axes: products, extremes, norms, logical tests. */
import { isFloat, OptionError, type ReduceOp, ShapeError } from '@saccade/kernels';
import { checkOptions } from '../arguments.js';
import { range } from '../create.js';
import { deviceOf } from '../engine.js';
import { requireFloat, requireType } from '../require-type.js';
import { syncScope } from '../scope.js';
import { checkAxes, type Shape, show, sizeAlong } from '../shape.js';
import { type PartialRule, record, recording } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { div, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { equal } from './compare.js';
import { exp } from './exponential.js';
import { transpose } from './layout.js';
import { reshape } from './reshape.js';
import { sign } from './rounding.js';
import { foldAxes, foldedShape, type ReduceOptions, reduceNames, resultShape, sum } from './sum.js';
import { where } from './where.js';

/** Folds, drops the axes unless they are kept, and records `rule`, which sees gradient and result with the axes kept. */
function fold(
  name: string,
  op: ReduceOp,
  x: Tensor<Shape>,
  { axis, keepDims = false }: ReduceOptions,
  rule?: (g: Tensor, y: Tensor) => Tensor,
): Tensor {
  deviceOf(name, x);
  const axes = checkAxes(name, axis, x.rank);
  const y = foldAxes(name, op, x, axes, resultShape(x.shape, axes, keepDims));
  if (rule !== undefined && isFloat(x.dtype)) {
    const partial: PartialRule = (g) => {
      const wide = foldedShape(x.shape, axes);
      return rule(reshape(g, wide), reshape(y, wide));
    };
    record(y, [x], [partial]);
  }
  return y;
}

/** Product over axes; 1 for none. bool and uint8 are multiplied in int32. @throws {OptionError} as `sum` */
export function prod(x: Tensor<Shape>, options: ReduceOptions = {}): Tensor {
  checkOptions('prod', options, reduceNames);
  deviceOf('prod', x);
  if (x.dtype === 'bool' || x.dtype === 'uint8') return syncScope(() => prod(cast(x, 'int32'), options));
  const axes = checkAxes('prod', options.axis, x.rank);
  return fold('prod', 'prod', x, options, (g, y) => {
    return mul(g, recording() ? productOfOthers(x, axes) : quotient(x, y, axes));
  });
}

/** The product of the others, as y / x where x is not 0. */
function quotient(x: Tensor, y: Tensor, axes: readonly number[]): Tensor {
  const zero = equal(x, 0);
  const ones = where(zero, 1, x);
  const zeros = sum(cast(zero, 'int32'), { axis: axes, keepDims: true });
  const others = prod(ones, { axis: axes, keepDims: true });
  return where(zero, where(equal(zeros, 1), others, 0), div(y, ones));
}

/** The same from a square of all factors with ones on its diagonal, whose derivatives are exact at zeros too. */
function productOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]));
  const order = [...kept, ...axes];
  const turned = transpose(x, order);
  const lead = kept.map((i) => x.shape[i] as number);
  const n = sizeAlong(x.shape, axes);
  const row = range(0, n, 1, { device: x.device });
  const square = where(equal(reshape(row, [n, 1]), row), 1, reshape(turned, [...lead, 1, n]));
  const others = reshape(prod(square, { axis: -1 }), turned.shape);
  return transpose(
    others,
    order.map((_, i) => order.indexOf(i)),
  );
}

/** The gradient of an extreme: shared evenly among the elements that attain it. */
function extremeGradient(x: Tensor, y: Tensor, g: Tensor): Tensor {
  const attained = cast(equal(x, y), x.dtype);
  const axes = y.shape.flatMap((extent, i) => (extent !== x.shape[i] ? [i] : []));
  return mul(attained, div(g, sum(attained, { axis: axes, keepDims: true })));
}

/** Largest or smallest: whole numbers have none of nothing, and the narrow ones are compared as int32. */
function extreme(op: 'max' | 'min', x: Tensor<Shape>, options: ReduceOptions): Tensor {
  checkOptions(op, options, reduceNames);
  deviceOf(op, x);
  if (!isFloat(x.dtype) && sizeAlong(x.shape, checkAxes(op, options.axis, x.rank)) === 0) {
    throw new ShapeError(
      `${op}: nothing to compare along axis ${options.axis ?? 'any'} of ${x.dtype} ${show(x.shape)}`,
    );
  }
  if (x.dtype === 'bool' || x.dtype === 'uint8') {
    return syncScope(() => cast(extreme(op, cast(x, 'int32'), options), x.dtype));
  }
  return fold(op, op, x, options, (g, y) => extremeGradient(x, y, g));
}

/**
 * The largest element over axes; NaN if any is NaN, -Infinity for none. Ties share the gradient.
 * @throws {ShapeError} for none of whole numbers
 */
export function max(x: Tensor<Shape>, options: ReduceOptions = {}): Tensor {
  return extreme('max', x, options);
}

/**
 * The smallest element over axes; NaN if any is NaN, Infinity for none. Ties share the gradient.
 * @throws {ShapeError} for none of whole numbers
 */
export function min(x: Tensor<Shape>, options: ReduceOptions = {}): Tensor {
  return extreme('min', x, options);
}

/** log(sum(e^x)) over axes, without overflow; -Infinity for none. @throws {DTypeError} unless floats @throws {OptionError} as `sum` */
export function logSumExp(x: Tensor<Shape>, options: ReduceOptions = {}): Tensor {
  checkOptions('logSumExp', options, reduceNames);
  requireFloat('logSumExp', x);
  return fold('logSumExp', 'logSumExp', x, options, (g, y) => {
    // A row of -Infinity alone has weight nowhere.
    const shift = where(equal(y, -Infinity), 0, y);
    return mul(g, exp(sub(x, shift)));
  });
}

/** The 1-norm or 2-norm over axes. The gradient at the zero vector is 0. @throws {OptionError} for another order */
export function norm(x: Tensor<Shape>, options: ReduceOptions & { readonly order?: 1 | 2 | undefined } = {}): Tensor {
  const { order = 2 } = checkOptions('norm', options, ['axis', 'keepDims', 'order']);
  requireFloat('norm', x);
  if (order === 1) return fold('norm', 'norm1', x, options, (g) => mul(g, sign(x)));
  if (order !== 2) throw new OptionError(`norm: order must be 1 or 2, got ${order}`);
  return fold('norm', 'norm2', x, options, (g, y) => mul(g, div(x, where(equal(y, 0), 1, y))));
}

/** Whether any element over axes is true. @throws {DTypeError} unless bool */
export function any(x: Tensor<Shape>, options: ReduceOptions = {}): Tensor {
  checkOptions('any', options, reduceNames);
  deviceOf('any', x);
  requireType('any', 'x', x, 'bool');
  return fold('any', 'any', x, options);
}

/** Whether all elements over axes are true. @throws {DTypeError} unless bool */
export function all(x: Tensor<Shape>, options: ReduceOptions = {}): Tensor {
  checkOptions('all', options, reduceNames);
  deviceOf('all', x);
  requireType('all', 'x', x, 'bool');
  return fold('all', 'all', x, options);
}
