import { assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('assertThrows checks the class and the message and returns the error', () => {
  const error = assertThrows(
    () => {
      throw new RangeError('k must be positive');
    },
    RangeError,
    /positive/,
  );
  assert.is(error.message, 'k must be positive');
});

test('assertThrows fails where nothing, another class, another message or a promise came', () => {
  const fails = (fn: () => unknown) => assert.throws(() => assertThrows(fn, RangeError, /positive/));
  fails(() => 1);
  fails(() => {
    throw new TypeError('k must be positive');
  });
  fails(() => {
    throw new RangeError('k must be small');
  });
  fails(() => Promise.reject(new RangeError('positive')));
});

test('assertRejects does the same for promises', async () => {
  await assertRejects(() => Promise.reject(new RangeError('no')), RangeError, /no/);
  await assertRejects(() => assertRejects(() => Promise.resolve(1)), Error, /nothing was thrown/);
});

test.run();
