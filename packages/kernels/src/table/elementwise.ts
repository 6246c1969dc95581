/** Kernels that treat each element on its own: unary and binary maths, comparisons, choice, casts. */
import type { DType } from '../dtype.js';

/**
 * Functions of one element. Floats in, floats out; `neg`, `abs`, `sign`, `square` also take int32.
 * NaN goes in and comes out, except `isNaN`/`isFinite`, which are kernels of their own below.
 * Accuracy on `wasm`: within 4 units in the last place of float32; `erf`, `gelu`, `geluTanh`: 2e-7 of max(1, |result|);
 * `sigmoid` below 4.5e-39 may be 0.
 * `gelu` is the exact one, x Phi(x); `geluTanh` the tanh approximation; `silu` x sigmoid(x);
 * `softplus` log(1 + e^x), stable for large |x|; `round` halves to even.
 */
export const unaryOps = [
  'neg',
  'abs',
  'sign',
  'square',
  'sqrt',
  'rsqrt',
  'reciprocal',
  'exp',
  'expm1',
  'log',
  'log1p',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'sigmoid',
  'softplus',
  'relu',
  'gelu',
  'geluTanh',
  'silu',
  'erf',
  'floor',
  'ceil',
  'round',
  'trunc',
] as const;
export type UnaryOp = (typeof unaryOps)[number];

/**
 * Functions of two elements with a result of the same type (float32, float64, int32).
 * `maximum`/`minimum` give NaN if either is NaN. `div` of int32 truncates towards zero; int32 `div` and `mod` by zero
 * give 0. `mod` has the sign of the divisor (as Python's %). `pow` of a negative base takes whole exponents only, else NaN.
 * The `…Grad` functions multiply an upstream gradient `b` by a derivative taken at `a`:
 * `reluGrad` (0 at 0), `geluGrad`, `geluTanhGrad`, `siluGrad` at the input; `tanhGrad`, `sigmoidGrad` at the output.
 */
export const binaryOps = [
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'maximum',
  'minimum',
  'mod',
  'atan2',
  'squaredDifference',
  'reluGrad',
  'tanhGrad',
  'sigmoidGrad',
  'geluGrad',
  'geluTanhGrad',
  'siluGrad',
] as const;
export type BinaryOp = (typeof binaryOps)[number];

/** Comparisons and logic, written as 0 or 1 to a bool buffer. NaN compares as in IEEE 754. `and`, `or`, `xor` take bool or uint8. */
export const compareOps = [
  'equal',
  'notEqual',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'and',
  'or',
  'xor',
] as const;
export type CompareOp = (typeof compareOps)[number];

/** Tests of one element, written as 0 or 1 to a bool buffer. `not` is true for 0. */
export const testOps = ['isNaN', 'isFinite', 'not'] as const;
export type TestOp = (typeof testOps)[number];

/**
 * How two or three inputs are broadcast to one output, in elements: output element at index `i`
 * reads `a[sum(i * aStrides)]`. A stride of 0 repeats. `shape` and strides have the same length.
 */
export interface Broadcast {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

export interface ElementwiseKernels<B> {
  /** out[i] = op(x[i]). `out` may be `x`. */
  unary(op: UnaryOp, x: B, out: B): void;
  /** out = op(a, b); without `broadcast` all three have one length. `out` may be an input of the same layout. */
  binary(op: BinaryOp, a: B, b: B, out: B, broadcast?: Broadcast): void;
  /** out[i] = op(x[i], scalar), or op(scalar, x[i]) if `swap`. `out` may be `x`. */
  binaryScalar(op: BinaryOp, x: B, scalar: number, out: B, swap: boolean): void;
  /** out (bool) = op(a, b). */
  compare(op: CompareOp, a: B, b: B, out: B, broadcast?: Broadcast): void;
  /** out (bool) = op(x). */
  test(op: TestOp, x: B, out: B): void;
  /** out = condition ? a : b; `condition` is bool or uint8, strides in the order condition, a, b. */
  where(condition: B, a: B, b: B, out: B, broadcast?: Broadcast): void;
  /** out[i] = min(max(x[i], low), high); NaN stays NaN. */
  clip(x: B, out: B, low: number, high: number): void;
  /** Converts to the element type `to`, that of `out`. Float to int32 truncates and saturates, NaN to 0; to uint8 saturates; to bool is x != 0. */
  cast(x: B, out: B, to: DType): void;
  /** out[i] = value. */
  fill(out: B, value: number): void;
}
