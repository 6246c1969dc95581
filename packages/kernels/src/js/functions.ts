/** The functions of one and two numbers behind the oracle's elementwise kernels, in float64. */
import type { BinaryOp, CompareOp, TestOp, UnaryOp } from '../table/elementwise.js';

/** erfc(x) for x >= 2: a continued fraction. */
function erfcLarge(x: number): number {
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction));
}

/** erf(x) for |x| < 2: e^(-x^2) times a series of positive terms. */
function erfSmall(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 60; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The error function. */
export function erf(x: number): number {
  return Math.abs(x) < 2 ? erfSmall(x) : x > 0 ? 1 - erfcLarge(x) : x < 0 ? erfcLarge(-x) - 1 : x;
}

/** Distribution function of the normal distribution; its lower tail keeps its digits. */
function phi(x: number): number {
  const y = -x / Math.SQRT2;
  return y < 2 ? (y > -2 ? 0.5 * (1 - erfSmall(y)) : 1 - 0.5 * erfcLarge(-y)) : 0.5 * erfcLarge(y);
}

const sigmoid = (x: number): number => {
  const e = Math.exp(-Math.abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
};

const roundHalfEven = (x: number): number => {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
};

/** sqrt(2 / pi), and the tanh approximation's inner function 2 sqrt(2 / pi) (x + 0.044715 x^3). */
const ROOT = Math.sqrt(2 / Math.PI);
const geluTanhInner = (x: number): number => 2 * ROOT * x * (1 + 0.044715 * x * x);

export const unaryFunctions: Readonly<Record<UnaryOp, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  square: (x) => x * x,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  sigmoid,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  relu: (x) => Math.max(x, 0),
  gelu: (x) => x * phi(x),
  geluTanh: (x) => x * sigmoid(geluTanhInner(x)),
  silu: (x) => x * sigmoid(x),
  erf,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
};

const mod = (a: number, b: number): number => {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
};

export const binaryFunctions: Readonly<Record<BinaryOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  mod,
  atan2: Math.atan2,
  squaredDifference: (a, b) => (a - b) * (a - b),
  reluGrad: (a, b) => (a <= 0 ? 0 : b),
  tanhGrad: (a, b) => b * (1 - a * a),
  sigmoidGrad: (a, b) => b * a * (1 - a),
  geluGrad: (a, b) => b * (phi(a) + (a * Math.exp((-a * a) / 2)) / Math.sqrt(2 * Math.PI)),
  geluTanhGrad: (a, b) => {
    const s = sigmoid(geluTanhInner(a));
    return b * (s + a * s * (1 - s) * 2 * ROOT * (1 + 3 * 0.044715 * a * a));
  },
  siluGrad: (a, b) => {
    const s = sigmoid(a);
    return b * s * (1 + a * (1 - s));
  },
};

/** The functions whose int32 form is not the float one cut to 32 bits. */
export const intFunctions: Readonly<Partial<Record<BinaryOp, (a: number, b: number) => number>>> = {
  mul: Math.imul,
  div: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
  mod: (a, b) => (b === 0 ? 0 : mod(a, b)),
  squaredDifference: (a, b) => Math.imul(a - b, a - b),
};

export const compareFunctions: Readonly<Record<CompareOp, (a: number, b: number) => boolean>> = {
  equal: (a, b) => a === b,
  notEqual: (a, b) => a !== b,
  less: (a, b) => a < b,
  lessEqual: (a, b) => a <= b,
  greater: (a, b) => a > b,
  greaterEqual: (a, b) => a >= b,
  and: (a, b) => a !== 0 && b !== 0,
  or: (a, b) => a !== 0 || b !== 0,
  xor: (a, b) => (a !== 0) !== (b !== 0),
};

export const testFunctions: Readonly<Record<TestOp, (x: number) => boolean>> = {
  isNaN: Number.isNaN,
  isFinite: Number.isFinite,
  not: (x) => x === 0,
};
