/** Attention to content alone, which knows no places. */
import { gather, init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ContentAttention } from '../../src/layers/content-attention.js';
import { checkModuleGradients } from '../gradients.js';

onTestDevice(test, init);

/** Tests that read at once. */
const onCpu = (name: string, body: () => void | Promise<void>): void => {
  if (testDevice === 'wasm') test(name, body);
};

const rng = new Rng(0);

test('a shuffled image gives the shuffled result, along any number of axes', async () => {
  const before = memory().tensors;
  await scope(async () => {
    const layer = new ContentAttention({ channels: 4, heads: 2, rng });
    const x = rng.normal([2, 6, 4]);
    const order = tensor(Int32Array.of(3, 0, 5, 1, 4, 2));
    const shuffled = layer.forward(gather(x, order, { axis: 1 }).reshape([2, 3, 1, 2, 4]));
    const expected = gather(layer.forward(x), order, { axis: 1 });
    assertClose(await shuffled.data(), await expected.data(), { rtol: 1e-5, atol: 1e-6 });
    layer.dispose();
  });
  assert.is(memory().tensors, before);
});

onCpu('the weights of queries add up to 1, and times the values are the output', () => {
  scope(() => {
    const layer = new ContentAttention({ channels: 6, heads: 3, rng });
    const x = rng.normal([2, 3, 4, 6]);
    const weights = layer.weightsFor(x, 2, 7);
    assert.equal([...weights.shape], [2, 3, 5, 12]);
    assertClose(weights.sum({ axis: -1 }).dataSync(), new Array<number>(30).fill(1));
    const values = layer.value
      .forward(x.reshape([2, 12, 6]))
      .reshape([2, 12, 3, 2])
      .transpose([0, 2, 1, 3]);
    const mixed = weights.matmul(values).transpose([0, 2, 1, 3]).reshape([2, 5, 6]);
    const rows: Tensor = layer.forward(x).reshape([2, 12, 6]).at(':', '2:7');
    assertClose(mixed.dataSync(), rows.dataSync(), { rtol: 1e-5, atol: 1e-6 });
    layer.dispose();
  });
});

onCpu('bad options and images are typed errors, and a constructor that fails leaves no tensor', () => {
  const before = memory().tensors;
  assertThrows(() => new ContentAttention({ channels: 4, heads: 3, rng }), OptionError, /heads must divide 4 channels/);
  assertThrows(() => new ContentAttention({ channels: 4, heads: 2 } as never), OptionError, /source of random numbers/);
  assert.is(memory().tensors, before);
  scope(() => {
    const layer = new ContentAttention({ channels: 4, heads: 2, rng });
    const message = /ContentAttention: images must be \[batch, ...spatial, 4\], got \[2, 4\]/;
    assertThrows(() => layer.forward(zeros([2, 4])), ShapeError, message);
    layer.dispose();
  });
});

onCpu('gradients by images and all parameters are central differences', async () => {
  const layer = new ContentAttention({ channels: 4, heads: 2, rng });
  const x = rng.normal([2, 2, 3, 4]);
  await checkModuleGradients(layer, (t) => layer.forward(t), x);
  x.dispose();
  layer.dispose();
});

test.run();
