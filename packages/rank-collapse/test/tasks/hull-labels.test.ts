/** Points on the hull, against the release's walks and against a plain test of every pair. */
import { OptionError, type Tensor } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hullLabels } from '../../src/tasks/hull-labels.js';
import { orientation, type PlanePoint } from '../../src/tasks/orientation.js';

const golden = new Golden<unknown, Tensor>(new URL('../golden/generators', import.meta.url));
const labels = (points: readonly PlanePoint[]): number[] => [...hullLabels(points)];

test('corners are on the hull, points inside are not', () => {
  assert.equal(labels([[0, 0], [2, 0], [1, 1], [2, 2], [0, 2]]), [1, 1, 0, 1, 1]); // biome-ignore format: points
});

test('points on an edge are on the hull, above each other and aslant', () => {
  assert.equal(labels([[0, 0], [0, 1], [0, 2], [2, 0], [2, 1], [2, 2], [1, 0], [1, 2], [1, 1]]), [1, 1, 1, 1, 1, 1, 1, 1, 0]); // biome-ignore format: points
  assert.equal(labels([[0, 0], [4, 2], [2, 1], [1, 3], [1.5, 1.5]]), [1, 1, 1, 1, 0]); // biome-ignore format: points
});

test('points that are equal have one label', () => {
  assert.equal(labels([[1, 1], [0, 0], [3, 0], [0, 3], [1, 1], [0, 0], [3, 0]]), [0, 1, 1, 1, 0, 1, 1]); // biome-ignore format: points
});

test('of few points, or points on one line, all are on the hull', () => {
  assert.equal(labels([]), []);
  assert.equal(labels([[1, 2]]), [1]);
  assert.equal(labels([[1, 2], [1, 2]]), [1, 1]); // biome-ignore format: points
  assert.equal(labels([[3, 3], [1, 1], [2, 2], [1, 1]]), [1, 1, 1, 1]); // biome-ignore format: points
  assert.equal(labels([[1, 3], [1, 1], [1, 2]]), [1, 1, 1]); // biome-ignore format: points
});

test('coordinates that are no finite numbers are OptionErrors', () => {
  const message = /^hullLabels: point 1 must be two finite numbers, got \[NaN, 0\]$/;
  assertThrows(() => hullLabels([[0, 0], [Number.NaN, 0]]), OptionError, message); // biome-ignore format: points
  assertThrows(() => hullLabels([[0] as never]), OptionError, /point 0 must be two finite numbers/);
});

for (let i = 0; i < 5; i++) {
  test(`set ${i} of the release's generator has the release's labels`, () => {
    const xy = golden.values(`hull_xy${i}`);
    const points = Array.from({ length: xy.length / 2 }, (_, j): PlanePoint => [xy[2 * j]!, xy[2 * j + 1]!]);
    assert.equal(labels(points), golden.values(`hull_label${i}`));
  });
}

/** On the hull: not strictly inside, that is some line through the point and another has no point on one side, or all points are equal. */
function isOnHull(points: readonly PlanePoint[], p: PlanePoint): boolean {
  const others = points.filter((q) => q[0] !== p[0] || q[1] !== p[1]);
  return others.length === 0 || others.some((q) => others.every((r) => orientation(p, q, r) >= 0));
}

test('labels are those of the definition, on grids full of equal points and edges', () => {
  const coordinate = fc.integer({ min: 0, max: 4 });
  fc.assert(
    fc.property(fc.array(fc.tuple(coordinate, coordinate), { maxLength: 12 }), (points) => {
      assert.equal(
        labels(points),
        points.map((p) => Number(isOnHull(points, p))),
      );
    }),
    { numRuns: 500 },
  );
});

test.run();
