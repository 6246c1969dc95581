/** What the bounds on missed weight are worth: the spec's figures, sums in float64, any alpha, any grid. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { missedShare, missedShareWithSink, tail, theta } from '../../src/certificate/theta.js';

test('theta is its series, and both its forms agree', () => {
  const series = (alpha: number): number => {
    let sum = 1;
    for (let n = 1; n < 2000; n++) sum += 2 * Math.exp(-alpha * n * n);
    return sum;
  };
  for (const alpha of [1e-3, 0.1, 0.999, 1, 1.001, 3, 20]) {
    assert.ok(Math.abs(theta(alpha) / series(alpha) - 1) < 1e-13, `alpha ${alpha}`);
    assert.ok(Math.abs((1 + 2 * tail(alpha)) / series(alpha) - 1) < 1e-13, `tail at ${alpha}`);
  }
  assert.is(theta(0), Number.POSITIVE_INFINITY);
  assert.is(missedShare(0, 2), 1);
  assert.is(missedShareWithSink(0, 2), 1);
});

test('the shares of two axes are those that were measured', () => {
  // In the interior of an image of 7 x 7 pixels, by attention in float64.
  const expected = [
    [1, 0.68175595959],
    [4, 0.06942539964],
    [8, 1.34050129659e-3],
    [12, 2.45763964047e-5],
    [16, 4.50140546948e-7],
    [24, 1.5100543e-10],
  ] as const;
  for (const [alpha, share] of expected) {
    assert.ok(Math.abs(missedShare(alpha, 2) / share - 1) < 1e-6, `alpha ${alpha}: ${missedShare(alpha, 2)}`);
  }
  assert.ok(missedShare(46, 2) > 0 && missedShare(46, 2) < 1e-19);
  assert.ok(Math.abs(missedShareWithSink(32, 2) / Math.exp(-16) - 1) < 0.01);
});

/** Weights of an axis of `keys` pixels for a target at `at`, largest first in the sum's own scale. */
function axisWeights(alpha: number, keys: number, at: number): number[] {
  return Array.from({ length: keys }, (_, k) => Math.exp(-alpha * (k - at) ** 2));
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

test('no query on any grid misses more than the share says', () => {
  const property = fc.property(
    fc.double({ min: 0.05, max: 40, noNaN: true }),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat(11)), { minLength: 1, maxLength: 3 }),
    (alpha, axes) => {
      const parts = axes.map(([keys, at]) => ({ all: sum(axisWeights(alpha, keys, at % keys)) }));
      const missed = 1 - 1 / parts.reduce((product, { all }) => product * all, 1);
      assert.ok(missed <= missedShare(alpha, axes.length) + 1e-15);
    },
  );
  fc.assert(property);
});

test('with a sink none misses more, inside and outside', () => {
  const property = fc.property(
    fc.double({ min: 0.05, max: 80, noNaN: true }),
    fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: -3, max: 14 })), {
      minLength: 1,
      maxLength: 3,
    }),
    (alpha, axes) => {
      const pixels = axes.reduce((product, [keys, at]) => product * sum(axisWeights(alpha, keys, at)), 1);
      const sink = Math.exp(-alpha / 2);
      const inside = axes.every(([keys, at]) => at >= 0 && at < keys);
      const missed = inside ? 1 - 1 / (pixels + sink) : pixels / (pixels + sink);
      assert.ok(missed <= missedShareWithSink(alpha, axes.length) + 1e-15, `${missed}`);
    },
  );
  fc.assert(property);
});

test.run();
