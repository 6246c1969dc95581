/** Cases of rows grouped into segments. */
import * as t from '../../src/index.js';
import { type Case, floats, ints, one } from './case.js';

export const segmentCases: readonly Case[] = [
  one('segmentSum', 'with an empty segment', [floats([4, 2]), ints([2, 0, 2, 0])], (x, i) => t.segmentSum(x, i, 3)),
  one('segmentSum', 'of a vector', [floats([4]), ints([1, 1, 0, 1])], (x, i) => t.segmentSum(x, i, 2)),
  one('segmentMax', 'with every segment', [floats([4, 2]), ints([1, 0, 1, 1])], (x, i) => t.segmentMax(x, i, 2)),
  one('segmentSoftmax', 'out of order', [floats([5, 2]), ints([2, 0, 2, 0, 2])], (x, i) => t.segmentSoftmax(x, i, 3)),
];
