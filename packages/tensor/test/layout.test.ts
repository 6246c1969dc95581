/** Transpositions and shifts: values by hand, and what is refused. */
import { OptionError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { roll, scope, swapAxes, transpose, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, truth } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

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

inScope('what a shift pushes out at one end enters at the other', () => {
  const x = counting(2, 3);
  assertTensor(roll(x, 1), [2, 3], [2, 0, 1, 5, 3, 4]);
  assertTensor(roll(x, -4), [2, 3], [1, 2, 0, 4, 5, 3]);
  assertTensor(roll(x, 1, 0), [2, 3], [3, 4, 5, 0, 1, 2]);
  assertTensor(roll(zeros([0, 2]), 1, 0), [0, 2], []);
});

inScope('shifts by fractions and along axes that are not there are refused', () => {
  const x = counting(2, 3);
  assertThrows(() => roll(x, 0.5), OptionError, /roll: shift must be an integer, got 0.5/);
  assertThrows(() => roll(x, 1, 2), OptionError, /roll: axis/);
});

test.run();
