/** Turns in the plane, exactly. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { orientation, type PlanePoint } from '../../src/tasks/orientation.js';

test('left, right and straight', () => {
  assert.is(orientation([0, 0], [1, 0], [1, 1]), 1);
  assert.is(orientation([0, 0], [1, 0], [1, -1]), -1);
  assert.is(orientation([0, 0], [1, 1], [2, 2]), 0);
});

test('turns that float64 rounds away are seen', () => {
  const tiny = 2 ** -53;
  assert.is(orientation([0.5, 0.5], [12, 12], [24, 24 + 2 ** -48]), 1);
  assert.is(orientation([0.5 + tiny, 0.5], [12, 12], [24, 24]), -1);
  assert.is(orientation([0.5, 0.5 + tiny], [12, 12], [24, 24]), 1);
});

test('numbers so small or large that products leave float64 are no exception', () => {
  assert.is(orientation([0, 0], [5e-324, 0], [0, 5e-324]), 1);
  assert.is(orientation([0, 0], [1e300, 1e-300], [-1e300, 1e300]), 1);
  assert.is(orientation([-1.7e308, 0], [1.7e308, 1], [1.7e308, 0]), -1);
  assert.is(orientation([-1.7e308, -1.7e308], [0, 0], [1.7e308, 1.7e308]), 0);
});

const coordinate = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -4, max: 4 }).map((i) => 1 + i * Number.EPSILON),
);
const point: fc.Arbitrary<PlanePoint> = fc.tuple(coordinate, coordinate);

test('turning the triangle keeps its side, and swapping two corners changes it', () => {
  fc.assert(
    fc.property(point, point, point, (a, b, c) => {
      const side = orientation(a, b, c);
      assert.is(orientation(b, c, a), side);
      assert.is(orientation(b, a, c) + side, 0);
    }),
  );
});

test.run();
