/** Cases of softmax and log-softmax. */
import * as t from '../../src/index.js';
import { bools, type Case, floats, one } from './case.js';

type Softmax = (x: t.Tensor, options?: t.SoftmaxOptions) => t.Tensor;

const softmaxes: readonly (readonly [string, Softmax])[] = [
  ['softmax', t.softmax],
  ['logSoftmax', t.logSoftmax],
];

/** Keeps what a mask leaves out of log-softmax (-Infinity) out of the sum as well. */
function seen(mask: t.Tensor, y: t.Tensor): t.Tensor {
  return t.where(mask, y, 0);
}

export const softmaxCases: readonly Case[] = [
  ...softmaxes.flatMap(([op, f]) => [
    one(op, 'of the last axis', [floats([2, 4])], (x) => f(x)),
    one(op, 'of the first axis', [floats([3, 2, 2])], (x) => f(x, { axis: 0 })),
    one(op, 'with a mask', [floats([2, 4]), bools([1, 0, 1, 1])], (x, mask) => seen(mask, f(x, { mask })), {
      composed: true,
    }),
    one(
      op,
      'with a mask on another axis',
      [floats([3, 2]), bools([1, 0, 1], [3, 1])],
      (x, mask) => seen(mask, f(x, { axis: 0, mask })),
      { composed: true },
    ),
    one(
      op,
      'with a row masked whole',
      [floats([2, 3]), bools([0, 1], [2, 1])],
      (x, mask) => seen(mask, f(x, { mask })),
      { composed: true },
    ),
  ]),
];
