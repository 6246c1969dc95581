/** The block around an attention layer. */
import { init, memory, Rng, scope } from '@saccade/tensor';
import { assertClose, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ContentAttention } from '../../src/layers/content-attention.js';
import { QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import { AttentionBlock } from '../../src/model/attention-block.js';
import { checkModuleGradients } from '../gradients.js';

onTestDevice(test, init);

const rng = new Rng(0);
const options = { channels: 4, intermediate: 6, dropout: 0, epsilon: 1e-12, rng };

test('a block keeps the shape of its images, normalises each pixel, and leaves nothing else', async () => {
  const before = memory().tensors;
  await scope(async () => {
    const block = new AttentionBlock(new ContentAttention({ channels: 4, heads: 2, rng }), options);
    const y = block.forward(rng.normal([2, 3, 5, 4], { deviation: 3 }));
    assert.equal([...y.shape], [2, 3, 5, 4]);
    assertClose(await y.square().mean({ axis: -1 }).data(), new Array<number>(30).fill(1), { rtol: 1e-4 });
    assertClose(await y.mean({ axis: -1 }).data(), new Array<number>(30).fill(0), { atol: 1e-5 });
    block.dispose();
  });
  assert.is(memory().tensors, before);
});

test("parameters stand under the release's names", () => {
  const block = new AttentionBlock(new ContentAttention({ channels: 4, heads: 2, rng }), options);
  const parts = [
    'attention.self.query',
    'attention.self.key',
    'attention.self.value',
    'attention.output.dense',
    'attention.output.LayerNorm',
    'intermediate.dense',
    'output.dense',
    'output.LayerNorm',
  ];
  const names = parts.flatMap((part) => [`${part}.weight`, `${part}.bias`]);
  assert.equal([...block.parameters().keys()].sort(), names.sort());
  block.dispose();
});

test('dropout acts in training alone', async () => {
  await scope(async () => {
    const layer = new ContentAttention({ channels: 4, heads: 2, rng });
    const block = new AttentionBlock(layer, { ...options, dropout: 0.5 });
    const x = rng.normal([1, 3, 3, 4]);
    const [one, other] = [await block.forward(x).data(), await block.forward(x).data()];
    assert.not.equal(Array.from(one), Array.from(other));
    block.eval();
    assert.equal(await block.forward(x).data(), await block.forward(x).data());
    block.dispose();
  });
});

if (testDevice === 'wasm') {
  test('gradients by images and all parameters are central differences', async () => {
    const layer = new QuadraticAttention({ inputs: 4, heads: 2, covariance: 'full', rng });
    const block = new AttentionBlock(layer as never, options);
    const x = rng.normal([1, 3, 2, 4]);
    // Differences of four layers are not as exact as those of one.
    await checkModuleGradients(block, (t) => block.forward(t), x, { tolerance: 1e-5 });
    x.dispose();
    block.dispose();
  });
}

test.run();
