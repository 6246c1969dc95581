/** Circular and hyperbolic functions, angles in radians. */
import type { Shape } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { add, div, mul, neg, sub } from './arithmetic.js';
import { binary, type Operand, sumLike } from './binary.js';
import { mapElements } from './elementwise.js';
import { rsqrt, square } from './exponential.js';

/** sin(x). */
export function sin<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('sin', x);
  record(y, [x], [(g) => mul(g, cos(x))]);
  return y;
}

/** cos(x). */
export function cos<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('cos', x);
  record(y, [x], [(g) => neg(mul(g, sin(x)))]);
  return y;
}

/** tan(x). */
export function tan<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('tan', x);
  record(y, [x], [(g) => mul(g, add(square(y), 1))]);
  return y;
}

/** The angle in [-pi/2, pi/2] whose sine is x. */
export function asin<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('asin', x);
  record(y, [x], [(g) => mul(g, rsqrt(sub(1, square(x))))]);
  return y;
}

/** The angle in [0, pi] whose cosine is x. */
export function acos<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('acos', x);
  record(y, [x], [(g) => neg(mul(g, rsqrt(sub(1, square(x)))))]);
  return y;
}

/** The angle in (-pi/2, pi/2) whose tangent is x. */
export function atan<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('atan', x);
  record(y, [x], [(g) => div(g, add(square(x), 1))]);
  return y;
}

/** The angle of the point (b, a), in (-pi, pi]. @throws {ShapeError} if the shapes do not broadcast */
export function atan2(a: Operand, b: Operand): Tensor {
  return binary(
    'atan2',
    a,
    b,
    (y, x) => [
      (g) => sumLike(div(mul(g, x), squaredLength(x, y)), y),
      (g) => neg(sumLike(div(mul(g, y), squaredLength(x, y)), x)),
    ],
    true,
  );
}

function squaredLength(a: Operand, b: Operand): Tensor {
  const squared = (x: Operand): Operand => (typeof x === 'number' ? x * x : square(x));
  return add(squared(a), squared(b));
}

/** (e^x - e^-x) / 2. */
export function sinh<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('sinh', x);
  record(y, [x], [(g) => mul(g, cosh(x))]);
  return y;
}

/** (e^x + e^-x) / 2. */
export function cosh<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('cosh', x);
  record(y, [x], [(g) => mul(g, sinh(x))]);
  return y;
}
