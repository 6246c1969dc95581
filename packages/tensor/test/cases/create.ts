/** Cases of constants in the form of another tensor, which have no gradient. */
import * as t from '../../src/index.js';
import { type Case, discrete, floats } from './case.js';

export const createCases: readonly Case[] = [
  discrete('zerosLike', 'of a matrix', [floats([2, 2])], (x) => t.zerosLike(x)),
  discrete('onesLike', 'of a matrix', [floats([2, 2])], (x) => t.onesLike(x)),
];
