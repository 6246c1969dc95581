/** Running sums, both ways. */
import { DTypeError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { cumsum, scope } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, truth, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('running sums go either way, with or without the element itself', () => {
  const x = whole([1, 2, 3]);
  assertTensor(cumsum(x), [3], [1, 3, 6], 'int32');
  assertTensor(cumsum(x, { exclusive: true }), [3], [0, 1, 3]);
  assertTensor(cumsum(x, { reverse: true }), [3], [6, 5, 3]);
  assertTensor(cumsum(x, { exclusive: true, reverse: true }), [3], [5, 3, 0]);
  assertTensor(cumsum(counting(2, 2), { axis: 0 }), [2, 2], [0, 1, 2, 4]);
  assertThrows(() => cumsum(truth([1])), DTypeError, /cumsum: x must be float32 or float64 or int32, got bool/);
});

test.run();
