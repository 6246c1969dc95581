/** Cases of sums over axes, and of repeating. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';
import { foldCases } from './forms.js';

export const sumCases: readonly Case[] = [
  ...foldCases('sum', t.sum),
  one('sum', 'over no axis', [floats([2, 2])], (x) => t.sum(x, { axis: [] })),
  one('sumTo', 'a shape in the middle', [floats([2, 3, 2])], (x) => t.sumTo(x, [3, 1])),
  one('sumTo', 'its own shape', [floats([2, 2])], (x) => t.sumTo(x, [2, 2])),
  one('broadcastTo', 'more and longer axes', [floats([2, 1])], (x) => t.broadcastTo(x, [3, 2, 2])),
  one('broadcastTo', 'its own shape', [floats([2, 2])], (x) => t.broadcastTo(x, [2, 2])),
];
