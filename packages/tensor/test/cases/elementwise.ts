/** Cases of operations that treat each element on its own. */
import * as t from '../../src/index.js';
import { bools, type Case, floats, given, type Input, ints, one } from './case.js';

type Unary = (x: t.Tensor) => t.Tensor;
type Binary = (a: t.Operand, b: t.Operand) => t.Tensor;

/** Unary functions with an interval inside their domain. */
const unary: readonly (readonly [string, Unary, Input])[] = [
  ['neg', t.neg, floats([5])],
  ['abs', t.abs, floats([2, 3])],
  ['square', t.square, floats([5])],
  ['sqrt', t.sqrt, floats([5], 0.1, 3)],
  ['rsqrt', t.rsqrt, floats([5], 0.2, 3)],
  ['reciprocal', t.reciprocal, floats([5], 0.3, 3)],
  ['exp', t.exp, floats([5])],
  ['expm1', t.expm1, given([-2, -1e-3, 0, 1e-3, 1])],
  ['log', t.log, floats([5], 0.1, 3)],
  ['log1p', t.log1p, given([-0.9, -1e-3, 0, 1e-3, 5])],
  ['sin', t.sin, floats([5], -9, 9)],
  ['cos', t.cos, floats([5], -9, 9)],
  ['tan', t.tan, floats([5], -1.2, 1.2)],
  ['asin', t.asin, floats([5], -0.9, 0.9)],
  ['acos', t.acos, floats([5], -0.9, 0.9)],
  ['atan', t.atan, floats([5], -9, 9)],
  ['sinh', t.sinh, floats([5])],
  ['cosh', t.cosh, floats([5])],
  ['tanh', t.tanh, floats([2, 3])],
  ['sigmoid', t.sigmoid, given([-9, -1, 0, 0.5, 9])],
  ['softplus', t.softplus, given([-30, -1, 0, 0.5, 30])],
  ['relu', t.relu, floats([2, 3])],
  ['gelu', t.gelu, given([-4, -0.7, 0, 0.5, 4])],
  ['silu', t.silu, given([-9, -0.7, 0, 0.5, 9])],
  ['erf', t.erf, given([-3, -1, 0, 0.5, 2.5])],
];

/** Steps: the gradient is 0. */
const steps: readonly (readonly [string, Unary])[] = [
  ['sign', t.sign],
  ['floor', t.floor],
  ['ceil', t.ceil],
  ['round', t.round],
  ['trunc', t.trunc],
];

/** Binary functions with intervals for both sides. */
const binary: readonly (readonly [string, Binary, readonly [number, number], readonly [number, number]])[] = [
  ['add', t.add, [-2, 2], [-2, 2]],
  ['sub', t.sub, [-2, 2], [-2, 2]],
  ['mul', t.mul, [-2, 2], [-2, 2]],
  ['div', t.div, [-2, 2], [0.5, 2]],
  ['mod', t.mod, [-5, 5], [1.1, 2.3]],
  ['pow', t.pow, [0.3, 2], [-2, 3]],
  ['maximum', t.maximum, [-2, 2], [-2, 2]],
  ['minimum', t.minimum, [-2, 2], [-2, 2]],
  ['squaredDifference', t.squaredDifference, [-2, 2], [-2, 2]],
  ['atan2', t.atan2, [0.3, 2], [-2, 2]],
];

const shapes: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['of one shape', [2, 3], [2, 3]],
  ['with the right side repeated', [2, 3], [3]],
  ['with the left side repeated', [3], [2, 3]],
  ['with both sides repeated', [2, 1, 3], [4, 1]],
  ['with a scalar tensor', [], [2, 2]],
  ['without elements', [0, 3], [3]],
];

export const elementwiseCases: readonly Case[] = [
  ...unary.map(([op, f, input]) => one(op, 'of a vector', [input], (x) => f(x))),
  ...steps.map(([op, f]) => one(op, 'between the steps', [given([-1.7, -0.2, 0.4, 2.6])], (x) => f(x))),
  one('gelu', 'in the tanh form', [given([-4, -0.7, 0, 0.5, 4])], (x) => t.gelu(x, 'tanh')),
  ...binary.flatMap(([op, f, a, b]) => [
    ...shapes.map(([name, left, right]) => one(op, name, [floats(left, ...a), floats(right, ...b)], (x, y) => f(x, y))),
    one(op, 'of a tensor and a number', [floats([4], ...a)], (x) => f(x, 1.3)),
    one(op, 'of a number and a tensor', [floats([4], ...b)], (y) => f(1.3, y)),
    one(op, 'of a tensor with itself', [floats([3], 0.6, 1.9)], (x) => f(x, x), {
      smooth: !['mod', 'maximum', 'minimum'].includes(op),
    }),
  ]),
  ...[0, 1, 2, 3, 0.5, -1].map((exponent) =>
    one('pow', `to the number ${exponent}`, [floats([4], 0.2, 2)], (x) => t.pow(x, exponent)),
  ),
  one('pow', 'of negative bases to whole numbers', [floats([4], -2, -0.3)], (x) => t.pow(x, 3)),
  one('pow', 'of 0 to whole numbers', [given([0, 0, 1])], (x) => t.pow(x, 2)),
  one('cast', 'from int32', [ints([1, -2])], (x) => t.cast(x, 'float32'), { smooth: false }),
  one('cast', 'to the same type', [floats([2, 2])], (x) => t.cast(x, x.dtype)),
  one('cast', 'to int32 and back', [floats([2, 2])], (x) => t.cast(t.cast(x, 'int32'), 'float32'), {
    composed: true,
    smooth: false,
  }),
  one('clip', 'on both sides', [given([-3, -0.9, 0.2, 0.9, 3])], (x) => t.clip(x, -1, 1)),
  one('where', 'of one shape', [bools([1, 0, 1, 0], [2, 2]), floats([2, 2]), floats([2, 2])], (c, a, b) =>
    t.where(c, a, b),
  ),
  one('where', 'all repeated', [bools([1, 0]), floats([3, 1]), floats([2, 1, 1])], (c, a, b) => t.where(c, a, b)),
  one('where', 'with a number', [bools([1, 0, 1]), floats([3])], (c, a) => t.where(c, a, 0.5)),
  one('where', 'with a condition from the input', [floats([5])], (x) => t.where(t.greater(x, 0), t.square(x), 0), {
    composed: true,
  }),
];
