/** What the relaxations refuse when they are called by themselves. */
import {
  createJsDevice,
  DTypeError,
  OptionError,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { dfTopK } from '../src/operator/dftopk.js';
import { lapSum } from '../src/operator/lapsum.js';
import { neuralSort } from '../src/operator/neural-sort.js';
import { sinkhornTopK } from '../src/operator/sinkhorn.js';
import { softSort } from '../src/operator/soft-sort.js';
import { sparseTopK } from '../src/operator/sparse.js';

type Choose = (scores: Tensor, k: number) => unknown;

const counted: Readonly<Record<string, Choose>> = { neuralSort, softSort, dfTopK, sinkhornTopK };
const shared: Readonly<Record<string, Choose>> = { lapSum, sparseTopK };

test('a k that is no whole number in [1, n], or for masks of a real k none in (0, n), is refused by name', () => {
  scope(() => {
    const scores = tensor([[0.1, 0.3, 0.2]]);
    for (const [name, choose] of Object.entries(counted)) {
      for (const k of [0, -1, 1.5, 4, Number.NaN, Infinity, '2' as never]) {
        assertThrows(
          () => choose(scores, k),
          OptionError,
          new RegExp(`^${name}: k must be an integer in \\[1, 3\\], got`),
        );
      }
      choose(scores, 3);
    }
    for (const [name, choose] of Object.entries(shared)) {
      for (const k of [0, -1, 3, 4, Number.NaN, Infinity, '2' as never]) {
        assertThrows(() => choose(scores, k), OptionError, new RegExp(`^${name}: k must be in \\(0, 3\\), got`));
      }
      choose(scores, 1.5);
    }
  });
});

test('scores that are no float tensor of two axes are refused by name', () => {
  scope(() => {
    for (const [name, choose] of Object.entries({ ...counted, ...shared })) {
      const whole = tensor([[1, 3, 2]], { dtype: 'int32' });
      assertThrows(
        () => choose(whole, 1),
        DTypeError,
        new RegExp(`^${name}: scores must be float32 or float64, got int32`),
      );
      assertThrows(() => choose([[1, 2]] as never, 1), DTypeError, new RegExp(`^${name}: scores must be a tensor`));
      for (const shape of [[3], [1, 1, 3]]) {
        const scores = zeros(shape);
        assertThrows(() => choose(scores, 1), ShapeError, new RegExp(`^${name}: scores must be \\[batch, n\\], got`));
      }
      choose(tensor([[1, 3, 2]], { dtype: 'float64', device: createJsDevice() }), 1);
    }
  });
});

test('options that are unknown or out of range are refused by name', () => {
  scope(() => {
    const scores = tensor([[0.1, 0.3, 0.2]]);
    const refuse = (choose: () => unknown, pattern: RegExp): void => void assertThrows(choose, OptionError, pattern);
    refuse(() => sparseTopK(scores, 1, { alpha: 1 } as never), /^sparseTopK: no option 'alpha'; there are width, p$/);
    refuse(() => sparseTopK(scores, 1, { width: 0 }), /^sparseTopK: width must be a number above 0, got 0/);
    refuse(() => sparseTopK(scores, 1, { p: 1 }), /^sparseTopK: p must be in \(1, 2\], got 1/);
    refuse(() => lapSum(scores, 1, Number.NaN), /^lapSum: alpha must be a number above 0, got NaN/);
    refuse(() => sinkhornTopK(scores, 1, { tau: 1 } as never), /^sinkhornTopK: no option 'tau'/);
    refuse(() => sinkhornTopK(scores, 1, { epsilon: 0 }), /^sinkhornTopK: epsilon must be a number above 0, got 0/);
    refuse(() => sinkhornTopK(scores, 1, { iterations: 0 }), /^sinkhornTopK: iterations must be a whole number from 1/);
    refuse(() => sinkhornTopK(scores, 1, { rows: 'row' as never }), /^sinkhornTopK: rows must be one of ranks, mask/);
  });
});

test.run();
