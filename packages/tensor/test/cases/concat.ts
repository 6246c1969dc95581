/** Cases of joins and parts. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';

export const concatCases: readonly Case[] = [
  one('concat', 'along a middle axis', [floats([2, 1, 2]), floats([2, 2, 2])], (x, y) => t.concat([x, y], 1)),
  one('concat', 'a tensor with itself and nothing', [floats([2, 2]), floats([0, 2])], (x, e) => t.concat([x, e, x])),
  one('stack', 'along a new last axis', [floats([2, 2]), floats([2, 2])], (x, y) => t.stack([x, y], -1)),
  one('unstack', 'the middle axis', [floats([2, 3, 2])], (x) => t.unstack(x, 1)),
  one('split', 'in equal parts', [floats([4, 2])], (x) => t.split(x, 2)),
  one('split', 'by lengths', [floats([2, 5])], (x) => t.split(x, [1, 0, 4], 1)),
  one('tile', 'two axes', [floats([2, 1])], (x) => t.tile(x, [2, 3])),
  one('tile', 'nothing', [floats([2, 1])], (x) => t.tile(x, [1, 1])),
];
