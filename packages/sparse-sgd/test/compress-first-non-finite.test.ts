import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { firstNonFinite, isFiniteVector } from '../src/compress/first-non-finite.js';

test('finite entries are passed over, the largest, the smallest and none at all', () => {
  for (const vector of [
    new Float32Array(0),
    Float32Array.of(-0),
    Float32Array.of(3.4e38, -1e-45, 3.4e38),
    Float64Array.of(Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_VALUE),
  ]) {
    assert.ok(isFiniteVector(vector));
    assert.is(firstNonFinite(vector), -1);
  }
});

test('the first entry that is NaN or infinite is found, wherever it is', () => {
  const odd = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  const numbers = fc.array(
    fc.oneof({ arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }), weight: 9 }, odd),
  );
  fc.assert(
    fc.property(numbers, fc.boolean(), (list, double) => {
      const vector = double ? Float64Array.from(list) : Float32Array.from(list);
      const expected = Array.from(vector).findIndex((value) => !Number.isFinite(value));
      assert.is(firstNonFinite(vector), expected);
      assert.is(isFiniteVector(vector), expected < 0);
    }),
  );
});

test.run();
