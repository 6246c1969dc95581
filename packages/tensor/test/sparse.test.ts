/** Sparse matrices: products written by hand, and what is refused. */
import { DTypeError, IndexError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { csrMatmul, scope, tensor } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('a sparse matrix multiplies as its dense form does, either way', () => {
  // [[0, 2, 0], [0, 0, 0], [1, 0, 3]]
  const sparse = {
    shape: [3, 3] as const,
    rowStart: whole([0, 1, 1, 3]),
    column: whole([1, 0, 2]),
    value: tensor([2, 1, 3]),
  };
  const x = counting(3, 2);
  assertTensor(csrMatmul(sparse, x), [3, 2], [4, 6, 0, 0, 12, 16]);
  assertTensor(csrMatmul(sparse, x, { transpose: true }), [3, 2], [4, 5, 0, 2, 12, 15]);
  assertThrows(() => csrMatmul(sparse, counting(2, 2)), ShapeError, /csrMatmul: sparse \[3, 3\] does not fit \[2, 2\]/);
  assertThrows(() => csrMatmul({ ...sparse, rowStart: whole([0, 3]) }, x), ShapeError, /needs rowStart \[4\]/);
  assertThrows(() => csrMatmul({ ...sparse, column: whole([1, 0, 3]) }, x), IndexError, /3/);
  assertThrows(() => csrMatmul({ ...sparse, rowStart: whole([0, 2, 1, 3]) }, x), IndexError);
  assertThrows(() => csrMatmul({ ...sparse, column: tensor([1, 0, 2]) }, x), DTypeError, /column must be int32/);
});

test.run();
