/** Cases of circular and hyperbolic functions. */
import * as t from '../../src/index.js';
import { type Case, floats } from './case.js';
import { binaryCases, unaryCase } from './forms.js';

export const trigonometryCases: readonly Case[] = [
  unaryCase('sin', t.sin, floats([5], -9, 9)),
  unaryCase('cos', t.cos, floats([5], -9, 9)),
  unaryCase('tan', t.tan, floats([5], -1.2, 1.2)),
  unaryCase('asin', t.asin, floats([5], -0.9, 0.9)),
  unaryCase('acos', t.acos, floats([5], -0.9, 0.9)),
  unaryCase('atan', t.atan, floats([5], -9, 9)),
  ...binaryCases('atan2', t.atan2, [0.3, 2], [-2, 2]),
  unaryCase('sinh', t.sinh, floats([5])),
  unaryCase('cosh', t.cosh, floats([5])),
];
