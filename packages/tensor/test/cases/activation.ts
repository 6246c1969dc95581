/** Cases of the activations of neural networks. */
import * as t from '../../src/index.js';
import { type Case, floats, given, one } from './case.js';
import { unaryCase } from './forms.js';

export const activationCases: readonly Case[] = [
  unaryCase('tanh', t.tanh, floats([2, 3])),
  unaryCase('sigmoid', t.sigmoid, given([-9, -1, 0, 0.5, 9])),
  unaryCase('softplus', t.softplus, given([-30, -1, 0, 0.5, 30])),
  unaryCase('relu', t.relu, floats([2, 3])),
  unaryCase('gelu', t.gelu, given([-4, -0.7, 0, 0.5, 4])),
  one('gelu', 'in the tanh form', [given([-4, -0.7, 0, 0.5, 4])], (x) => t.gelu(x, 'tanh')),
  unaryCase('silu', t.silu, given([-9, -0.7, 0, 0.5, 9])),
  unaryCase('erf', t.erf, given([-3, -1, 0, 0.5, 2.5])),
];
