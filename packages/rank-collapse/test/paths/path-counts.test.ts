import { OptionError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pathCounts } from '../../src/paths/path-counts.js';

interface Counted {
  readonly heads: number;
  readonly layers: number;
  readonly total: string;
  readonly proportion: readonly number[];
  readonly mean_length: number;
}

const golden: Golden<Record<string, Counted>> = new Golden(new URL('../golden/path_counts', import.meta.url));

for (const [name, { heads, layers, total, proportion, mean_length }] of Object.entries(golden.scalars)) {
  test(`paths are as many, and as long, as in ${name}`, () => {
    const counts = pathCounts(layers, heads);
    assert.is(counts.reduce((sum, { count }) => sum + count, 0n).toString(), total);
    assertClose(
      counts.map((one) => one.proportion),
      proportion,
      { rtol: 1e-12, atol: 0 },
    );
    assert.ok(Math.abs(counts.reduce((sum, one) => sum + one.length * one.proportion, 0) / mean_length - 1) < 1e-12);
  });
}

test('counts beyond 2^53 are whole, and proportions of very deep networks add up to 1', () => {
  const counts = pathCounts(400, 96);
  assert.is(counts[400]!.count, 96n ** 400n);
  assert.ok(Math.abs(counts.reduce((sum, one) => sum + one.proportion, 0) - 1) < 1e-10);
});

test('counts of no layers or heads are refused', () => {
  assertThrows(() => pathCounts(0, 2), OptionError, /^pathCounts: layers must be/);
  assertThrows(() => pathCounts(2, 1.5), OptionError, /^pathCounts: heads must be/);
});

test.run();
