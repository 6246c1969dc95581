/** Cases of products, convolutions, pooling and resampling. */
import * as t from '../../src/index.js';
import { type Case, floats, given, one } from './case.js';

/** Ranks and leading axes of both sides, with the transpose flags under which they fit. */
const products: readonly (readonly [string, readonly number[], readonly number[], t.MatmulOptions])[] = [
  ['of matrices', [2, 3], [3, 2], {}],
  ['with a transposed left side', [3, 2], [3, 2], { transposeA: true }],
  ['with a transposed right side', [2, 3], [4, 3], { transposeB: true }],
  ['with both sides transposed', [3, 2], [2, 3], { transposeA: true, transposeB: true }],
  ['of a batch and a matrix', [2, 2, 3], [3, 2], {}],
  ['of a batch and a transposed matrix', [2, 2, 3], [2, 3], { transposeB: true }],
  ['of a transposed batch and a matrix', [2, 3, 2], [3, 2], { transposeA: true }],
  ['of a matrix and a batch', [2, 3], [2, 3, 2], {}],
  ['of batches repeated both ways', [2, 1, 2, 3], [3, 3, 2], {}],
  ['of batches, transposed', [2, 3, 2], [2, 2, 3], { transposeA: true, transposeB: true }],
  ['of vectors', [3], [3], {}],
  ['of a vector and a matrix', [3], [3, 2], {}],
  ['of a matrix and a vector', [2, 3], [3], {}],
  ['of a batch and a vector', [2, 2, 3], [3], {}],
  ['of a vector and a batch', [3], [2, 3, 2], {}],
  ['of a vector and a transposed matrix', [3], [2, 3], { transposeB: true }],
  ['with inner size 0', [2, 0], [0, 2], {}],
];

const convolutions: readonly (readonly [string, readonly number[], readonly number[], t.ConvOptions])[] = [
  ['without padding', [2, 3, 4, 1], [2, 2, 1, 2], {}],
  ['with same padding and strides', [1, 4, 5, 2], [3, 2, 2, 1], { padding: 'same', stride: [2, 3] }],
  ['with uneven padding and dilation', [1, 4, 3, 1], [2, 2, 1, 2], { padding: [[1, 0], [0, 2]], dilation: [2, 1] }], // biome-ignore format: pairs
  ['in groups', [1, 3, 3, 4], [2, 2, 2, 2], { groups: 2, padding: 1 }],
  ['for each channel alone', [1, 3, 3, 2], [2, 1, 1, 4], { groups: 2, padding: [1, 0] }],
  ['with windows that skip pixels', [1, 5, 5, 1], [1, 1, 1, 1], { stride: 3 }],
];

const pools: readonly (readonly [string, readonly number[], t.PoolOptions])[] = [
  ['side by side', [2, 4, 4, 1], { size: 2 }],
  ['overlapping', [1, 4, 5, 2], { size: [3, 2], stride: 1 }],
  ['with same padding', [1, 5, 3, 1], { size: 2, stride: 2, padding: 'same' }],
  ['with padding', [1, 3, 3, 1], { size: 3, stride: 2, padding: 1 }],
];

export const denseCases: readonly Case[] = [
  ...products.map(([name, a, b, options]) =>
    one('matmul', name, [floats(a), floats(b)], (x, y) => t.matmul(x, y, options)),
  ),
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
  ...pools.flatMap(([name, shape, options]) => [
    one('maxPool', name, [floats(shape)], (x) => t.maxPool(x, options)),
    one('averagePool', name, [floats(shape)], (x) => t.averagePool(x, options)),
    one('averagePool', `${name}, padding counted`, [floats(shape)], (x) =>
      t.averagePool(x, { ...options, countPadding: true }),
    ),
  ]),
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
