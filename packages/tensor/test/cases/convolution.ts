/** Cases of convolutions. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';

const convolutions: readonly (readonly [string, readonly number[], readonly number[], t.ConvOptions])[] = [
  ['without padding', [2, 3, 4, 1], [2, 2, 1, 2], {}],
  ['with same padding and strides', [1, 4, 5, 2], [3, 2, 2, 1], { padding: 'same', stride: [2, 3] }],
  ['with uneven padding and dilation', [1, 4, 3, 1], [2, 2, 1, 2], { padding: [[1, 0], [0, 2]], dilation: [2, 1] }], // biome-ignore format: pairs
  ['in groups', [1, 3, 3, 4], [2, 2, 2, 2], { groups: 2, padding: 1 }],
  ['for each channel alone', [1, 3, 3, 2], [2, 1, 1, 4], { groups: 2, padding: [1, 0] }],
  ['with windows that skip pixels', [1, 5, 5, 1], [1, 1, 1, 1], { stride: 3 }],
];

export const convolutionCases: readonly Case[] = [
  ...convolutions.flatMap(([name, x, filter, options]) => [
    one('conv2d', name, [floats(x), floats(filter)], (a, b) => t.conv2d(a, b, options)),
    one('conv2d', `${name}, with a bias`, [floats(x), floats(filter), floats([filter[3] as number])], (a, b, bias) =>
      t.conv2d(a, b, { ...options, bias }),
    ),
  ]),
  one('conv1d', 'without options', [floats([2, 4, 1]), floats([2, 1, 2])], (x, f) => t.conv1d(x, f)),
  one('conv1d', 'with all options', [floats([1, 5, 2]), floats([2, 1, 2]), floats([2])], (x, f, bias) =>
    t.conv1d(x, f, { bias, stride: 2, padding: [2, 1], dilation: 2, groups: 2 }),
  ),
];
