/** Order: values and positions written by hand, and what is refused. */
import { DTypeError, OptionError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { argsort, scope, sort, tensor, topk } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, truth, values, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('sorting is stable, NaN is the largest', () => {
  const x = tensor([2, Number.NaN, 1, 2, -Infinity]);
  assert.equal(values(sort(x).indices), [4, 2, 0, 3, 1]);
  assert.equal(values(sort(x, { descending: true }).indices), [1, 0, 3, 2, 4]);
  assert.equal(values(argsort(x)), [4, 2, 0, 3, 1]);
  assertTensor(sort(whole([3, -1, 2])).values, [3], [-1, 2, 3], 'int32');
  assertTensor(sort(tensor([[2, 1], [1, 2]]), { axis: 0 }).values, [2, 2], [1, 1, 2, 2]); // biome-ignore format: rows
  assertThrows(() => sort(truth([1])), DTypeError, /sort: x must be float32 or float64 or int32, got bool/);
  assertThrows(() => argsort(tensor(1)), OptionError, /argsort: a scalar has no axis -1/);
});

inScope('the best come first, of ties the lower position', () => {
  const x = tensor([2, 5, 5, Number.NaN, 1]);
  assert.equal(values(topk(x, 3).indices), [3, 1, 2]);
  assert.equal(values(topk(x, 2, { largest: false }).indices), [4, 0]);
  const best = topk(counting(3, 2), 1, { axis: 0 });
  assertTensor(best.values, [1, 2], [4, 5]);
  assertTensor(best.indices, [1, 2], [2, 2], 'int32');
  for (const k of [0, 6, 1.5, Number.NaN]) {
    assertThrows(() => topk(x, k), OptionError, /topk: k must be an integer in \[1, 5\], got/);
  }
  assertThrows(() => topk(truth([1]), 1), DTypeError, /topk: x must be/);
});

test.run();
