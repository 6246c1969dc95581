/** The network trains on the device under test as on the CPU. */
import { batches } from '@saccade/nn';
import { init, Rng } from '@saccade/tensor';
import { assertClose, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDigits } from '../src/data.js';
import { largeNetwork, smallNetwork } from '../src/networks.js';
import { type Digits, percentRight, predict, train } from '../src/train.js';

onTestDevice(test, init);

/** Losses of one epoch, and how much of the test images is read right after it. */
async function epoch(): Promise<{ losses: number[]; right: number }> {
  const { train: digits, test: held } = loadDigits();
  const network = smallNetwork(new Rng(3));
  const losses = await train(network, batches(digits, { size: 32, seed: 3 }), { epochs: 1, rate: 3e-3 });
  return { losses, right: await percentRight(await predict(network, held), held) };
}

test('the loss curve is that of the CPU to 1e-3, and the same digits are read', async () => {
  const here = await epoch();
  await init({ device: 'wasm' });
  const cpu = await epoch();
  await init({ device: testDevice });
  assertClose(here.losses, cpu.losses, { rtol: 0, atol: 1e-3 });
  assert.is(here.losses.length, 41);
  assert.ok(here.right > 85 && Math.abs(here.right - cpu.right) <= 0.4, `${here.right} and ${cpu.right} %`);
});

/** Calls that the device left to another, by kernel. */
const elsewhere = (report: readonly { kernel: string; calls: number }[]): string[] =>
  report.map(({ kernel, calls }) => `${calls} ${kernel}`);

test('no kernel of training leaves the device', async () => {
  const images = new Rng(1).uniform([8, 28, 28, 1]);
  const { device } = images;
  const labels = new Rng(2).integers([8], 0, 10);
  const { train: digits } = loadDigits();
  const few: Digits = { images: digits.images.at(':64'), labels: digits.labels.at(':64') };
  for (const [network, data] of [
    [smallNetwork(new Rng(1)), few],
    [largeNetwork(new Rng(1)), { images, labels }],
  ] as const) {
    // What draws the weights is no part of training.
    const shuffled = batches(data, { size: 8, shuffle: false });
    await train(network, shuffled, { epochs: 1, rate: 1e-3 });
    const before = elsewhere(device.report());
    await train(network, shuffled, { epochs: 1, rate: 1e-3 });
    assert.equal(elsewhere(device.report()), before);
  }
});

test.run();
