/** Cases of sparse matrices. */
import * as t from '../../src/index.js';
import { type Case, floats, ints, one } from './case.js';

const rowStart = ints([0, 2, 2, 3]);
const column = ints([0, 3, 1]);

function sparse(start: t.Tensor, columns: t.Tensor, value: t.Tensor): t.SparseMatrix {
  return { shape: [3, 4], rowStart: start, column: columns, value };
}

export const sparseCases: readonly Case[] = [
  one('csrMatmul', 'forward', [rowStart, column, floats([3]), floats([4, 2])], (r, c, v, x) =>
    t.csrMatmul(sparse(r, c, v), x),
  ),
  one('csrMatmul', 'transposed', [rowStart, column, floats([3]), floats([3, 2])], (r, c, v, x) =>
    t.csrMatmul(sparse(r, c, v), x, { transpose: true }),
  ),
];
