/** Layers on the device under test compute, and learn, what they do on the plain one. */
import { useDevice } from '@saccade/kernels';
import { SGD } from '@saccade/nn';
import { createJsDevice, init, memory, mul, Rng, scope, sum, type Tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convToAttention } from '../src/convert/conv-to-attention.js';
import { loadAttention } from '../src/files/attention-file.js';
import { GatedPositionalAttention } from '../src/layers/gated-positional-attention.js';
import { LearnedRelativeAttention } from '../src/layers/learned-relative-attention.js';
import { QuadraticAttention } from '../src/layers/quadratic-attention.js';
import type { AttentionLayer } from '../src/model/attention-block.js';
import { AttentionImageModel } from '../src/model/attention-image-model.js';
import type { AttentionNetwork } from '../src/network/attention-network.js';
import { makeNetwork } from './files/networks.js';
import { saved } from './files/saved.js';

onTestDevice(test, init);

const makers: Readonly<Record<string, (rng: Rng) => AttentionLayer>> = {
  isotropic: (rng) => new QuadraticAttention({ inputs: 4, outputs: 3, heads: 3, rng }),
  'isotropic, more outputs than inputs': (rng) => new QuadraticAttention({ inputs: 4, outputs: 6, heads: 2, rng }),
  'full covariance': (rng) => new QuadraticAttention({ inputs: 4, heads: 2, covariance: 'full', rng }),
  'a convolution with a sink': () =>
    convToAttention({ weight: [[[[1, 2], [3, 4]], [[0, 1], [1, 0]], [[2, 0], [0, 2]], [[1, 1], [1, 1]]]], padding: 1, stride: 2 }, { alpha: 3, border: 'sink' }).layer, // biome-ignore format: a kernel
  'positions learned': (rng) => new LearnedRelativeAttention({ inputs: 4, heads: 2, maxPositions: 8, rng }),
  'positions that queries ask for': (rng) =>
    new LearnedRelativeAttention({ inputs: 4, heads: 2, maxPositions: 8, scores: 'query-position-and-content', rng }),
  gated: (rng) => new GatedPositionalAttention({ channels: 4, heads: 4, rng }),
};

/** Output, gradient by the images, and gradients by the parameters, one after another. */
async function results(make: (rng: Rng) => AttentionLayer): Promise<number[][]> {
  const before = memory().tensors;
  const layer = make(new Rng(1));
  const images = new Rng(2).normal([2, 5, 6, 4]) as Tensor;
  const wanted = new Map([['images', images as Tensor], ...layer.parameters()]);
  const [[loss, y], gradients] = valueAndGradOf(wanted, () => {
    const out = layer.forward(images);
    return [sum(mul(out, out)), out] as const;
  });
  const values = await Promise.all([y, ...gradients.values()].map((t) => t.data()));
  for (const t of [loss, y, images, layer, ...gradients.values()]) t.dispose();
  assert.is(memory().tensors, before);
  return values.map((part) => Array.from(part));
}

for (const [name, make] of Object.entries(makers)) {
  test(`${name}: values and gradients are those of the plain device`, async () => {
    const here = await results(make);
    const device = useDevice(createJsDevice());
    try {
      const there = await results(make);
      for (const [i, expected] of there.entries()) {
        const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        assertClose(here[i]!, expected, { rtol: 0, atol: 1e-6 + 1e-4 * largest }, `part ${i}`);
      }
    } finally {
      useDevice(device);
    }
  });
}

/** Losses of a small model over some steps. */
async function losses(): Promise<number[]> {
  const model = new AttentionImageModel({
    ...{ classes: 3, imageChannels: 1, channels: 6, layers: 1, heads: 2, intermediate: 8, dropout: 0 },
    attention: { kind: 'quadratic', covariance: 'full' },
    rng: new Rng(3),
  });
  const images = new Rng(4).normal([4, 8, 8, 1]) as Tensor;
  const optimizer = new SGD(model, { rate: 0.1, momentum: 0.9 });
  const told: number[] = [];
  for (let step = 0; step < 5; step++) {
    const loss = optimizer.minimize(() => scope(() => model.forward(images).square().mean()));
    told.push((await loss.data())[0] as number);
    loss.dispose();
  }
  for (const t of [model, images, optimizer]) t.dispose();
  return told;
}

test('a model learns as on the plain device', async () => {
  const here = await losses();
  const device = useDevice(createJsDevice());
  try {
    assertClose(here, await losses(), { rtol: 1e-3, atol: 1e-5 });
  } finally {
    useDevice(device);
  }
  assert.ok(here[4]! < here[0]!);
});

test('a whole network out of a file computes what it does on the plain device', async () => {
  const device = useDevice(createJsDevice());
  const shape = [2, 6, 6, 4];
  const files: Uint8Array[] = [];
  const expected: number[][] = [];
  try {
    // Each form has programs of its own, which some GPUs take seconds to compile.
    for (const options of testDevice === 'wasm' ? [{ alpha: 3, border: 'sink' } as const, {}] : [{ alpha: 1.5 }]) {
      const network = makeNetwork(new Rng(1), options);
      const y = scope(() => network.forward(new Rng(2).normal(shape)));
      files.push(await saved(network));
      expected.push(Array.from(await y.data()));
      for (const t of [network, y]) t.dispose();
    }
  } finally {
    useDevice(device);
  }
  const before = memory().tensors;
  for (const [i, bytes] of files.entries()) {
    const network = (await loadAttention(bytes)) as AttentionNetwork;
    const y = scope(() => network.forward(new Rng(2).normal(shape)));
    assertClose(await y.data(), expected[i]!, { rtol: 1e-4, atol: 1e-4 }, `network ${i}`);
    for (const t of [network, y]) t.dispose();
  }
  assert.is(memory().tensors, before);
});

test.run();
