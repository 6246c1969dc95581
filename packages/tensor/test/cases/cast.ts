/** Cases of conversion between element types. */
import * as t from '../../src/index.js';
import { type Case, floats, ints, one } from './case.js';

export const castCases: readonly Case[] = [
  one('cast', 'from int32', [ints([1, -2])], (x) => t.cast(x, 'float32'), { smooth: false }),
  one('cast', 'to the same type', [floats([2, 2])], (x) => t.cast(x, x.dtype)),
  one('cast', 'to int32 and back', [floats([2, 2])], (x) => t.cast(t.cast(x, 'int32'), 'float32'), {
    composed: true,
    smooth: false,
  }),
];
