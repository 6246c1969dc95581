/** The case of what no gradient passes. */
import * as t from '../../src/index.js';
import { type Case, discrete, floats } from './case.js';

export const gradCases: readonly Case[] = [
  discrete('stopGradient', 'of a vector', [floats([3])], (x) => t.stopGradient(x)),
];
