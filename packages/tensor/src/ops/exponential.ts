/** Exponentials, logarithms, powers and roots. */
import type { Shape } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { add, div, mul, neg, sub } from './arithmetic.js';
import { binary, type Operand, sumLike } from './binary.js';
import { greater, notEqual } from './compare.js';
import { mapElements } from './elementwise.js';
import { where } from './where.js';

/** e^x. */
export function exp<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('exp', x);
  record(y, [x], [(g) => mul(g, y)]);
  return y;
}

/** e^x - 1, exact for small x. */
export function expm1<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('expm1', x);
  record(y, [x], [(g) => mul(g, add(y, 1))]);
  return y;
}

/** The natural logarithm; NaN below 0, -Infinity at 0. */
export function log<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('log', x);
  record(y, [x], [(g) => div(g, x)]);
  return y;
}

/** log(1 + x), exact for small x. */
export function log1p<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('log1p', x);
  record(y, [x], [(g) => div(g, add(x, 1))]);
  return y;
}

/** The square root; NaN below 0. */
export function sqrt<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('sqrt', x);
  record(y, [x], [(g) => div(mul(g, 0.5), y)]);
  return y;
}

/** 1 / sqrt(x). */
export function rsqrt<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('rsqrt', x);
  record(y, [x], [(g) => mul(mul(g, -0.5), div(y, x))]);
  return y;
}

/** x^2. */
export function square<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('square', x);
  record(y, [x], [(g) => mul(g, mul(x, 2))]);
  return y;
}

/** 1 / x. */
export function reciprocal<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('reciprocal', x);
  record(y, [x], [(g) => neg(mul(g, square(y)))]);
  return y;
}

/**
 * a^b; NaN for a negative base with a fractional exponent. The gradient by the exponent is out log(a), 0 where a <= 0;
 * the one by the base is b a^(b - 1), 0 where b is 0.
 * @throws {ShapeError} if the shapes do not broadcast
 */
export function pow(a: Operand, b: Operand): Tensor {
  return binary(
    'pow',
    a,
    b,
    (x, y, out) => [(g) => sumLike(powByBase(x, y, g), x), (g) => sumLike(powByExponent(x, out, g), y)],
    true,
  );
}

function powByBase(base: Operand, exponent: Operand, g: Tensor): Tensor {
  if (exponent === 0) return mul(g, 0);
  const slope = mul(exponent, pow(base, typeof exponent === 'number' ? exponent - 1 : sub(exponent, 1)));
  return mul(g, typeof exponent === 'number' ? slope : where(notEqual(exponent, 0), slope, 0));
}

function powByExponent(base: Operand, out: Tensor, g: Tensor): Tensor {
  if (typeof base === 'number') return mul(g, mul(out, base > 0 ? Math.log(base) : 0));
  const positive = greater(base, 0);
  return where(positive, mul(g, mul(out, log(where(positive, base, 1)))), 0);
}
