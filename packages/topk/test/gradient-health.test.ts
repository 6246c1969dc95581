/** What is measured of sampled gradients: a known bias, a deviation that falls with samples, and the same for the same seed. */
import { init, memory, OptionError, ShapeError, zeros } from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type EstimateHealth, gradientHealth } from '../src/operator/gradient-health.js';
import type { PerturbedGradient } from '../src/operator/perturbed.js';

onTestDevice(test, init);

function of(estimates: readonly EstimateHealth[], gradient: PerturbedGradient): EstimateHealth {
  return estimates.find((one) => one.gradient === gradient) as EstimateHealth;
}

test('the unbiased estimate comes closer with more samples, the diagonal one does not', async () => {
  const few = await gradientHealth({ n: 20, k: 3, sigma: 0.1, samples: 100, draws: 8 });
  const many = await gradientHealth({ n: 20, k: 3, sigma: 0.1, samples: 10_000, draws: 8 });
  assert.ok(of(many.estimates, 'full').deviation < 0.3 * of(few.estimates, 'full').deviation);
  assert.ok(of(many.estimates, 'full').cosine > 0.98);
  assert.ok(of(many.estimates, 'full').bias < 0.1);
  assert.ok(of(many.estimates, 'diag').bias > 0.3);
  assert.equal([few.n, few.k, few.samples, few.draws], [20, 3, 100, 8]);
});

test('the same seed gives the same report, scores of the caller are taken', async () => {
  const options = {
    scores: [0.1, 0.3, 0.2, 0.25],
    k: 2,
    samples: 50,
    draws: 3,
    seed: 4,
    cotangent: 'independent',
  } as const;
  const before = memory().tensors;
  assert.equal(await gradientHealth(options), await gradientHealth(options));
  assert.is(memory().tensors - before, 0);
});

test('options are checked, and a signal ends it', async () => {
  await assertRejects(() => gradientHealth({ k: 2 }), OptionError, /expected n, or the scores themselves/);
  await assertRejects(
    () => gradientHealth({ n: 4, k: 2, draws: 0 }),
    OptionError,
    /draws must be a whole number from 1, got 0/,
  );
  const cotangent = zeros([3, 3]);
  await assertRejects(
    () => gradientHealth({ n: 4, k: 2, cotangent }),
    ShapeError,
    /cotangent must be \[k, n\] = \[2, 4\]/,
  );
  await assertRejects(() => gradientHealth({ n: 5, k: 2, scores: [1, 2] }), ShapeError, /scores must be one row of 5/);
  await assertRejects(() => gradientHealth({ n: 5, k: 2, signal: AbortSignal.abort() }), Error, /abort/i);
});

test.run();
