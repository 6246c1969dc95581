/** Cases of windows and mirrors. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';

export const sliceCases: readonly Case[] = [
  one('crop', 'a window', [floats([3, 4])], (x) => t.crop(x, [1, 0], [2, 3])),
  one('flip', 'all axes', [floats([2, 3])], (x) => t.flip(x)),
  one('flip', 'one axis', [floats([2, 3])], (x) => t.flip(x, 0)),
];
