/** Elementwise kernels on the GPU. */
import { type DType, newArray } from '../dtype.js';
import type { BinaryOp, CompareOp, ElementwiseKernels, TestOp, UnaryOp } from '../table/elementwise.js';
import { EXACT, type GpuBuffer } from './buffer.js';
import type { GpuKernels } from './plan.js';

/** Each function of `p`, as an expression; the helper functions keep NaN, infinities and signs. */
const unaryTexts: Readonly<Record<UnaryOp, string>> = {
  neg: '-p',
  abs: 'Math.abs(p)',
  sign: 'signOf(p)',
  square: 'p * p',
  sqrt: 'Math.sqrt(p)',
  rsqrt: '1 / Math.sqrt(p)',
  reciprocal: '1 / p',
  exp: 'exponential(p)',
  expm1: 'exponentialMinusOne(p)',
  log: 'logarithm(p)',
  log1p: 'logarithmOnePlus(p)',
  sin: 'sine(p)',
  cos: 'cosine(p)',
  tan: 'tangent(p)',
  asin: 'arcSine(p)',
  acos: 'arcCosine(p)',
  atan: 'arcTangent(p)',
  sinh: 'hyperbolicSine(p)',
  cosh: 'hyperbolicCosine(p)',
  tanh: 'hyperbolicTangent(p)',
  sigmoid: 'sigmoid(p)',
  softplus: 'softplus(p)',
  relu: 'isNan(p) ? p : Math.max(p, 0)',
  gelu: 'gelu(p)',
  geluTanh: 'geluTanh(p)',
  silu: 'silu(p)',
  erf: 'errorFunction(p)',
  floor: 'Math.floor(p)',
  ceil: 'Math.ceil(p)',
  round: 'roundHalfEven(p)',
  trunc: 'Math.trunc(p)',
};

/** Functions of `p` and `q`. */
const binaryTexts: Readonly<Record<BinaryOp, string>> = {
  add: 'p + q',
  sub: 'p - q',
  mul: 'p * q',
  div: 'p / q',
  pow: 'power(p, q)',
  maximum: 'isNan(q) || (!isNan(p) && q > p) ? q : p',
  minimum: 'isNan(q) || (!isNan(p) && q < p) ? q : p',
  mod: 'modulus(p, q)',
  atan2: 'arcTangent2(p, q)',
  squaredDifference: '(p - q) * (p - q)',
  reluGrad: 'p <= 0 ? 0.0 : q',
  tanhGrad: 'q * (1 - p * p)',
  sigmoidGrad: 'q * p * (1 - p)',
  geluGrad: 'q * geluSlope(p)',
  geluTanhGrad: 'q * geluTanhSlope(p)',
  siluGrad: 'q * siluSlope(p)',
};

/** Conditions on `p` and `q`, which may be NaN unless `whole`. */
function comparison(op: CompareOp, whole: boolean): string {
  const ordered = whole ? '' : '!isNan(p) && !isNan(q) && ';
  switch (op) {
    case 'equal':
      return `${ordered}p === q`;
    case 'notEqual':
      return whole ? 'p !== q' : 'isNan(p) || isNan(q) || p !== q';
    case 'less':
      return `${ordered}p < q`;
    case 'lessEqual':
      return `${ordered}p <= q`;
    case 'greater':
      return `${ordered}p > q`;
    case 'greaterEqual':
      return `${ordered}p >= q`;
    case 'and':
      return 'p !== 0 && q !== 0';
    case 'or':
      return 'p !== 0 || q !== 0';
    case 'xor':
      return '(p !== 0 && q === 0) || (p === 0 && q !== 0)';
  }
}

const testTexts: Readonly<Record<TestOp, string>> = {
  isNaN: 'isNan(p)',
  isFinite: 'isFinite(p)',
  not: 'p === 0',
};

/** What becomes of `p` in the element type `to`. Whole numbers of float32 up to 2^31 stay what they are on the GPU. */
function conversion(from: DType, to: DType): string {
  if (from === to || to === 'float32') return 'p';
  if (to === 'bool') return 'p === 0 ? 0.0 : 1.0';
  if (to === 'uint8') return 'isNan(p) || p <= 0 ? 0.0 : Math.min(Math.trunc(p), 255)';
  return from === 'float32' ? 'isNan(p) ? 0.0 : Math.min(Math.max(Math.trunc(p), -2147483648), 2147483648)' : 'p';
}

/** A number as an element of the type, or undefined if the GPU cannot hold it. */
export function elementOf(dtype: DType, value: number): number | undefined {
  const [stored] = newArray(dtype, 1).fill(value) as Float32Array;
  return dtype === 'int32' && Math.abs(stored!) > EXACT ? undefined : stored;
}

/** A product where the exponent is small and whole. */
function powerText(exponent: number): string | undefined {
  if (exponent === 2) return 'p * p';
  if (exponent === 3) return 'p * p * p';
  return exponent === -1 ? '1 / p' : undefined;
}

/** Operations whose result is one of the operands, or its opposite: exact whatever they are. */
const choosing: ReadonlySet<string> = new Set(['neg', 'abs', 'sign', 'maximum', 'minimum']);

/** The greatest magnitude of a whole result, or undefined where it may leave what float32 holds exactly. */
function wholeBound(op: UnaryOp | BinaryOp, a: number, b = 0): number | undefined {
  const bounds: Partial<Record<UnaryOp | BinaryOp, number>> = {
    neg: a,
    abs: a,
    sign: 1,
    square: a * a,
    add: a + b,
    sub: a + b,
    mul: a * b,
    maximum: Math.max(a, b),
    minimum: Math.max(a, b),
    squaredDifference: (a + b) ** 2,
  };
  const bound = bounds[op] ?? Number.POSITIVE_INFINITY;
  return bound <= EXACT || choosing.has(op) ? bound : undefined;
}

export const elementwise: GpuKernels<ElementwiseKernels<GpuBuffer>> = {
  unary(plan, op, x, out) {
    if (out.dtype === 'float32') return void plan.map({ text: unaryTexts[op], operands: [x], out });
    const bound = wholeBound(op, x.bound);
    if (bound === undefined) return false;
    plan.map({ text: op === 'neg' ? '0 - p' : unaryTexts[op], operands: [x], bound, out });
  },

  binary(plan, op, a, b, out, broadcast) {
    const bound = out.dtype === 'float32' ? 0 : wholeBound(op, a.bound, b.bound);
    if (bound === undefined) return false;
    plan.map({ text: binaryTexts[op], operands: [a, b], broadcast, bound, out });
  },

  binaryScalar(plan, op, x, scalar, out, swap) {
    const isFloat = out.dtype === 'float32';
    const bound = isFloat ? 0 : wholeBound(op, x.bound, Math.abs(scalar));
    if (bound === undefined || (!isFloat && elementOf(out.dtype, scalar) !== scalar)) return false;
    const text = (op === 'pow' && !swap && powerText(scalar)) || binaryTexts[op];
    const [p, q] = swap ? ['scalar', 'p'] : ['p', 'scalar'];
    const ordered = text.replace(/\b[pq]\b/g, (operand) => (operand === 'p' ? p! : q!));
    plan.map({ text: ordered, operands: [x], numbers: { scalar }, bound, out });
  },

  compare(plan, op, a, b, out, broadcast) {
    const whole = a.dtype !== 'float32' && b.dtype !== 'float32';
    plan.map({ text: `(${comparison(op, whole)}) ? 1.0 : 0.0`, operands: [a, b], broadcast, out });
  },

  test(plan, op, x, out) {
    plan.map({ text: `(${testTexts[op]}) ? 1.0 : 0.0`, operands: [x], out });
  },

  where(plan, condition, a, b, out, broadcast) {
    plan.map({
      text: 'p !== 0 ? q : r',
      operands: [condition, a, b],
      broadcast,
      bound: Math.max(a.bound, b.bound),
      out,
    });
  },

  clip(plan, x, out, low, high) {
    const whole = [low, high].every((bound) => !Number.isFinite(bound) || elementOf(out.dtype, bound) === bound);
    if (Number.isNaN(low) || Number.isNaN(high) || (out.dtype !== 'float32' && !whole)) return false;
    const text = 'isNan(p) ? p : Math.min(Math.max(p, low), high)';
    plan.map({ text, operands: [x], numbers: { low, high }, out });
  },

  cast(plan, x, out, to) {
    plan.map({ text: conversion(x.dtype, to), operands: [x], bound: x.bound, out });
  },

  fill(plan, out, value) {
    const element = elementOf(out.dtype, value);
    if (element === undefined) return false;
    plan.map({ text: 'element', operands: [], numbers: { element }, bound: Math.abs(element), out });
  },
};
