/** Cases of borders around a tensor. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';

export const padCases: readonly Case[] = [
  one('pad', 'unevenly with a value', [floats([2, 3])], (x) => t.pad(x, [[1, 0], [2, 1]], 7)), // biome-ignore format: pairs
  one('pad', 'reflected', [floats([2, 3, 2])], (x) => t.pad(x, [[1, 1], [2, 1], [0, 0]], 'reflect')), // biome-ignore format: pairs
  one('pad', 'replicated', [floats([2, 1, 3])], (x) => t.pad(x, [[0, 0], [3, 1], [2, 2]], 'replicate')), // biome-ignore format: pairs
  one('pad', 'in a circle', [floats([3, 2])], (x) => t.pad(x, [[1, 3], [2, 2]], 'circular')), // biome-ignore format: pairs
  one('pad', 'with no border', [floats([3, 2])], (x) => t.pad(x, [[0, 0], [0, 0]], 'circular')), // biome-ignore format: pairs
];
