/** Cases of selection and accumulation by indices. */
import * as t from '../../src/index.js';
import { type Case, discrete, floats, ints, one } from './case.js';

export const indexingCases: readonly Case[] = [
  one('gather', 'with repeats', [floats([3, 2]), ints([2, 0, 2, 2])], (x, i) => t.gather(x, i)),
  one('gather', 'by a matrix along the last axis', [floats([2, 4]), ints([3, 3, 0, 1], [2, 2])], (x, i) =>
    t.gather(x, i, { axis: -1 }),
  ),
  one('scatterAdd', 'with repeats', [ints([1, 1, 3]), floats([3, 2])], (i, x) => t.scatterAdd([4, 2], i, x)),
  one('scatterAdd', 'along the last axis', [ints([0, 2, 2]), floats([2, 3])], (i, x) =>
    t.scatterAdd([2, 3], i, x, { axis: 1 }),
  ),
  one('takeAlong', 'with repeats', [floats([2, 3]), ints([2, 2, 0, 1], [2, 2])], (x, i) => t.takeAlong(x, i)),
  one('takeAlong', 'the first axis', [floats([3, 2]), ints([2, 0], [1, 2])], (x, i) => t.takeAlong(x, i, { axis: 0 })),
  one('scatterAddAlong', 'with repeats', [ints([2, 2, 0, 1], [2, 2]), floats([2, 2])], (i, x) =>
    t.scatterAddAlong([2, 3], i, x),
  ),
  discrete('oneHot', 'of positions', [ints([2, 0, 1], [3, 1])], (x) => t.oneHot(x, 4)),
];
