/** The transformer trains on the device under test as on the CPU. */
import { Adam, crossEntropy } from '@saccade/nn';
import { init, Rng, scope } from '@saccade/tensor';
import { assertClose, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { draw, Sorter } from '../src/sorter.js';

onTestDevice(test, init);

/** Losses of a few steps; what the device did elsewhere during them. */
async function steps(count: number): Promise<{ losses: number[]; elsewhere: string[] }> {
  const sorter = new Sorter(2, new Rng(1));
  const data = draw(16, new Rng(2));
  const { device } = data.letters;
  const optimizer = new Adam(sorter, { rate: 1e-3, clipNorm: 1 });
  await data.sorted.data();
  const before = device.report().map(({ kernel, calls }) => `${calls} ${kernel}`);
  const losses: number[] = [];
  for (let step = 0; step < count; step++) {
    const loss = await scope(async () =>
      optimizer.minimize(() => crossEntropy(sorter.forward(data.letters), data.sorted)).data(),
    );
    losses.push(loss[0] as number);
  }
  const after = device.report().map(({ kernel, calls }) => `${calls} ${kernel}`);
  return { losses, elsewhere: after.filter((line) => !before.includes(line)) };
}

test('losses are those of the CPU to 1e-3, and no kernel of training leaves the device', async () => {
  const here = await steps(6);
  await init({ device: 'wasm' });
  const cpu = await steps(6);
  await init({ device: testDevice });
  assertClose(here.losses, cpu.losses, { rtol: 0, atol: 1e-3 });
  assert.equal(here.elsewhere, []);
});

test.run();
