/** Residuals with three centres on the device: reference vectors, one token, gradients. */
import { broadcastTo, checkGradients, init, memory, OptionError, Rng, ShapeError, scope, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compositeNorm } from '../../src/residual/composite-norm.js';
import { type Center, centerOf, residual } from '../../src/residual/residual.js';
import { goldenMatrices } from './golden-norms.js';

onTestDevice(test, init);

const rng = new Rng(5);
const centers: readonly Center[] = ['mean', 'median', 'midrange'];

test('a stack keeps its shape, its centre has one token, and nothing else stays', () => {
  const before = memory().tensors;
  scope(() => {
    const x = rng.normal([2, 4, 3]);
    for (const center of centers) {
      assert.equal([...residual(x, { center }).shape], [2, 4, 3]);
      assert.equal([...centerOf(x, center).shape], [2, 1, 3]);
    }
  });
  assert.is(memory().tensors, before);
});

test('one token and equal tokens leave nothing', async () => {
  await scope(async () => {
    const token = rng.normal([1, 5]);
    for (const center of centers) {
      for (const x of [token, broadcastTo(token, [8, 5])]) {
        assertClose(await residual(x, { center }).data(), new Array<number>(x.size).fill(0), { atol: 1e-6 });
      }
      assert.ok((await residual(token, { center }).data()).every((value) => value === 0));
    }
  });
});

test('other centres, options and shapes are refused', () => {
  const x = zeros([2, 3]);
  const vector = zeros([3]);
  const oneOf = /residual: center must be one of mean, median, midrange, got "middle"/;
  assertThrows(() => residual(x, { center: 'middle' as never }), OptionError, oneOf);
  assertThrows(() => centerOf(x, 'middle' as never), OptionError, /centerOf: center must be one of/);
  assertThrows(() => residual(x, { centre: 'mean' } as never), OptionError, /residual: no option 'centre'/);
  assertThrows(() => residual(vector), ShapeError, /residual: x must be \[..., tokens, channels\], got \[3\]/);
  x.dispose();
  vector.dispose();
});

for (const golden of goldenMatrices) {
  test(`${golden.name}: the residuals by mean, median and mid-range are the reference's`, async () => {
    await scope(async () => {
      const x = golden.tensor();
      const { expected } = golden;
      const wanted = [expected.res_mean_composite, expected.res_median_composite, expected.res_midrange_composite];
      for (const [i, center] of centers.entries()) {
        const [norm] = await compositeNorm(residual(x, { center })).data();
        assertClose(norm as number, wanted[i] as number, { rtol: 1e-5, atol: 1e-5 * expected.composite }, center);
      }
    });
  });
}

test('the gradient is right', async () => {
  const x = rng.normal([2, 5, 3]);
  for (const center of centers) await checkGradients((t) => residual(t, { center }).square(), [x]);
  x.dispose();
});

test.run();
