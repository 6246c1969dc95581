/** Cases of pooling. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';

const pools: readonly (readonly [string, readonly number[], t.PoolOptions])[] = [
  ['side by side', [2, 4, 4, 1], { size: 2 }],
  ['overlapping', [1, 4, 5, 2], { size: [3, 2], stride: 1 }],
  ['with same padding', [1, 5, 3, 1], { size: 2, stride: 2, padding: 'same' }],
  ['with padding', [1, 3, 3, 1], { size: 3, stride: 2, padding: 1 }],
];

export const poolingCases: readonly Case[] = [
  ...pools.flatMap(([name, shape, options]) => [
    one('maxPool', name, [floats(shape)], (x) => t.maxPool(x, options)),
    one('averagePool', name, [floats(shape)], (x) => t.averagePool(x, options)),
    one('averagePool', `${name}, padding counted`, [floats(shape)], (x) =>
      t.averagePool(x, { ...options, countPadding: true }),
    ),
  ]),
];
