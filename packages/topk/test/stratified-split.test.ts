/** The part of labelled examples that is set aside. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stratifiedSplit } from '../src/data/stratified-split.js';

test('every row is in one part, in order; every class gives its share, but never all', () => {
  const labels = fc.array(fc.nat(3), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(labels, fc.double({ min: 0, max: 0.99, noNaN: true }), fc.nat(), (values, share, seed) => {
      const { rest, kept } = stratifiedSplit(Int32Array.from(values), share, seed);
      assert.equal(
        [...rest, ...kept].sort((a, b) => a - b),
        values.map((_, row) => row),
      );
      for (const part of [rest, kept])
        assert.equal(
          [...part],
          [...part].sort((a, b) => a - b),
        );
      for (const label of new Set(values)) {
        const count = values.filter((value) => value === label).length;
        const found = [...kept].filter((row) => values[row] === label).length;
        assert.is(found, Math.min(count - 1, Math.round(share * count)));
      }
    }),
  );
});

test('the seed decides, and nothing else', () => {
  const labels = new Int32Array(100);
  const split = (seed: number): number[] => [...stratifiedSplit(labels, 0.3, seed).kept];
  assert.equal(split(1), split(1));
  assert.not.equal(split(1), split(2));
});

test('every row is set aside about as often as the others', () => {
  const counts = new Array<number>(10).fill(0);
  for (let seed = 0; seed < 1000; seed++) {
    for (const row of stratifiedSplit(new Int32Array(10), 0.3, seed).kept) counts[row]!++;
  }
  assert.ok(counts.every((count) => Math.abs(count - 300) < 75));
});

test.run();
