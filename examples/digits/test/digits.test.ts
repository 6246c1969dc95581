/** The example trains, and its loss falls, on both devices alike. */
import { batches } from '@saccade/nn';
import { init, Rng } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDigits } from '../src/data.js';
import { digitSheet, lossChart } from '../src/figures.js';
import { largeNetwork, linearClassifier, smallNetwork } from '../src/networks.js';
import { percentRight, predict, train } from '../src/train.js';

async function firstLosses(device: 'js' | 'wasm', count: number): Promise<number[]> {
  await init({ device });
  const { train: digits } = loadDigits();
  const few = { images: digits.images.at(`:${8 * count}`), labels: digits.labels.at(`:${8 * count}`) };
  return train(smallNetwork(new Rng(5)), batches(few, { size: 8, seed: 5 }), { epochs: 1, rate: 3e-3 });
}

test('the data has 1,297 images to train on and 500 to test with', async () => {
  const { train: digits, test: held } = loadDigits();
  assert.equal([...digits.images.shape], [1297, 8, 8, 1]);
  assert.equal([...held.images.shape], [500, 8, 8, 1]);
  const pixels = await digits.images.data();
  assert.ok(pixels.every((ink) => ink >= 0 && ink <= 1));
  const labels = await held.labels.data<'int32'>();
  assert.ok(labels.every((label) => label >= 0 && label <= 9));
});

test('the first steps are the same on the wasm device and on the oracle', async () => {
  const [fast, plain] = [await firstLosses('wasm', 4), await firstLosses('js', 4)];
  fast.forEach((loss, i) => {
    assert.ok(Math.abs(loss - (plain[i] as number)) < 1e-4 * loss, `step ${i}: ${loss} and ${plain[i]}`);
  });
});

test('two epochs of training halve the loss and read most digits; the figures show them', async () => {
  await init({ device: 'wasm' });
  const { train: digits, test: held } = loadDigits();
  const network = smallNetwork(new Rng(1));
  const losses = await train(network, batches(digits, { size: 32, seed: 1 }), { epochs: 2, rate: 3e-3 });
  const mean = (part: number[]): number => part.reduce((a, b) => a + b) / part.length;
  assert.ok(mean(losses.slice(-10)) < mean(losses.slice(0, 10)) / 2);
  const predictions = await predict(network, held);
  assert.ok((await percentRight(predictions, held)) > 85);
  assert.is(lossChart(losses).kind, 'chart');
  const sheet = await digitSheet(held, predictions);
  assert.ok(sheet.kind === 'pictures' && sheet.items[0]?.alert);
});

test('the networks fit their images', async () => {
  const images = new Rng(1).uniform([2, 28, 28, 1]);
  assert.equal([...largeNetwork(new Rng(1)).forward(images).shape], [2, 10]);
  assert.equal([...linearClassifier(784, new Rng(1)).forward(images).shape], [2, 10]);
});

test.run();
