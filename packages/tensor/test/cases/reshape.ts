/** Cases of new shapes over the same values. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';

export const reshapeCases: readonly Case[] = [
  one('reshape', 'with one open extent', [floats([2, 6])], (x) => t.reshape(x, [3, -1])),
  one('flatten', 'some axes', [floats([2, 3, 2])], (x) => t.flatten(x, 1)),
  one('squeeze', 'one axis', [floats([1, 3, 1])], (x) => t.squeeze(x, -1)),
  one('expandDims', 'at the end', [floats([2, 3])], (x) => t.expandDims(x, -1)),
];
