import { matrix, OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pointOf, spreadOf } from '../../src/curve/curve-point.js';
import { measuresOf, tokensOf } from '../../src/curve/measures.js';
import { thinned } from '../../src/curve/thin.js';
import { ranksOf } from '../../src/residual/ranks.js';

interface Scalars {
  readonly composite: number;
  readonly frobenius: number;
  readonly res_mean_composite: number;
  readonly ratio: number;
  readonly frobenius_residue: number;
  readonly [name: string]: unknown;
}
const golden = new Golden<Readonly<Record<string, Scalars>>>(new URL('../golden/norms', import.meta.url));

test('the measures of the reference matrices are those of the reference', () => {
  for (const [name, scalars] of Object.entries(golden.scalars)) {
    const [rows, columns] = golden.shape(name) as [number, number];
    const x = matrix(rows, columns, Float64Array.from(golden.values(name)));
    const found = measuresOf(x, 'mean', true);
    assertClose(found.norm, scalars.composite, { rtol: 1e-12 }, name);
    assertClose(found.residual, scalars.res_mean_composite, { rtol: 1e-9, atol: 1e-15 }, name);
    assertClose(found.ratio, scalars.ratio, { rtol: 1e-9, atol: 1e-15 }, name);
    assertClose(found.frobenius, scalars.frobenius_residue, { rtol: 1e-9, atol: 1e-15 }, name);
    const spectrum = found.spectrum!;
    assertClose(
      measuresOf(x, 'mean', true, 'float32').spectrum!,
      spectrum,
      { rtol: 1e-6, atol: 3e-8 * spectrum[0]! },
      name,
    );
  }
});

test('values far from 1 neither vanish nor overflow', () => {
  for (const size of [1e-200, 1e200]) {
    const x = matrix(
      2,
      2,
      new Float64Array([3, 0, 0, 4]).map((value) => value * size),
    );
    const { frobenius, ratio, norm, cosine } = measuresOf(x, 'mean', false);
    assertClose(norm, 4 * size, { rtol: 1e-12, atol: 0 });
    // What is left has columns of 3 and 4, rows of 3.5.
    assertClose(ratio, Math.sqrt(3.5 * 4) / 4, { rtol: 1e-12 });
    assertClose(frobenius, Math.SQRT1_2, { rtol: 1e-12 });
    assertClose(cosine, 0, { atol: 1e-15 });
  }
});

test('values that are not finite are refused', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assertThrows(
      () => measuresOf(matrix(2, 1, new Float64Array([1, bad])), 'mean', false),
      OptionError,
      /must be finite/,
    );
  }
});

test('a thinned matrix has the singular values of the whole', () => {
  fc.assert(
    fc.property(
      fc.nat(1e6),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
      fc.constantFrom(1e-30, 1, 1e30),
      (seed, rows, columns, size) => {
        const rng = new Rng(seed);
        const x = matrix(
          rows,
          columns,
          Float64Array.from({ length: rows * columns }, () => size * (rng.number() - 0.5)),
        );
        const whole = ranksOf(x);
        const thin = thinned(x);
        assert.is(thin.rows, Math.min(rows, columns));
        assertClose(ranksOf(thin).singularValues, whole.singularValues, {
          rtol: 1e-9,
          atol: 3e-8 * whole.singularValues[0]!,
        });
      },
    ),
  );
});

test('tokens of a sample leave padding out', () => {
  const values = Float32Array.from({ length: 12 }, (_, i) => i);
  const { rows, columns, data } = tokensOf(values, [2, 3, 2], 1, [1, 1, 1, 1, 0, 1]);
  assert.equal([rows, columns, Array.from(data)], [2, 2, [6, 7, 10, 11]]);
});

test('a point is the mean and the deviation of its samples, and marks rounding by the element type', () => {
  assert.equal(spreadOf([1, 3]), { mean: 2, deviation: Math.SQRT2, values: [1, 3] });
  const at = (ratio: number) => ({ tokens: 2, ratio, residual: ratio, norm: 1, frobenius: ratio, cosine: 1 });
  assert.is(pointOf(0, [at(1), at(1e-6)], 'float32', 0).atFloor, true);
  assert.is(pointOf(0, [at(1), at(1e-5)], 'float32', 0).atFloor, false);
  assert.is(pointOf(0, [at(1), at(1e-5)], 'float64', 0).atFloor, false);
  assert.is(pointOf(0, [at(1), at(1e-14)], 'float64', 3).atFloor, true);
  assert.is(pointOf(0, [at(1)], 'float64', 3).amplified, 3);
});

test.run();
