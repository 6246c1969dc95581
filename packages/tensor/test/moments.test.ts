/** Mean, variance and standard deviation, by hand. */
import { OptionError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import { scope, std, tensor, variance } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('variance divides by the count less its correction', () => {
  const x = tensor([1, 2, 3, 4]);
  assertClose(variance(x).item(), 1.25);
  assertClose(variance(x, { correction: 1 }).item(), 5 / 3);
  assertClose(std(x).item(), Math.sqrt(1.25));
  assertClose(variance(whole([1, 3])).item(), 1);
  assertTensor(variance(counting(2, 2), { axis: 0, keepDims: true }), [1, 2], [1, 1]);
  for (const correction of [Number.NaN, -1, Infinity]) {
    assertThrows(() => std(x, { correction }), OptionError, /std: correction must be a number from 0, got/);
  }
});

test.run();
