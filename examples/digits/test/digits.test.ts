/** The example trains, and its loss falls, on both devices alike. */
import { init } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDigits } from '../src/data.js';
import { type Step, train } from '../src/network.js';

async function firstSteps(device: 'js' | 'wasm', count: number): Promise<number[]> {
  await init({ device });
  const { train: digits } = await loadDigits();
  const steps: Step[] = [];
  for await (const step of train(digits.images, digits.labels, { epochs: 1, batch: 8, seed: 5 })) {
    if (steps.push(step) === count) break;
  }
  return steps.map(({ loss }) => loss);
}

test('the data has 1,297 images to train on and 500 to test with', async () => {
  await init({ device: 'js' });
  const { train: first, test: last } = await loadDigits();
  assert.equal(first.images.shape, [1297, 8, 8, 1]);
  assert.equal(last.images.shape, [500, 8, 8, 1]);
  const labels = await last.labels.data<'int32'>();
  assert.ok(labels.every((label) => label >= 0 && label <= 9));
});

test('the loss falls', async () => {
  const losses = await firstSteps('wasm', 60);
  const mean = (part: number[]): number => part.reduce((a, b) => a + b) / part.length;
  assert.ok(mean(losses.slice(-10)) < 0.5 * mean(losses.slice(0, 10)));
});

test('wasm follows the oracle', async () => {
  const expected = await firstSteps('js', 4);
  const actual = await firstSteps('wasm', 4);
  actual.forEach((loss, i) => {
    assert.ok(Math.abs(loss - (expected[i] as number)) < 1e-3, `step ${i}: ${loss}, expected ${expected[i]}`);
  });
});

test.run();
