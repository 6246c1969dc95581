/** Cases of the product of matrices. */
import * as t from '../../src/index.js';
import { type Case, floats, one } from './case.js';

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

export const matmulCases: readonly Case[] = [
  ...products.map(([name, a, b, options]) =>
    one('matmul', name, [floats(a), floats(b)], (x, y) => t.matmul(x, y, options)),
  ),
];
