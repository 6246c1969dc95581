/** Cases of running sums. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';

export const cumsumCases: readonly Case[] = [false, true].flatMap((exclusive) =>
  [false, true].map((reverse) =>
    one('cumsum', `exclusive ${exclusive}, reverse ${reverse}`, [floats([2, 3, 2])], (x) =>
      t.cumsum(x, { axis: 1, exclusive, reverse }),
    ),
  ),
);
