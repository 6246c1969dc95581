/** Windows and mirrors: values by hand, and what is refused. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { crop, flip, scope } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('windows and mirrors', () => {
  const x = counting(2, 3);
  assertTensor(crop(x, [1, 0], [1, 2]), [1, 2], [3, 4]);
  assertTensor(flip(x), [2, 3], [5, 4, 3, 2, 1, 0]);
  assertTensor(flip(x, 1), [2, 3], [2, 1, 0, 5, 4, 3]);
});

inScope('windows that leave the tensor and axes given twice are refused', () => {
  const x = counting(2, 3);
  assertThrows(() => crop(x, [1, 0], [2, 2]), ShapeError, /crop: window \[2, 2\] at \[1, 0\] leaves \[2, 3\]/);
  assertThrows(() => crop(x, [-1, 0], [1, 1]), ShapeError, /crop/);
  assertThrows(() => crop(x, [0], [1]), ShapeError, /crop/);
  assertThrows(() => flip(x, [0, 0]), OptionError, /flip: axis given twice/);
});

test.run();
