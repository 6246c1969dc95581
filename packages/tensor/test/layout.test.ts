/** Shapes, slices, joins: small values written by hand, and what is refused. */
import { DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import {
  concat,
  crop,
  expandDims,
  flatten,
  flip,
  reshape,
  roll,
  scope,
  split,
  squeeze,
  stack,
  swapAxes,
  tensor,
  tile,
  transpose,
  unstack,
  zeros,
} from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, truth, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('reshape keeps the order of values and works out one extent', () => {
  const x = counting(2, 3);
  assertTensor(reshape(x, [3, -1]), [3, 2], [0, 1, 2, 3, 4, 5]);
  assertTensor(reshape(tensor(4), [1, 1]), [1, 1], [4]);
  assertTensor(reshape(zeros([0, 3]), [-1, 3]), [0, 3], []);
  assertTensor(flatten(counting(2, 1, 2), 1, 2), [2, 2], [0, 1, 2, 3]);
  assertTensor(flatten(tensor(4)), [1], [4]);
  assertTensor(squeeze(counting(1, 2, 1)), [2], [0, 1]);
  assertTensor(squeeze(counting(1, 2, 1), 0), [2, 1], [0, 1]);
  assertTensor(expandDims(counting(2), -1), [2, 1], [0, 1]);
});

inScope('reshape refuses what does not fit', () => {
  const x = counting(2, 3);
  for (const shape of [[4], [-1, 4], [-1, -1], [2.5, 2], [-2, -3], [6, 0, -1]]) {
    assertThrows(() => reshape(x, shape), ShapeError, /^reshape: \[2, 3\] \(6 elements\) does not fill \[/);
  }
  assertThrows(() => reshape(zeros([0]), [-1, 0]), ShapeError, /reshape/);
  assertThrows(() => squeeze(x, 0), ShapeError, /squeeze: axis 0 of \[2, 3\] has not extent 1/);
  assertThrows(() => flatten(x, 1, 0), OptionError, /flatten: start 1 lies behind end 0/);
  assertThrows(() => expandDims(x, 3), OptionError, /expandDims: axis must be an integer in \[-3, 2\], got 3/);
});

inScope('transposing turns axes around', () => {
  const x = counting(2, 3);
  assertTensor(transpose(x), [3, 2], [0, 3, 1, 4, 2, 5]);
  assertTensor(transpose(counting(1, 2, 3), [1, -1, 0]), [2, 3, 1], [0, 1, 2, 3, 4, 5]);
  assertTensor(swapAxes(counting(2, 1, 2), 0, 2), [2, 1, 2], [0, 2, 1, 3]);
  assertTensor(transpose(truth([1, 0, 1, 0], [2, 2])), [2, 2], [1, 1, 0, 0], 'bool');
  assertThrows(() => transpose(x, [0, 0]), OptionError, /transpose: order must name each of 2 axes once, got \[0,0\]/);
  assertThrows(() => transpose(x, [0]), OptionError, /transpose: order/);
  assertThrows(() => transpose(x, [0, 2]), OptionError, /transpose: axis must be/);
});

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

inScope('windows, mirrors and shifts', () => {
  const x = counting(2, 3);
  assertTensor(crop(x, [1, 0], [1, 2]), [1, 2], [3, 4]);
  assertTensor(flip(x), [2, 3], [5, 4, 3, 2, 1, 0]);
  assertTensor(flip(x, 1), [2, 3], [2, 1, 0, 5, 4, 3]);
  assertTensor(roll(x, 1), [2, 3], [2, 0, 1, 5, 3, 4]);
  assertTensor(roll(x, -4), [2, 3], [1, 2, 0, 4, 5, 3]);
  assertTensor(roll(x, 1, 0), [2, 3], [3, 4, 5, 0, 1, 2]);
  assertTensor(roll(zeros([0, 2]), 1, 0), [0, 2], []);
});

inScope('windows and shifts that do not fit are refused', () => {
  const x = counting(2, 3);
  assertThrows(() => crop(x, [1, 0], [2, 2]), ShapeError, /crop: window \[2, 2\] at \[1, 0\] leaves \[2, 3\]/);
  assertThrows(() => crop(x, [-1, 0], [1, 1]), ShapeError, /crop/);
  assertThrows(() => crop(x, [0], [1]), ShapeError, /crop/);
  assertThrows(() => roll(x, 0.5), OptionError, /roll: shift must be an integer, got 0.5/);
  assertThrows(() => roll(x, 1, 2), OptionError, /roll: axis/);
  assertThrows(() => flip(x, [0, 0]), OptionError, /flip: axis given twice/);
});

test.run();
