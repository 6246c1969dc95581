import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isHeld } from '../src/verdict.js';

test('a claim holds from its bar on', () => {
  assert.is(isHeld(97, { atLeast: 97 }), true);
  assert.is(isHeld(96.999, { atLeast: 97 }), false);
  assert.is(isHeld(3, { atMost: 3 }), true);
  assert.is(isHeld(3.001, { atMost: 3 }), false);
});

test('NaN and the infinities never hold', () => {
  for (const measured of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.is(isHeld(measured, { atLeast: 0 }), false);
    assert.is(isHeld(measured, { atMost: 0 }), false);
  }
});

test.run();
