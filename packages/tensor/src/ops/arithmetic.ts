/** Sum, difference, product, quotient and remainder of two operands, with broadcasting. */
import type { Shape } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { binary, type Operand, sumLike } from './binary.js';
import { mapElements } from './elementwise.js';

/** -x. */
export function neg<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('neg', x);
  record(y, [x], [(g) => neg(g)]);
  return y;
}

/** a + b. @throws {ShapeError} if the shapes do not broadcast */
export function add(a: Operand, b: Operand): Tensor {
  return binary('add', a, b, () => [(g) => sumLike(g, a), (g) => sumLike(g, b)]);
}

/** a - b. @throws {ShapeError} if the shapes do not broadcast */
export function sub(a: Operand, b: Operand): Tensor {
  return binary('sub', a, b, () => [(g) => sumLike(g, a), (g) => neg(sumLike(g, b))]);
}

/** a b, element by element. @throws {ShapeError} if the shapes do not broadcast */
export function mul(a: Operand, b: Operand): Tensor {
  return binary('mul', a, b, (x, y) => [(g) => sumLike(mul(g, y), x), (g) => sumLike(mul(g, x), y)]);
}

/** a / b in floats; whole numbers become float32 first. @throws {ShapeError} if the shapes do not broadcast */
export function div(a: Operand, b: Operand): Tensor {
  return binary(
    'div',
    a,
    b,
    (x, y, out) => [(g) => sumLike(div(g, y), x), (g) => neg(sumLike(div(mul(g, out), y), y))],
    true,
  );
}

/** a - b floor(a / b): the remainder with the divisor's sign, as % in Python. @throws {ShapeError} if the shapes do not broadcast */
export function mod(a: Operand, b: Operand): Tensor {
  return binary('mod', a, b, (x, y, out) => [(g) => sumLike(g, x), (g) => sumLike(mul(g, div(sub(out, x), y)), y)]);
}

/** (a - b)^2. @throws {ShapeError} if the shapes do not broadcast */
export function squaredDifference(a: Operand, b: Operand): Tensor {
  return binary('squaredDifference', a, b, (x, y) => [
    (g) => sumLike(mul(g, mul(sub(x, y), 2)), x),
    (g) => sumLike(mul(g, mul(sub(y, x), 2)), y),
  ]);
}
