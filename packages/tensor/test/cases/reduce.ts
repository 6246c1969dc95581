/** Cases of folds over axes: products, extremes, norms, logical tests. */
import * as t from '../../src/index.js';
import { bools, type Case, discrete, floats, given, one } from './case.js';
import { foldCases } from './forms.js';

export const reduceCases: readonly Case[] = [
  ...foldCases('prod', t.prod, 0.5, 2),
  one('prod', 'with one zero', [given([2, 0, 3, 1, 2, 4], [2, 3])], (x) => t.prod(x, { axis: 1 })),
  one('prod', 'with two zeros', [given([2, 0, 3, 0])], (x) => t.prod(x)),
  ...foldCases('max', t.max),
  one('max', 'over no axis', [floats([2, 2])], (x) => t.max(x, { axis: [] })),
  ...foldCases('min', t.min),
  ...foldCases('logSumExp', t.logSumExp),
  ...foldCases('norm', t.norm),
  one('norm', 'of order 1', [floats([2, 3])], (x) => t.norm(x, { axis: 0, order: 1 })),
  discrete('any', 'over an axis', [bools([0, 0, 1, 0], [2, 2])], (x) => t.any(x, { axis: 1 })),
  discrete('all', 'over an axis', [bools([1, 1, 1, 0], [2, 2])], (x) => t.all(x, { axis: 1 })),
];
