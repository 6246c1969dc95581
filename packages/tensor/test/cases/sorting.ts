/** Cases of order along an axis. */
import * as t from '../../src/index.js';
import { type Case, discrete, floats, one } from './case.js';

const both = ({ values, indices }: t.Ordered): t.Tensor[] => [values, indices];

export const sortingCases: readonly Case[] = [
  one('topk', 'of the last axis', [floats([2, 5])], (x) => both(t.topk(x, 3))),
  one('topk', 'the smallest of the first axis', [floats([5, 2])], (x) =>
    both(t.topk(x, 2, { axis: 0, largest: false })),
  ),
  one('sort', 'the last axis', [floats([2, 4])], (x) => both(t.sort(x))),
  one('sort', 'another axis, descending', [floats([4, 2])], (x) => both(t.sort(x, { axis: 0, descending: true }))),
  discrete('argsort', 'of an axis', [floats([3, 4])], (x) => t.argsort(x, { axis: 0 })),
];
