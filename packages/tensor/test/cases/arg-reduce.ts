/** Cases of positions of extremes, which have no gradient. */
import * as t from '../../src/index.js';
import { type Case, discrete, floats } from './case.js';

export const argReduceCases: readonly Case[] = [
  discrete('argmax', 'over an axis', [floats([3, 4])], (x) => t.argmax(x, { axis: 0 })),
  discrete('argmin', 'over everything', [floats([3, 4])], (x) => t.argmin(x)),
];
