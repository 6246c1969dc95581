/** New shapes: values by hand, and what is refused. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { expandDims, flatten, reshape, scope, squeeze, tensor, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting } from './values.js';

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

test.run();
