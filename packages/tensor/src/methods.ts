/** The common operations as methods of Tensor: `x.matmul(w).add(b)`. Each only calls the function of its name. */
import type { DType } from '@saccade/kernels';
import * as activation from './ops/activation.js';
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
  add(b: Operand): Tensor;
  sub(b: Operand): Tensor;
  mul(b: Operand): Tensor;
  div(b: Operand): Tensor;
  pow(b: Operand): Tensor;
  mod(b: Operand): Tensor;
  maximum(b: Operand): Tensor;
  minimum(b: Operand): Tensor;
  neg(): Tensor<S>;
  abs(): Tensor<S>;
  sign(): Tensor<S>;
  exp(): Tensor<S>;
  log(): Tensor<S>;
  sqrt(): Tensor<S>;
  square(): Tensor<S>;
  relu(): Tensor<S>;
  tanh(): Tensor<S>;
  sigmoid(): Tensor<S>;
  clip(low: number, high: number): Tensor<S>;
  cast(dtype: DType): Tensor<S>;
  equal(b: Operand): Tensor;
  notEqual(b: Operand): Tensor;
  less(b: Operand): Tensor;
  lessEqual(b: Operand): Tensor;
  greater(b: Operand): Tensor;
  greaterEqual(b: Operand): Tensor;
  sum(options?: ReduceOptions): Tensor;
  mean(options?: ReduceOptions): Tensor;
  max(options?: ReduceOptions): Tensor;
  min(options?: ReduceOptions): Tensor;
  argmax(options?: reduce.ArgOptions): Tensor;
  argmin(options?: reduce.ArgOptions): Tensor;
  softmax(options?: softmaxes.SoftmaxOptions): Tensor;
  logSoftmax(options?: softmaxes.SoftmaxOptions): Tensor;
  matmul(b: Tensor<Shape>): Tensor;
  reshape<const T extends Shape>(shape: T): Tensor<reshaping.Resolved<T>>;
  flatten(start?: number, end?: number): Tensor;
  squeeze(axes?: number | readonly number[]): Tensor;
  expandDims(axis: number): Tensor;
  transpose(order?: readonly number[]): Tensor;
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
  argmax: reduce.argmax,
  argmin: reduce.argmin,
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
