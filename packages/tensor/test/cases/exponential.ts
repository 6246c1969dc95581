/** Cases of exponentials, logarithms, powers and roots. */
import * as t from '../../src/index.js';
import { type Case, floats, given, one } from './case.js';
import { binaryCases, unaryCase } from './forms.js';

export const exponentialCases: readonly Case[] = [
  unaryCase('square', t.square, floats([5])),
  unaryCase('sqrt', t.sqrt, floats([5], 0.1, 3)),
  unaryCase('rsqrt', t.rsqrt, floats([5], 0.2, 3)),
  unaryCase('reciprocal', t.reciprocal, floats([5], 0.3, 3)),
  unaryCase('exp', t.exp, floats([5])),
  unaryCase('expm1', t.expm1, given([-2, -1e-3, 0, 1e-3, 1])),
  unaryCase('log', t.log, floats([5], 0.1, 3)),
  unaryCase('log1p', t.log1p, given([-0.9, -1e-3, 0, 1e-3, 5])),
  ...binaryCases('pow', t.pow, [0.3, 2], [-2, 3]),
  ...[0, 1, 2, 3, 0.5, -1].map((exponent) =>
    one('pow', `to the number ${exponent}`, [floats([4], 0.2, 2)], (x) => t.pow(x, exponent)),
  ),
  one('pow', 'of negative bases to whole numbers', [floats([4], -2, -0.3)], (x) => t.pow(x, 3)),
  one('pow', 'of 0 to whole numbers', [given([0, 0, 1])], (x) => t.pow(x, 2)),
];
