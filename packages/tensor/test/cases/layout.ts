/** Cases of shapes, slices, joins and indices. */
import * as t from '../../src/index.js';
import { type Case, floats, ints, one } from './case.js';

export const layoutCases: readonly Case[] = [
  one('reshape', 'with one open extent', [floats([2, 6])], (x) => t.reshape(x, [3, -1])),
  one('flatten', 'some axes', [floats([2, 3, 2])], (x) => t.flatten(x, 1)),
  one('squeeze', 'one axis', [floats([1, 3, 1])], (x) => t.squeeze(x, -1)),
  one('expandDims', 'at the end', [floats([2, 3])], (x) => t.expandDims(x, -1)),
  one('transpose', 'in an order that is no swap', [floats([2, 3, 2])], (x) => t.transpose(x, [2, 0, 1])),
  one('transpose', 'reversed', [floats([2, 3])], (x) => t.transpose(x)),
  one('swapAxes', 'first and last', [floats([2, 1, 3])], (x) => t.swapAxes(x, 0, -1)),
  one('concat', 'along a middle axis', [floats([2, 1, 2]), floats([2, 2, 2])], (x, y) => t.concat([x, y], 1)),
  one('concat', 'a tensor with itself and nothing', [floats([2, 2]), floats([0, 2])], (x, e) => t.concat([x, e, x])),
  one('stack', 'along a new last axis', [floats([2, 2]), floats([2, 2])], (x, y) => t.stack([x, y], -1)),
  one('unstack', 'the middle axis', [floats([2, 3, 2])], (x) => t.unstack(x, 1)),
  one('split', 'in equal parts', [floats([4, 2])], (x) => t.split(x, 2)),
  one('split', 'by lengths', [floats([2, 5])], (x) => t.split(x, [1, 0, 4], 1)),
  one('crop', 'a window', [floats([3, 4])], (x) => t.crop(x, [1, 0], [2, 3])),
  one('pad', 'unevenly with a value', [floats([2, 3])], (x) => t.pad(x, [[1, 0], [2, 1]], 7)), // biome-ignore format: pairs
  one('pad', 'reflected', [floats([2, 3, 2])], (x) => t.pad(x, [[1, 1], [2, 1], [0, 0]], 'reflect')), // biome-ignore format: pairs
  one('pad', 'replicated', [floats([2, 1, 3])], (x) => t.pad(x, [[0, 0], [3, 1], [2, 2]], 'replicate')), // biome-ignore format: pairs
  one('pad', 'in a circle', [floats([3, 2])], (x) => t.pad(x, [[1, 3], [2, 2]], 'circular')), // biome-ignore format: pairs
  one('pad', 'with no border', [floats([3, 2])], (x) => t.pad(x, [[0, 0], [0, 0]], 'circular')), // biome-ignore format: pairs
  one('flip', 'all axes', [floats([2, 3])], (x) => t.flip(x)),
  one('flip', 'one axis', [floats([2, 3])], (x) => t.flip(x, 0)),
  one('roll', 'backwards', [floats([2, 5])], (x) => t.roll(x, -7)),
  one('roll', 'not at all', [floats([3, 2])], (x) => t.roll(x, 3, 0)),
  one('tile', 'two axes', [floats([2, 1])], (x) => t.tile(x, [2, 3])),
  one('tile', 'nothing', [floats([2, 1])], (x) => t.tile(x, [1, 1])),
  one('at', 'a range with a negative step', [floats([5, 2])], (x) => t.at(x, '3::-2')),
  one('at', 'a number, the rest and a new axis', [floats([2, 3, 2])], (x) => t.at(x, -1, '...', null, 1)),
  one('at', 'positions twice', [floats([4, 3]), ints([3, 0, 3]), ints([1, 1])], (x, i, j) => t.at(x, i, j)),
  one('at', 'everything', [floats([2, 2])], (x) => t.at(x, ':', '...')),
  one('at', 'nothing', [floats([2, 2])], (x) => t.at(x, '2:')),
  one('gather', 'with repeats', [floats([3, 2]), ints([2, 0, 2, 2])], (x, i) => t.gather(x, i)),
  one('gather', 'by a matrix along the last axis', [floats([2, 4]), ints([3, 3, 0, 1], [2, 2])], (x, i) =>
    t.gather(x, i, { axis: -1 }),
  ),
  one('scatterAdd', 'with repeats', [ints([1, 1, 3]), floats([3, 2])], (i, x) => t.scatterAdd([4, 2], i, x)),
  one('scatterAdd', 'along the last axis', [ints([0, 2, 2]), floats([2, 3])], (i, x) =>
    t.scatterAdd([2, 3], i, x, { axis: 1 }),
  ),
  one('takeAlong', 'with repeats', [floats([2, 3]), ints([2, 2, 0, 1], [2, 2])], (x, i) => t.takeAlong(x, i)),
  one('takeAlong', 'the first axis', [floats([3, 2]), ints([2, 0], [1, 2])], (x, i) => t.takeAlong(x, i, { axis: 0 })),
  one('scatterAddAlong', 'with repeats', [ints([2, 2, 0, 1], [2, 2]), floats([2, 2])], (i, x) =>
    t.scatterAddAlong([2, 3], i, x),
  ),
];

const rowStart = ints([0, 2, 2, 3]);
const column = ints([0, 3, 1]);

function sparse(start: t.Tensor, columns: t.Tensor, value: t.Tensor): t.SparseMatrix {
  return { shape: [3, 4], rowStart: start, column: columns, value };
}

export const segmentCases: readonly Case[] = [
  one('segmentSum', 'with an empty segment', [floats([4, 2]), ints([2, 0, 2, 0])], (x, i) => t.segmentSum(x, i, 3)),
  one('segmentSum', 'of a vector', [floats([4]), ints([1, 1, 0, 1])], (x, i) => t.segmentSum(x, i, 2)),
  one('segmentMax', 'with every segment', [floats([4, 2]), ints([1, 0, 1, 1])], (x, i) => t.segmentMax(x, i, 2)),
  one('segmentSoftmax', 'out of order', [floats([5, 2]), ints([2, 0, 2, 0, 2])], (x, i) => t.segmentSoftmax(x, i, 3)),
  one('csrMatmul', 'forward', [rowStart, column, floats([3]), floats([4, 2])], (r, c, v, x) =>
    t.csrMatmul(sparse(r, c, v), x),
  ),
  one('csrMatmul', 'transposed', [rowStart, column, floats([3]), floats([3, 2])], (r, c, v, x) =>
    t.csrMatmul(sparse(r, c, v), x, { transpose: true }),
  ),
];
