/** The operator and the network on the device under test give what they give on the CPU's plain device; what ran elsewhere is told. */
import { useDevice } from '@saccade/kernels';
import { createJsDevice, init, mul, Rng, sum, type Tensor, tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PatchSelector } from '../src/model/patch-selector.js';
import { topK } from '../src/operator/top-k.js';
import type { TopKOptions } from '../src/operator/top-k-options.js';

onTestDevice(test, init);

/** Runs the same on the device under test and on the plain one. */
async function onBoth(run: () => Promise<Float32Array[]>): Promise<[Float32Array[], Float32Array[]]> {
  const here = await run();
  const before = useDevice(createJsDevice());
  try {
    return [here, await run()];
  } finally {
    useDevice(before);
  }
}

for (const method of ['exact', 'perturbed', 'lapsum'] as const) {
  test(`${method} and its gradient are as on the plain device`, async () => {
    const scores = await new Rng(1).uniform([2, 40]).data();
    const [here, there] = await onBoth(async () => {
      const x = tensor(scores, { shape: [2, 40] });
      const options: TopKOptions = { k: 4, method, samples: 20, rng: new Rng(2) };
      const g = new Rng(3).normal([2, 40]);
      const [[, mask], gradient] = valueAndGradOf(x, () => {
        const mask = topK(x, options).toMask();
        return [sum(mul(mask, g)), mask] as const;
      }) as unknown as [[Tensor, Tensor], Tensor];
      return [await mask.data(), await gradient.data()];
    });
    for (const [i, values] of there.entries()) {
      const size = Math.max(1, ...values.map(Math.abs));
      assertClose(here[i] as Float32Array, values, { rtol: 0, atol: 1e-5 * size });
    }
  });
}

test('a selector’s loss and gradients are as on the plain device', async () => {
  const pixels = await new Rng(1).uniform([2, 32, 32, 1]).data();
  const [here, there] = await onBoth(async () => {
    const selector = new PatchSelector({
      ...{ height: 32, width: 32, channels: 1, classes: 3, patches: 2, patchSize: 8, downscale: 2 },
      scorer: { kind: 'conv', channels: [2, 2, 2], pool: 2 },
      features: { kind: 'conv', channels: [2], outSize: 4 },
      rng: new Rng(5),
    });
    const images = tensor(pixels, { shape: [2, 32, 32, 1] });
    const labels = tensor([0, 2], { dtype: 'int32' });
    const parameters = selector.parameters();
    const [loss, gradients] = valueAndGradOf(parameters, () => selector.loss(images, labels));
    const values = [await loss.data()];
    for (const gradient of gradients.values()) values.push(await gradient.data());
    return values;
  });
  assert.is(here.length, there.length);
  for (const [i, values] of there.entries()) {
    const size = Math.max(0.01, ...values.map(Math.abs));
    assertClose(here[i] as Float32Array, values, { rtol: 0, atol: 2e-3 * size });
  }
});

test('what runs on the CPU in place of a GPU is counted under the package’s name', async () => {
  const { device } = topK([3, 1, 2], { k: 1 }).weights;
  const own = device.report().filter(({ kernel }) => kernel.startsWith('topk.'));
  assert.is(own.length > 0, testDevice !== 'wasm');
  assert.ok(own.every(({ ranOn }) => ranOn === 'wasm'));
});

test.run();
