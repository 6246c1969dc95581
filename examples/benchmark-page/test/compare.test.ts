import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { largestError } from '../src/bench/compare.js';

test('the error is the largest difference relative to the largest value', () => {
  assert.is(largestError([1, 2, 5], [1, 2, 4]), 0.25);
  assert.is(largestError([0, 0], [0, 0]), 0);
});

test('what cannot be compared is infinitely wrong', () => {
  assert.is(largestError([1], [1, 2]), Number.POSITIVE_INFINITY);
  assert.is(largestError([Number.NaN], [1]), Number.POSITIVE_INFINITY);
  assert.is(largestError([Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY]), Number.POSITIVE_INFINITY);
});

test.run();
