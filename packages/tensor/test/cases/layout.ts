/** Cases of transpositions and shifts. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';

export const layoutCases: readonly Case[] = [
  one('transpose', 'in an order that is no swap', [floats([2, 3, 2])], (x) => t.transpose(x, [2, 0, 1])),
  one('transpose', 'reversed', [floats([2, 3])], (x) => t.transpose(x)),
  one('swapAxes', 'first and last', [floats([2, 1, 3])], (x) => t.swapAxes(x, 0, -1)),
  one('roll', 'backwards', [floats([2, 5])], (x) => t.roll(x, -7)),
  one('roll', 'not at all', [floats([3, 2])], (x) => t.roll(x, 3, 0)),
];
