/** The factor that clips vectors to a norm. */
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { clipScale } from '../src/feedback/clip-scale.js';

test('the norm of all vectors together is brought down to the limit, and never up', () => {
  const vectors = [Float32Array.of(2, 4), Float64Array.of(4)];
  assertClose(clipScale(vectors, 3), 0.5, { rtol: 1e-15 });
  for (const limit of [6, 7]) assert.is(clipScale(vectors, limit), 1);
  assert.is(clipScale([], 1), 1);
  assert.is(clipScale([Float32Array.of(0)], 1), 1);
});

test('norms whose squares float64 does not hold are clipped as others are', () => {
  for (const size of [1e200, 1e-200]) {
    const vectors = [Float64Array.of(3 * size, 0), Float64Array.of(-4 * size)];
    assertClose(clipScale(vectors, 2.5 * size), 0.5, { rtol: 1e-14 });
    assert.is(clipScale(vectors, 6 * size), 1);
  }
});

test('what is not finite, or has no finite norm, is left as it is', () => {
  for (const bad of [Infinity, -Infinity, Number.NaN]) {
    assert.is(clipScale([Float32Array.of(1, bad), Float32Array.of(2)], 1), 1, String(bad));
  }
  assert.is(clipScale([new Float64Array(9).fill(Number.MAX_VALUE)], 1), 1);
});

test.run();
