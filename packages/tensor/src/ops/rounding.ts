/** Size, sign and rounding. */
import type { Shape } from '../shape.js';
import { record } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { mul } from './arithmetic.js';
import { mapElements } from './elementwise.js';

/** |x|. The derivative at 0 is 0. */
export function abs<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('abs', x);
  record(y, [x], [(g) => mul(g, sign(x))]);
  return y;
}

/** -1, 0 or 1. The gradient is 0. */
export function sign<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return mapElements('sign', x);
}

/** The largest whole number that is not larger. The gradient is 0. */
export function floor<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return mapElements('floor', x);
}

/** The smallest whole number that is not smaller. The gradient is 0. */
export function ceil<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return mapElements('ceil', x);
}

/** The nearest whole number; halves go to the even one. The gradient is 0. */
export function round<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return mapElements('round', x);
}

/** The whole part, towards 0. The gradient is 0. */
export function trunc<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return mapElements('trunc', x);
}
