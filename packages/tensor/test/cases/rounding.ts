/** Cases of size, sign and rounding. */
import * as t from '../../src/index.js';
import { type Case, floats } from './case.js';
import { stepCase, unaryCase } from './forms.js';

export const roundingCases: readonly Case[] = [
  unaryCase('abs', t.abs, floats([2, 3])),
  stepCase('sign', t.sign),
  stepCase('floor', t.floor),
  stepCase('ceil', t.ceil),
  stepCase('round', t.round),
  stepCase('trunc', t.trunc),
];
