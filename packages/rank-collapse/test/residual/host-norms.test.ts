/** Norms on the host: reference vectors in float64, and matrices without anything left. */
import { matrix } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { columnNormOf, compositeOf } from '../../src/residual/host-norms.js';
import { centredOn } from '../../src/residual/host-residual.js';
import type { Center } from '../../src/residual/residual.js';
import { goldenMatrices } from './golden-norms.js';

const centers: readonly Center[] = ['mean', 'median', 'midrange'];

test('one token, equal tokens and zeros leave nothing, and an empty matrix has norm 0', () => {
  const token = [0.1, -0.7, 3.3];
  for (const center of centers) {
    assert.is(compositeOf(centredOn(matrix(1, 3, Float64Array.from(token)), center)), 0);
    assert.is(compositeOf(centredOn(matrix(2, 3), center)), 0);
    const left = compositeOf(centredOn(matrix(3, 3, Float64Array.from([...token, ...token, ...token])), center));
    assert.ok(left <= 1e-15, `${center}: ${left}`);
  }
  assert.is(compositeOf(matrix(0, 3)), 0);
});

test('a NaN is not hidden', () => {
  assert.ok(Number.isNaN(compositeOf(matrix(2, 2, Float64Array.of(1, Number.NaN, 2, 3)))));
});

test('norms at the ends of the range neither vanish nor overflow', () => {
  const values = [1, 2, 3, 4];
  for (const scale of [1e-300, 1e300]) {
    const x = matrix(
      2,
      2,
      Float64Array.from(values, (value) => value * scale),
    );
    assertClose(compositeOf(x), Math.sqrt(42) * scale, { rtol: 1e-12, atol: 0 });
  }
});

for (const { name, expected, matrix: x } of goldenMatrices) {
  test(`${name}: norms and residuals are the reference's`, () => {
    const scale = { rtol: 1e-12, atol: 1e-14 * expected.composite };
    assertClose(columnNormOf(x), expected.l1, scale);
    assertClose(compositeOf(x), expected.composite, scale);
    const wanted = [expected.res_mean_composite, expected.res_median_composite, expected.res_midrange_composite];
    const found = centers.map((center) => compositeOf(centredOn(x, center)));
    assertClose(found, wanted, scale);
    assertClose((found[0] as number) / compositeOf(x), expected.ratio, { rtol: 1e-9, atol: 1e-14 });
  });
}

test.run();
