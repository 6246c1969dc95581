/** Activations of neural networks. */
import { type BinaryOp, OptionError } from '@saccade/kernels';
import { quote } from '../arguments.js';
import type { Shape } from '../shape.js';
import { record, recording } from '../tape.js';
import type { Tensor } from '../tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { binary } from './binary.js';
import { cast } from './cast.js';
import { greater } from './compare.js';
import { mapElements } from './elementwise.js';
import { exp, square } from './exponential.js';

/** g times the derivative at `at`: by a fused kernel, or composed while higher derivatives are recorded. */
function chain(fused: BinaryOp, at: Tensor, g: Tensor, derivative: () => Tensor): Tensor {
  if (recording()) return mul(g, derivative());
  return binary(fused, at, g, () => [(h) => h, (h) => h]);
}

/** max(x, 0). The derivative at 0 is 0. */
export function relu<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('relu', x);
  record(y, [x], [(g) => chain('reluGrad', x, g, () => cast(greater(x, 0), x.dtype))]);
  return y;
}

/** tanh(x). */
export function tanh<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('tanh', x);
  record(y, [x], [(g) => chain('tanhGrad', y, g, () => sub(1, square(y)))]);
  return y;
}

/** 1 / (1 + e^-x). */
export function sigmoid<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('sigmoid', x);
  record(y, [x], [(g) => chain('sigmoidGrad', y, g, () => mul(y, sub(1, y)))]);
  return y;
}

/** log(1 + e^x), without overflow. */
export function softplus<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('softplus', x);
  record(y, [x], [(g) => mul(g, sigmoid(x))]);
  return y;
}

/** x sigmoid(x), also called swish. */
export function silu<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('silu', x);
  const derivative = (): Tensor => {
    const s = sigmoid(x);
    return mul(s, add(1, mul(x, sub(1, s))));
  };
  record(y, [x], [(g) => chain('siluGrad', x, g, derivative)]);
  return y;
}

/** (2 / sqrt(pi)) times the integral of e^(-t^2) from 0 to x. */
export function erf<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y = mapElements('erf', x);
  const scale = 2 / Math.sqrt(Math.PI);
  record(y, [x], [(g) => mul(g, mul(exp(mul(square(x), -1)), scale))]);
  return y;
}

/** x Phi(x) with the normal distribution function Phi, exact; `tanh` takes the usual approximation of it. @throws {OptionError} for another form */
export function gelu<S extends Shape>(x: Tensor<S>, form: 'exact' | 'tanh' = 'exact'): Tensor<S> {
  if (form !== 'exact' && form !== 'tanh') {
    throw new OptionError(`gelu: form must be 'exact' or 'tanh', got ${quote(form)}`);
  }
  const y = mapElements(form === 'exact' ? 'gelu' : 'geluTanh', x, 'gelu');
  if (form === 'exact') {
    record(y, [x], [(g) => chain('geluGrad', x, g, () => exactGeluSlope(x))]);
  } else {
    record(y, [x], [(g) => chain('geluTanhGrad', x, g, () => tanhGeluSlope(x))]);
  }
  return y;
}

/** Phi(x) + x phi(x). */
function exactGeluSlope(x: Tensor): Tensor {
  const distribution = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return add(distribution, mul(x, density));
}

/** Derivative of 0.5 x (1 + tanh(c (x + 0.044715 x^3))), c = sqrt(2 / pi). */
function tanhGeluSlope(x: Tensor): Tensor {
  const c = Math.sqrt(2 / Math.PI);
  const t = tanh(mul(mul(x, add(mul(square(x), 0.044715), 1)), c));
  const inner = mul(add(mul(square(x), 3 * 0.044715), 1), c);
  return mul(add(add(t, 1), mul(x, mul(sub(1, square(t)), inner))), 0.5);
}
