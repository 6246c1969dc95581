/** Cases of comparisons and logic, which have no gradient. */
import * as t from '../../src/index.js';
import { bools, type Case, discrete, given, ints } from './case.js';

const comparisons: readonly (readonly [string, (a: t.Tensor, b: t.Operand) => t.Tensor])[] = [
  ['equal', t.equal],
  ['notEqual', t.notEqual],
  ['less', t.less],
  ['lessEqual', t.lessEqual],
  ['greater', t.greater],
  ['greaterEqual', t.greaterEqual],
];

const logic: readonly (readonly [string, (a: t.Tensor, b: t.Tensor) => t.Tensor])[] = [
  ['logicalAnd', t.logicalAnd],
  ['logicalOr', t.logicalOr],
  ['logicalXor', t.logicalXor],
];

export const compareCases: readonly Case[] = [
  ...comparisons.flatMap(([op, f]) => [
    discrete(op, 'with both sides repeated', [given([1, 2, 3], [3, 1]), given([1, 3])], (a, b) => f(a, b)),
    discrete(op, 'of whole numbers and a fraction', [ints([1, 2])], (a) => f(a, 1.5)),
  ]),
  ...logic.map(([op, f]) =>
    discrete(op, 'of all pairs', [bools([0, 0, 1, 1]), bools([0, 1, 0, 1])], (a, b) => f(a, b)),
  ),
  discrete('logicalNot', 'of both', [bools([0, 1])], (x) => t.logicalNot(x)),
  discrete('isnan', 'of odd numbers', [given([0, Number.NaN, Infinity])], (x) => t.isnan(x)),
  discrete('isfinite', 'of odd numbers', [given([0, Number.NaN, Infinity])], (x) => t.isfinite(x)),
];
