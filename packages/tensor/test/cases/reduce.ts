/** Cases of folds over axes, running sums and orders. */
import * as t from '../../src/index.js';
import { bools, type Case, floats, given, ints, one } from './case.js';

type Fold = (x: t.Tensor, options?: t.ReduceOptions) => t.Tensor;

const folds: readonly (readonly [string, Fold, number, number])[] = [
  ['sum', t.sum, -2, 2],
  ['mean', t.mean, -2, 2],
  ['prod', t.prod, 0.5, 2],
  ['max', t.max, -2, 2],
  ['min', t.min, -2, 2],
  ['logSumExp', t.logSumExp, -2, 2],
  ['norm', t.norm, -2, 2],
  ['variance', t.variance, -2, 2],
  ['std', t.std, -2, 2],
];

const foldForms: readonly (readonly [string, readonly number[], t.ReduceOptions])[] = [
  ['over everything', [2, 3], {}],
  ['over the first axis', [3, 2], { axis: 0 }],
  ['over the last axis, kept', [2, 3], { axis: -1, keepDims: true }],
  ['over outer axes', [2, 3, 2], { axis: [0, 2] }],
  ['over outer axes in any order, kept', [2, 3, 2], { axis: [-1, 0], keepDims: true }],
  ['over an axis of extent 1', [2, 1, 3], { axis: [1, 2] }],
];

const single: t.ReduceOptions = { axis: [] };

const ordered = ({ values, indices }: t.Ordered): t.Tensor[] => [values, indices];

export const reduceCases: readonly Case[] = [
  ...folds.flatMap(([op, f, low, high]) =>
    foldForms.map(([name, shape, options]) => one(op, name, [floats(shape, low, high)], (x) => f(x, options))),
  ),
  one('sum', 'over no axis', [floats([2, 2])], (x) => t.sum(x, single)),
  one('max', 'over no axis', [floats([2, 2])], (x) => t.max(x, single)),
  one('norm', 'of order 1', [floats([2, 3])], (x) => t.norm(x, { axis: 0, order: 1 })),
  one('variance', 'with a correction', [floats([4])], (x) => t.variance(x, { correction: 1 })),
  one('std', 'with a correction', [floats([2, 4])], (x) => t.std(x, { axis: 1, correction: 1 })),
  one('prod', 'with one zero', [given([2, 0, 3, 1, 2, 4], [2, 3])], (x) => t.prod(x, { axis: 1 })),
  one('prod', 'with two zeros', [given([2, 0, 3, 0])], (x) => t.prod(x)),
  one('sumTo', 'a shape in the middle', [floats([2, 3, 2])], (x) => t.sumTo(x, [3, 1])),
  one('sumTo', 'its own shape', [floats([2, 2])], (x) => t.sumTo(x, [2, 2])),
  one('broadcastTo', 'more and longer axes', [floats([2, 1])], (x) => t.broadcastTo(x, [3, 2, 2])),
  one('broadcastTo', 'its own shape', [floats([2, 2])], (x) => t.broadcastTo(x, [2, 2])),
  ...[false, true].flatMap((exclusive) =>
    [false, true].map((reverse) =>
      one('cumsum', `exclusive ${exclusive}, reverse ${reverse}`, [floats([2, 3, 2])], (x) =>
        t.cumsum(x, { axis: 1, exclusive, reverse }),
      ),
    ),
  ),
  one('topk', 'of the last axis', [floats([2, 5])], (x) => ordered(t.topk(x, 3))),
  one('topk', 'the smallest of the first axis', [floats([5, 2])], (x) =>
    ordered(t.topk(x, 2, { axis: 0, largest: false })),
  ),
  one('sort', 'the last axis', [floats([2, 4])], (x) => ordered(t.sort(x))),
  one('sort', 'another axis, descending', [floats([4, 2])], (x) => ordered(t.sort(x, { axis: 0, descending: true }))),
];

/** Operations without gradients. */
export const discreteCases: readonly Case[] = [
  ...[t.equal, t.notEqual, t.less, t.lessEqual, t.greater, t.greaterEqual].map((f) =>
    one(f.name, 'with both sides repeated', [given([1, 2, 3], [3, 1]), given([1, 3])], (a, b) => f(a, b)),
  ),
  ...[t.equal, t.less].map((f) => one(f.name, 'of whole numbers and a fraction', [ints([1, 2])], (a) => f(a, 1.5))),
  ...[t.logicalAnd, t.logicalOr, t.logicalXor].map((f) =>
    one(f.name, 'of all pairs', [bools([0, 0, 1, 1]), bools([0, 1, 0, 1])], (a, b) => f(a, b)),
  ),
  one('logicalNot', 'of both', [bools([0, 1])], (x) => t.logicalNot(x)),
  one('isnan', 'of odd numbers', [given([0, Number.NaN, Infinity])], (x) => t.isnan(x)),
  one('isfinite', 'of odd numbers', [given([0, Number.NaN, Infinity])], (x) => t.isfinite(x)),
  one('any', 'over an axis', [bools([0, 0, 1, 0], [2, 2])], (x) => t.any(x, { axis: 1 })),
  one('all', 'over an axis', [bools([1, 1, 1, 0], [2, 2])], (x) => t.all(x, { axis: 1 })),
  one('argmax', 'over an axis', [floats([3, 4])], (x) => t.argmax(x, { axis: 0 })),
  one('argmin', 'over everything', [floats([3, 4])], (x) => t.argmin(x)),
  one('argsort', 'of an axis', [floats([3, 4])], (x) => t.argsort(x, { axis: 0 })),
  one('oneHot', 'of positions', [ints([2, 0, 1], [3, 1])], (x) => t.oneHot(x, 4)),
  one('zerosLike', 'of a matrix', [floats([2, 2])], (x) => t.zerosLike(x)),
  one('onesLike', 'of a matrix', [floats([2, 2])], (x) => t.onesLike(x)),
  one('stopGradient', 'of a vector', [floats([3])], (x) => t.stopGradient(x)),
].map((c) => ({ ...c, smooth: false }));
