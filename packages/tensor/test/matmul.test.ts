/** The matrix product: ranks, flags, errors that show both shapes. */
import { DTypeError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { matmul, scope, type Tensor, tensor, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('matrices and vectors multiply as in NumPy', () => {
  const [a, b] = [counting(2, 3), counting(3, 2)];
  assertTensor(matmul(a, b), [2, 2], [10, 13, 28, 40]);
  assertTensor(matmul(a, a, { transposeB: true }), [2, 2], [5, 14, 14, 50]);
  assertTensor(matmul(b, b, { transposeA: true }), [2, 2], [20, 26, 26, 35]);
  assertTensor(matmul(a, tensor([1, 0, 2])), [2], [4, 13]);
  assertTensor(matmul(tensor([1, 2]), a), [3], [6, 9, 12]);
  assertTensor(matmul(tensor([1, 2]), tensor([3, 4])), [], [11]);
  assertTensor(matmul(tensor([1, 2]), counting(2, 2, 1)), [2, 1], [2, 8]);
});

inScope('leading axes broadcast', () => {
  const x = counting(2, 2, 3);
  assertTensor(matmul(x, counting(3, 1)), [2, 2, 1], [5, 14, 23, 32]);
  assertTensor(matmul(counting(1, 3), x, { transposeB: true }), [2, 1, 2], [5, 14, 23, 32]);
  assertTensor(matmul(counting(2, 1, 1, 2), counting(3, 2, 1)), [2, 3, 1, 1], [1, 3, 5, 3, 13, 23]);
});

inScope('without elements the product has its shape all the same', () => {
  assertTensor(matmul(zeros([2, 0]), zeros([0, 2])), [2, 2], [0, 0, 0, 0]);
  assertTensor(matmul(zeros([2, 1, 0]), zeros([0, 2])), [2, 1, 2], [0, 0, 0, 0]);
  assertTensor(matmul(zeros([0, 3]), zeros([3, 2])), [0, 2], []);
  assertTensor(matmul(zeros([0, 2, 3]), zeros([3, 2])), [0, 2, 2], []);
});

inScope('sizes that differ are refused with both shapes as they were given', () => {
  const cases: readonly (readonly [Tensor, Tensor, object, RegExp])[] = [
    [counting(2, 3), counting(2, 3), {}, /inner sizes of \[2, 3\] and \[2, 3\] differ/],
    [counting(2, 3), counting(3, 2), { transposeA: true }, /inner sizes of \[2, 3\] transposed and \[3, 2\] differ/],
    [counting(2, 3), counting(3, 2), { transposeB: true }, /inner sizes of \[2, 3\] and \[3, 2\] transposed differ/],
    [counting(2, 2, 3), counting(2, 2), {}, /inner sizes of \[2, 2, 3\] and \[2, 2\] differ/],
    [counting(3), counting(2, 2), {}, /inner sizes of \[3\] and \[2, 2\] differ/],
    [counting(2, 2), counting(3), {}, /inner sizes of \[2, 2\] and \[3\] differ/],
    [counting(2, 2, 3), counting(3, 3, 2), {}, /leading axes of \[2, 2, 3\] and \[3, 3, 2\] do not broadcast/],
    [tensor(1), counting(2), {}, /expected vectors or matrices, got \[\] and \[2\]/],
  ];
  for (const [a, b, options, message] of cases) assertThrows(() => matmul(a, b, options), ShapeError, message);
  assertThrows(() => matmul(whole([1]), tensor([1])), DTypeError, /matmul: expected float32 or float64, got int32/);
});

test.run();
