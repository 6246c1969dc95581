/** Which examples each worker takes. */
import { Rng } from '@saccade/tensor';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Shards } from '../../src/cli/shards.js';
import { shuffled } from '../../src/cli/shuffled.js';

function sorted(rows: Iterable<number>): number[] {
  return [...rows].sort((a, b) => a - b);
}

test('an epoch has every example once, each epoch in another order', () => {
  const shards = new Shards(103, 10, 1);
  assert.is(shards.stepsPerEpoch, 11);
  const epoch = (first: number) => Array.from({ length: 11 }, (_, i) => [...shards.batch(first + i)]).flat();
  const [one, two] = [epoch(0), epoch(11)];
  assert.equal(sorted(one), sorted(two));
  assert.equal(
    sorted(one),
    Array.from({ length: 103 }, (_, i) => i),
  );
  assert.not.equal(one, two);
  assert.equal([...new Shards(103, 10, 1).batch(12)], two.slice(10, 20));
  assert.not.equal([...new Shards(103, 10, 2).batch(12)], two.slice(10, 20));
});

test('workers share a batch, and their weighted means make its mean', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 40 }),
    fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 8 }),
    fc.integer({ min: 0, max: 50 }),
    (batch, ranks, step) => {
      const shards = new Shards(50, batch, 3);
      const present = sorted(ranks);
      const whole = shards.batch(step);
      const parts = present.map((rank) => shards.of(step, rank, present));
      assert.ok(parts.every(({ rows }) => rows.length > 0));
      if (whole.length < present.length) return;
      assert.equal(sorted(parts.flatMap(({ rows }) => [...rows])), sorted(whole));
      const mean = (rows: Int32Array): number => rows.reduce((sum, row) => sum + row, 0) / rows.length;
      const together = parts.reduce((sum, { rows, weight }) => sum + weight * mean(rows), 0) / present.length;
      assert.ok(Math.abs(together - mean(whole)) < 1e-9);
    },
  );
  fc.assert(property, { numRuns: 200 });
});

test('a worker that the others do not know of yet has a part too', () => {
  const shards = new Shards(20, 10, 3);
  assert.equal(shards.of(0, 5, [0, 1]), shards.of(0, 5, [0, 1, 5]));
});

test('an order has each number once, and is that of its stream', () => {
  assert.equal(
    sorted(shuffled(50, new Rng(4))),
    Array.from({ length: 50 }, (_, i) => i),
  );
  assert.equal(shuffled(50, new Rng(4)), shuffled(50, new Rng(4)));
  assert.not.equal(shuffled(50, new Rng(4)), shuffled(50, new Rng(5)));
  // Each of 6 orders of 3 comes about as often.
  const counts = new Map<string, number>();
  const rng = new Rng(1);
  for (let i = 0; i < 6000; i++) {
    const key = shuffled(3, rng).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.is(counts.size, 6);
  assert.ok([...counts.values()].every((count) => Math.abs(count - 1000) < 150));
});

test.run();
