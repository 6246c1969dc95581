/** The common operations as methods of Tensor: `x.matmul(w).add(b)`. Each only calls the function of its name. */
import type { DType } from '@saccade/kernels';
import * as activation from './ops/activation.js';
import { type ArgOptions, argmax, argmin } from './ops/arg-reduce.js';
import * as arithmetic from './ops/arithmetic.js';
import { at, type Index } from './ops/at.js';
import type { Operand } from './ops/binary.js';
import { cast } from './ops/cast.js';
import * as compare from './ops/compare.js';
import * as exponential from './ops/exponential.js';
import * as extremes from './ops/extremes.js';
import * as layout from './ops/layout.js';
import { matmul } from './ops/matmul.js';
import { mean } from './ops/moments.js';
import * as reduce from './ops/reduce.js';
import * as reshaping from './ops/reshape.js';
import * as rounding from './ops/rounding.js';
import * as softmaxes from './ops/softmax.js';
import { type ReduceOptions, sum } from './ops/sum.js';
import { clip } from './ops/where.js';
import { formatValues, heading } from './print.js';
import type { Shape } from './shape.js';
import { Tensor } from './tensor.js';

/** The methods of a tensor of shape `S`. */
export interface TensorMethods<S extends Shape = Shape> {
  /** this + b, broadcast. */
  add(b: Operand): Tensor;
  /** this - b, broadcast. */
  sub(b: Operand): Tensor;
  /** this times b, element by element, broadcast. */
  mul(b: Operand): Tensor;
  /** this / b in floats, broadcast. */
  div(b: Operand): Tensor;
  /** this to the power b, broadcast; NaN for a negative base with a fractional exponent. */
  pow(b: Operand): Tensor;
  /** The remainder with the divisor's sign, as % in Python. */
  mod(b: Operand): Tensor;
  /** The larger of the two, broadcast; NaN if either is. */
  maximum(b: Operand): Tensor;
  /** The smaller of the two, broadcast; NaN if either is. */
  minimum(b: Operand): Tensor;
  /** -x. */
  neg(): Tensor<S>;
  /** |x|. */
  abs(): Tensor<S>;
  /** -1, 0 or 1. */
  sign(): Tensor<S>;
  /** e^x. */
  exp(): Tensor<S>;
  /** The natural logarithm; NaN below 0. */
  log(): Tensor<S>;
  /** The square root; NaN below 0. */
  sqrt(): Tensor<S>;
  /** x^2. */
  square(): Tensor<S>;
  /** max(x, 0). */
  relu(): Tensor<S>;
  /** tanh(x). */
  tanh(): Tensor<S>;
  /** 1 / (1 + e^-x). */
  sigmoid(): Tensor<S>;
  /** min(max(x, low), high). */
  clip(low: number, high: number): Tensor<S>;
  /** The values in another element type. */
  cast(dtype: DType): Tensor<S>;
  /** Where this == b, as bool. */
  equal(b: Operand): Tensor;
  /** Where this != b, as bool. */
  notEqual(b: Operand): Tensor;
  /** Where this < b, as bool. */
  less(b: Operand): Tensor;
  /** Where this <= b, as bool. */
  lessEqual(b: Operand): Tensor;
  /** Where this > b, as bool. */
  greater(b: Operand): Tensor;
  /** Where this >= b, as bool. */
  greaterEqual(b: Operand): Tensor;
  /** Sum over axes, all by default. */
  sum(options?: ReduceOptions): Tensor;
  /** Mean over axes, all by default. */
  mean(options?: ReduceOptions): Tensor;
  /** Largest element over axes, all by default; NaN if any is. */
  max(options?: ReduceOptions): Tensor;
  /** Smallest element over axes, all by default; NaN if any is. */
  min(options?: ReduceOptions): Tensor;
  /** Position (int32) of the largest element along an axis, by default in the flattened tensor. */
  argmax(options?: ArgOptions): Tensor;
  /** Position (int32) of the smallest element along an axis, by default in the flattened tensor. */
  argmin(options?: ArgOptions): Tensor;
  /** Softmax along an axis, the last by default. */
  softmax(options?: softmaxes.SoftmaxOptions): Tensor;
  /** Log-softmax along an axis, the last by default. */
  logSoftmax(options?: softmaxes.SoftmaxOptions): Tensor;
  /** The matrix product, batched and broadcast. @throws {ShapeError} */
  matmul(b: Tensor<Shape>): Tensor;
  /** The same values in another shape; one extent may be -1. @throws {ShapeError} */
  reshape<const T extends Shape>(shape: T): Tensor<reshaping.Resolved<T>>;
  /** Joins axes `start` to `end` into one, all by default. */
  flatten(start?: number, end?: number): Tensor;
  /** Drops axes of extent 1. */
  squeeze(axes?: number | readonly number[]): Tensor;
  /** Inserts an axis of extent 1. */
  expandDims(axis: number): Tensor;
  /** Axes in another order, reversed by default. */
  transpose(order?: readonly number[]): Tensor;
  /** Part of the tensor, indexed as in NumPy: `x.at(0)`, `x.at('1:', -1)`. @throws {IndexError} */
  at(...indices: Index[]): Tensor;
  /** The values in brackets, on devices that can be read at once; elsewhere type and shape. */
  toString(): string;
}

type Operation = (x: never, ...rest: never[]) => unknown;

/** Functions whose first argument becomes `this`. */
const delegated: Record<Exclude<keyof TensorMethods, 'toString'>, Operation> = {
  add: arithmetic.add,
  sub: arithmetic.sub,
  mul: arithmetic.mul,
  div: arithmetic.div,
  pow: exponential.pow,
  mod: arithmetic.mod,
  maximum: extremes.maximum,
  minimum: extremes.minimum,
  neg: arithmetic.neg,
  abs: rounding.abs,
  sign: rounding.sign,
  exp: exponential.exp,
  log: exponential.log,
  sqrt: exponential.sqrt,
  square: exponential.square,
  relu: activation.relu,
  tanh: activation.tanh,
  sigmoid: activation.sigmoid,
  clip,
  cast,
  equal: compare.equal,
  notEqual: compare.notEqual,
  less: compare.less,
  lessEqual: compare.lessEqual,
  greater: compare.greater,
  greaterEqual: compare.greaterEqual,
  sum,
  mean,
  max: reduce.max,
  min: reduce.min,
  argmax,
  argmin,
  softmax: softmaxes.softmax,
  logSoftmax: softmaxes.logSoftmax,
  matmul: matmul as Operation,
  reshape: reshaping.reshape,
  flatten: reshaping.flatten,
  squeeze: reshaping.squeeze,
  expandDims: reshaping.expandDims,
  transpose: layout.transpose,
  at,
};

function text(t: Tensor): string {
  if (t.disposed) return `${heading(t)} (disposed)`;
  if (t.device.readSync === undefined) return heading(t);
  return `${heading(t)}\n${formatValues(t.dataSync(), t.shape, t.dtype)}`;
}

const methods: Record<PropertyKey, unknown> = {
  toString(this: Tensor) {
    return text(this);
  },
  [Symbol.for('nodejs.util.inspect.custom')](this: Tensor) {
    return text(this);
  },
};
for (const [name, operation] of Object.entries(delegated)) {
  methods[name] = function (this: Tensor, ...rest: unknown[]): unknown {
    return (operation as (...args: unknown[]) => unknown)(this, ...rest);
  };
}
for (const key of Reflect.ownKeys(methods)) {
  Object.defineProperty(Tensor.prototype, key, { value: methods[key], writable: true, configurable: true });
}
