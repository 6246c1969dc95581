/** Ranks and cosines of tokens: reference vectors, and matrices that have none. */
import { type Matrix, matrix, OptionError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { meanCosine, ranksOf } from '../../src/residual/ranks.js';
import { goldenMatrices } from './golden-norms.js';

const zero = matrix(3, 4);
const one = matrix(1, 3, Float64Array.of(1, 2, 3));

test('a matrix of zeros has rank 0 and tokens of zero have cosine 0', () => {
  const { singularValues, stableRank, entropyRank } = ranksOf(zero);
  assert.equal([...singularValues], [0, 0, 0]);
  assert.is(stableRank, 0);
  assert.is(entropyRank, 0);
  assert.is(meanCosine(zero), 0);
});

test('one token has rank 1 and points its own way', () => {
  assertClose(ranksOf(one).stableRank, 1, { rtol: 1e-14 });
  assertClose(ranksOf(one).entropyRank, 1, { rtol: 1e-14 });
  assert.is(meanCosine(one), 1);
});

test('values that are not finite are refused', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const x = matrix(2, 2, Float64Array.of(1, 2, 3, bad));
    assertThrows(() => ranksOf(x), OptionError, /values must be finite, got (NaN|Infinity) at row 1, column 1/);
    assertThrows(() => meanCosine(x), OptionError, /meanCosine: values must be finite, got (NaN|Infinity) in row 1/);
  }
});

for (const { name, expected, matrix: x } of goldenMatrices) {
  test(`${name}: the ranks are the reference's`, () => {
    const { singularValues, stableRank, entropyRank } = ranksOf(x);
    const largest = expected.singular_values[0] as number;
    // The reference keeps the first eight.
    assertClose(singularValues.slice(0, 8), expected.singular_values, { rtol: 1e-6, atol: 1e-12 * largest });
    assertClose(stableRank, expected.stable_rank, { rtol: 1e-6 });
    assertClose(entropyRank, expected.effective_rank_entropy, { rtol: 1e-6 });
    assertClose(meanCosine(x), expected.mean_offdiag_cosine, { rtol: 1e-6, atol: 1e-12 });
  });
}

const matrices = fc.integer({ min: 2, max: 6 }).chain((rows) =>
  fc.integer({ min: 1, max: 6 }).chain((columns) =>
    fc
      .array(fc.double({ min: -10, max: 10, noNaN: true }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      })
      .map((values): Matrix => matrix(rows, columns, Float64Array.from(values))),
  ),
);

test('ranks lie between 1 and the rank, cosines within [-1, 1], and neither depends on the scale', () => {
  fc.assert(
    fc.property(matrices, fc.constantFrom(1e-200, 1, 1e150), (x, scale) => {
      fc.pre(x.data.some((value) => Math.abs(value) > 1e-3));
      const scaled = matrix(
        x.rows,
        x.columns,
        x.data.map((value) => value * scale),
      );
      const { stableRank, entropyRank } = ranksOf(scaled);
      const most = Math.min(x.rows, x.columns) + 1e-9;
      assert.ok(stableRank >= 1 - 1e-9 && stableRank <= most, `stable rank ${stableRank}`);
      assert.ok(entropyRank >= stableRank - 1e-9 && entropyRank <= most, `${entropyRank} after ${stableRank}`);
      assertClose(stableRank, ranksOf(x).stableRank, { rtol: 1e-9 });
      const cosine = meanCosine(scaled);
      assert.ok(Math.abs(cosine) <= 1 + 1e-12, `cosine ${cosine}`);
    }),
    { numRuns: 60, seed: 1 },
  );
});

test.run();
