/** Cases of mean, variance and standard deviation. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';
import { foldCases } from './forms.js';

export const momentsCases: readonly Case[] = [
  ...foldCases('mean', t.mean),
  ...foldCases('variance', t.variance),
  one('variance', 'with a correction', [floats([4])], (x) => t.variance(x, { correction: 1 })),
  ...foldCases('std', t.std),
  one('std', 'with a correction', [floats([2, 4])], (x) => t.std(x, { axis: 1, correction: 1 })),
];
