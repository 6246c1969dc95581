/** The larger and the smaller of two operands. */
import type { Tensor } from '../tensor.js';
import { mul, sub } from './arithmetic.js';
import { binary, type Operand, sumLike } from './binary.js';
import { equal, greater } from './compare.js';
import { where } from './where.js';

/** The gradient for the operand that is chosen where `lead` is positive: all of it there, half on ties. */
function share(lead: Tensor, g: Tensor): Tensor {
  return where(equal(lead, 0), mul(g, 0.5), where(greater(lead, 0), g, 0));
}

/** The larger of two; NaN if either is. On ties each gets half of the gradient. @throws {ShapeError} if the shapes do not broadcast */
export function maximum(a: Operand, b: Operand): Tensor {
  return binary('maximum', a, b, (x, y) => [
    (g) => sumLike(share(sub(x, y), g), x),
    (g) => sumLike(share(sub(y, x), g), y),
  ]);
}

/** The smaller of two; NaN if either is. On ties each gets half of the gradient. @throws {ShapeError} if the shapes do not broadcast */
export function minimum(a: Operand, b: Operand): Tensor {
  return binary('minimum', a, b, (x, y) => [
    (g) => sumLike(share(sub(y, x), g), x),
    (g) => sumLike(share(sub(x, y), g), y),
  ]);
}
