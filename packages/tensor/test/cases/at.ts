/** Cases of indexing as in NumPy. */
import * as t from '../../src/index.js';
import { type Case, floats, ints, one } from './case.js';

export const atCases: readonly Case[] = [
  one('at', 'a range with a negative step', [floats([5, 2])], (x) => t.at(x, '3::-2')),
  one('at', 'a number, the rest and a new axis', [floats([2, 3, 2])], (x) => t.at(x, -1, '...', null, 1)),
  one('at', 'positions twice', [floats([4, 3]), ints([3, 0, 3]), ints([1, 1])], (x, i, j) => t.at(x, i, j)),
  one('at', 'everything', [floats([2, 2])], (x) => t.at(x, ':', '...')),
  one('at', 'nothing', [floats([2, 2])], (x) => t.at(x, '2:')),
];
