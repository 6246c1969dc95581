/** When a curve comes to a loss. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { updatesUntil } from '../src/race.js';

const curve = [
  [0, 8],
  [100, 4],
  [200, 1],
  [300, 2],
] as const;

test('at a point, and between points on a line of the logarithm', () => {
  assert.is(updatesUntil(curve, 4), 100);
  assert.ok(Math.abs(updatesUntil(curve, 2) - 150) < 1e-9);
});

test('at the first point if the loss is there from the beginning, and never if it is not reached', () => {
  assert.is(updatesUntil(curve, 9), 0);
  assert.is(updatesUntil(curve, 0.5), Number.POSITIVE_INFINITY);
});

test.run();
