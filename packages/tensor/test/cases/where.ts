/** Cases of choice by a condition, and of limits. */
import * as t from '../../src/index.js';
import { bools, type Case, floats, given, one } from './case.js';

export const whereCases: readonly Case[] = [
  one('clip', 'on both sides', [given([-3, -0.9, 0.2, 0.9, 3])], (x) => t.clip(x, -1, 1)),
  one('where', 'of one shape', [bools([1, 0, 1, 0], [2, 2]), floats([2, 2]), floats([2, 2])], (c, a, b) =>
    t.where(c, a, b),
  ),
  one('where', 'all repeated', [bools([1, 0]), floats([3, 1]), floats([2, 1, 1])], (c, a, b) => t.where(c, a, b)),
  one('where', 'with a number', [bools([1, 0, 1]), floats([3])], (c, a) => t.where(c, a, 0.5)),
  one('where', 'with a condition from the input', [floats([5])], (x) => t.where(t.greater(x, 0), t.square(x), 0), {
    composed: true,
  }),
];
