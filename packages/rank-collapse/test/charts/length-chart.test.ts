/** Bars by path length: heights, errors, shares, zeros, bad input. */
import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type LengthBar, lengthChart } from '../../src/charts/length-chart.js';

const bars = (norms: readonly number[], change: object = {}): LengthBar[] =>
  norms.map((norm, length) => ({ length, norm, ...change }));

/** Heights in pixels. */
const heights = (svg: string, color = 0): number[] =>
  [...svg.matchAll(new RegExp(`<rect class="d${color}"[^>]* height="([\\d.]+)"`, 'g'))].map(([, height]) =>
    Number(height),
  );

test('even factors are even steps on a logarithmic axis, and heights are values on an even one', () => {
  const log = heights(lengthChart(bars([100, 10, 1])));
  assert.ok(Math.abs(log[0]! - 2 * log[1]! + log[2]!) < 0.3, String(log));
  assert.ok(log[2]! > 3);
  const even = heights(lengthChart(bars([4, 2, 1]), { log: false }));
  assert.ok(Math.abs(even[0]! / even[1]! - 2) < 0.01 && Math.abs(even[1]! / even[2]! - 2) < 0.02, String(even));
});

test('errors are whiskers, those of one sample (NaN) are none', () => {
  const whiskers = (error: number): number =>
    lengthChart(bars([3, 2], { error })).match(/class="whisker"/g)?.length ?? 0;
  assert.is(whiskers(0.5), 2);
  assert.is(whiskers(Number.NaN), 0);
  // An error beyond the norm ends at the axis.
  assert.not.match(lengthChart(bars([3, 2], { error: 9 })), /NaN|Infinity/);
  assert.match(lengthChart(bars([3], { error: 0.5 })), '<title>length 0: 3 ± 0.5</title>');
});

test('shares are drawn below where all are given', () => {
  const svg = lengthChart(bars([3, 2, 1], { proportion: 0.25 }));
  assert.match(svg, '>share of all paths</text>');
  assert.is(heights(svg, 1).length, 3);
  const some = lengthChart([
    { length: 0, norm: 1, proportion: 0.5 },
    { length: 1, norm: 1 },
  ]);
  assert.not.match(some, 'share of all paths');
});

test('a norm of 0 has no bar but a 0, and an axis reaches down to 1e-160', () => {
  const svg = lengthChart(bars([1, 0, 1e-160]));
  assert.is(heights(svg).length, 2);
  assert.match(svg, />0<\/text>/);
  for (const norms of [[0, 0], [1e-160], [5e-324, 1], []]) {
    for (const log of [true, false]) assert.not.match(lengthChart(bars(norms), { log }), /NaN|Infinity/, `${norms}`);
  }
  assert.match(lengthChart([]), 'no length to draw');
});

test('bars stay within the frame', () => {
  const norms = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(norms, fc.boolean(), (values, log) => {
      const svg = lengthChart(bars(values, { error: 1 }), { log });
      assert.not.match(svg, /NaN|Infinity|height="-/);
      assert.ok(heights(svg).every((height) => height <= 420 - 54 - 74 + 0.1));
    }),
    { numRuns: 60, seed: 6 },
  );
});

test('values that cannot be drawn and options that make no sense are refused', () => {
  const message = /lengthChart: norm must be a number from 0, got -1 at length 0/;
  assertThrows(() => lengthChart(bars([-1])), OptionError, message);
  assertThrows(() => lengthChart(bars([Number.NaN])), OptionError, /norm must be a number from 0, got NaN/);
  assertThrows(() => lengthChart(bars([1], { proportion: Number.NaN })), OptionError, /proportion must be/);
  assertThrows(
    () => lengthChart([], { height: 10 }),
    OptionError,
    /lengthChart: height must be a whole number from 200/,
  );
  assertThrows(() => lengthChart([], { shares: true } as never), OptionError, /lengthChart: no option 'shares'/);
});

test.run();
