/** Joins and parts: values by hand, and what is refused. */
import { DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { concat, scope, split, stack, tensor, tile, unstack, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('joins and parts', () => {
  const x = counting(2, 2);
  assertTensor(concat([x, x], -1), [2, 4], [0, 1, 0, 1, 2, 3, 2, 3]);
  assertTensor(concat([whole([1]), whole([]), whole([2, 3])]), [3], [1, 2, 3], 'int32');
  assertTensor(stack([tensor([1, 2]), tensor([3, 4])], 1), [2, 2], [1, 3, 2, 4]);
  const [a, b] = split(counting(2, 3), [1, 2], 1);
  assertTensor(a as never, [2, 1], [0, 3]);
  assertTensor(b as never, [2, 2], [1, 2, 4, 5]);
  assertTensor(unstack(x, 1)[1] as never, [2], [1, 3]);
  assertTensor(tile(counting(1, 2), [2, 2]), [2, 4], [0, 1, 0, 1, 0, 1, 0, 1]);
});

inScope('joins and parts that do not fit are refused', () => {
  const x = counting(2, 2);
  assertThrows(() => concat([]), OptionError, /concat: expected at least one tensor/);
  assertThrows(() => stack([]), OptionError, /stack: expected at least one tensor/);
  assertThrows(() => concat([x, counting(2, 3)]), ShapeError, /concat: \[2, 2\] and \[2, 3\] differ beside axis 0/);
  assertThrows(() => concat([x, counting(2)]), ShapeError, /concat: \[2, 2\] and \[2\]/);
  assertThrows(
    () => concat([x, whole([1, 2, 3, 4], [2, 2])]),
    DTypeError,
    /concat: element types differ, float32 and int32/,
  );
  assertThrows(() => stack([x, counting(2)]), ShapeError, /stack: shapes \[2, 2\] and \[2\] differ/);
  for (const parts of [3, 0, -1, 1.5, Number.NaN, Infinity, [1, 2], [3, -1]]) {
    assertThrows(() => split(x, parts), OptionError, /split: .* does not divide axis 0 of \[2, 2\]/);
  }
  for (const times of [[2], [0, 1], [1.5, 1]])
    assertThrows(() => tile(x, times), OptionError, /tile: expected 2 whole/);
});

inScope('an empty axis is split into empty parts', () => {
  assert.equal(
    split(zeros([0, 2]), 2).map(({ shape }) => shape),
    [
      [0, 2],
      [0, 2],
    ],
  );
});

test.run();
