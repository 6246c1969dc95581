/** Cases of resampling images. */
import * as t from '../../src/index.js';
import { type Case, floats, given, one } from './case.js';

export const imageCases: readonly Case[] = [
  ...[false, true].flatMap((alignCorners) => [
    one('resizeBilinear', `larger, align ${alignCorners}`, [floats([1, 2, 3, 1])], (x) =>
      t.resizeBilinear(x, [3, 5], { alignCorners }),
    ),
    one('resizeBilinear', `smaller, align ${alignCorners}`, [floats([2, 4, 3, 2])], (x) =>
      t.resizeBilinear(x, [2, 1], { alignCorners }),
    ),
  ]),
  one('rotate', 'by one angle', [floats([2, 3, 4, 1])], (x) => t.rotate(x, 0.5)),
  one(
    'rotate',
    'by an angle each',
    [floats([2, 3, 3, 2]), given([0.4, -2])],
    (x, a) => t.rotate(x, t.stopGradient(a)),
    {
      composed: true,
      smooth: false,
    },
  ),
];
