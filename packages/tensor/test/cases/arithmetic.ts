/** Cases of sums, differences, products, quotients and remainders. */
import * as t from '../../src/index.js';
import { type Case, floats } from './case.js';
import { binaryCases, unaryCase } from './forms.js';

export const arithmeticCases: readonly Case[] = [
  unaryCase('neg', t.neg, floats([5])),
  ...binaryCases('add', t.add, [-2, 2], [-2, 2]),
  ...binaryCases('sub', t.sub, [-2, 2], [-2, 2]),
  ...binaryCases('mul', t.mul, [-2, 2], [-2, 2]),
  ...binaryCases('div', t.div, [-2, 2], [0.5, 2]),
  ...binaryCases('mod', t.mod, [-5, 5], [1.1, 2.3], { kinked: true }),
  ...binaryCases('squaredDifference', t.squaredDifference, [-2, 2], [-2, 2]),
];
