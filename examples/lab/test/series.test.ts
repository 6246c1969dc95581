import { assertClose } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Point } from '../src/figure.js';
import { drawable, movingMean, thin } from '../src/series.js';

const line = (ys: readonly number[]): Point[] => ys.map((y, x) => [x, y]);

test('only points that the axes can show are drawn', () => {
  const points = line([1, Number.NaN, 0, Number.POSITIVE_INFINITY, -1]);
  assert.equal(drawable(points, false, false), [
    [0, 1],
    [2, 0],
    [4, -1],
  ]);
  assert.equal(drawable(points, false, true), [[0, 1]]);
  assert.equal(drawable(points, true, false), [
    [2, 0],
    [4, -1],
  ]);
});

test('the moving mean follows its neighbours, with fewer at the ends', () => {
  assertClose(
    movingMean(line([0, 3, 6, 9]), 3).map(([, y]) => y),
    [1.5, 3, 6, 7.5],
  );
  assertClose(
    movingMean(line([1, 2]), 1).map(([, y]) => y),
    [1, 2],
  );
});

test('thinning keeps short series as they are, and of long ones the extremes and the order', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 200 }), (ys) => {
      const kept = thin(line(ys), 20);
      if (ys.length <= 20) assert.is(kept.length, ys.length);
      assert.ok(kept.length <= 24);
      assert.is(Math.max(...kept.map(([, y]) => y)), Math.max(...ys));
      assert.is(Math.min(...kept.map(([, y]) => y)), Math.min(...ys));
      assert.ok(kept.every(([x], i) => i === 0 || x > (kept[i - 1]?.[0] ?? 0)));
    }),
  );
});

test.run();
