/** A converted network as a module: what it takes, its gradients, training it, and what a NaN comes to. */
import { crossEntropy, SGD } from '@saccade/nn';
import {
  dispose,
  init,
  memory,
  OptionError,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AttentionNetwork } from '../../src/network/attention-network.js';
import { certifyNetwork } from '../../src/network/certify-network.js';
import { type ConvertNetworkOptions, convertNetwork } from '../../src/network/convert-network.js';
import type { NetworkLayer } from '../../src/network/layer-list.js';
import { Pointwise } from '../../src/network/pointwise.js';
import { checkModuleGradients } from '../gradients.js';

onTestDevice(test, init);

/** All kinds of modules. */
const layers = [
  { kind: 'conv2d', name: 'c', padding: 1 },
  { kind: 'gelu' },
  { kind: 'batchNorm', name: 'n' },
  { kind: 'averagePool', size: 2, padding: 1, countIncludePad: false },
  { kind: 'maxPool', size: 2, stride: 1 },
  { kind: 'conv2d', name: 'd', padding: 1, border: 'sink' },
  { kind: 'flatten' },
  { kind: 'linear', name: 'f' },
] as const satisfies readonly NetworkLayer[];

const extents = [4, 4];

function weights(): Record<string, Tensor> {
  const rng = new Rng(4);
  return {
    'c.weight': rng.normal([3, 2, 2, 3]),
    'c.bias': rng.normal([3]),
    'n.running_mean': rng.normal([3]),
    'n.running_var': rng.uniform([3], { low: 0.5, high: 2 }),
    'd.weight': rng.normal([2, 3, 2, 2]),
    'f.weight': rng.normal([3, 18]),
    'f.bias': rng.normal([3]),
  };
}

/** The network; the weights are freed. */
function converted(options: ConvertNetworkOptions = {}): AttentionNetwork {
  const tensors = weights();
  const { network } = convertNetwork(tensors, layers, { extents, ...options });
  dispose(tensors);
  return network;
}

test('images go through, of any number, and nothing but the result is left', () => {
  const network = converted();
  const images = new Rng(1).normal([5, ...extents, 2]);
  const before = memory().tensors;
  const y = network.forward(images);
  assert.is(memory().tensors, before + 1);
  assert.equal(y.shape, [5, 3]);
  // Each image by itself.
  const alone = scope(() => network.forward(images.at('2:3')));
  assertClose(alone.dataSync(), y.dataSync().slice(6, 9), { rtol: 1e-5, atol: 1e-6 });
  for (const t of [y, alone, images, network]) t.dispose();
});

test('images of another form are refused, with what was expected', () => {
  const network = converted();
  const before = memory().tensors;
  const refuse = (shape: readonly number[], message: RegExp): void => {
    scope(() => assertThrows(() => network.forward(zeros(shape)), ShapeError, message));
    assert.is(memory().tensors, before);
  };
  refuse([1, 2, 4, 4], /^AttentionNetwork: images must be \[batch, height, width, 2\], got \[1, 2, 4, 4\]$/);
  refuse([4, 4, 2], /got \[4, 4, 2\]/);
  refuse([1, 6, 4, 2], /^linear: expected \[batch, 18\], got \[1, 24\]$/);
  refuse([1, 4, 0, 2], /axis 1 of extent 0 is too small/);
  assertThrows(() => network.forward(undefined as never), ShapeError, /got no tensor/);
  network.dispose();
});

test('gradients by images and all parameters are central differences', async () => {
  for (const options of [{ alpha: 0.7 }, { alpha: 1.2, values: 'lowrank' }] as const) {
    const network = converted(options);
    const images = new Rng(2).normal([2, ...extents, 2]);
    await checkModuleGradients(network, (x) => network.forward(x), images, { tolerance: 1e-4 });
    images.dispose();
    network.dispose();
  }
});

test('it learns, soft or sharp, and is no longer what it was converted from', () => {
  const tensors = weights();
  const original = { tensors, layers };
  const images = new Rng(3).uniform([6, ...extents, 2]);
  const labels = tensor([0, 1, 2, 0, 1, 2], { dtype: 'int32' });
  for (const alpha of [1, 128]) {
    const { network } = convertNetwork(tensors, layers, { alpha, extents });
    const { maxAbs, bound } = certifyNetwork(network, original);
    assert.ok(maxAbs <= bound);
    const optimizer = new SGD(network, { rate: 0.02, momentum: 0.9 });
    const losses = Array.from({ length: 25 }, () => {
      const loss = optimizer.minimize(() => crossEntropy(network.forward(images), labels));
      const value = loss.item();
      loss.dispose();
      return value;
    });
    assert.ok(losses.at(-1)! < 0.7 * losses[0]!, `alpha ${alpha}: ${losses[0]} to ${losses.at(-1)}`);
    const after = certifyNetwork(network, original, { images: 4, seed: 0 });
    assert.ok(after.maxAbs > 10 * maxAbs || alpha === 1, `alpha ${alpha}: ${after.maxAbs}`);
    if (alpha === 128) assert.ok(after.maxAbs > after.bound, `${after.maxAbs} is within ${after.bound}`);
    optimizer.dispose();
    network.dispose();
  }
  dispose(tensors);
  for (const t of [images, labels]) t.dispose();
});

test('its layers read as the convolutions that they are', () => {
  const tensors = weights();
  const { network } = convertNetwork(tensors, layers, { extents });
  const { weight, bias } = network.attention.get('c')!.toConv();
  assertClose(weight.dataSync(), tensors['c.weight']!.dataSync(), { rtol: 1e-6 });
  assertClose(bias!.dataSync(), tensors['c.bias']!.dataSync(), { rtol: 1e-6 });
  dispose([weight, bias]);
  network.dispose();
  dispose(tensors);
});

test('a NaN goes as far as convolutions carry it, and no further', () => {
  const tensors = { 'c.weight': new Rng(1).normal([2, 1, 3]), 'd.weight': new Rng(2).normal([2, 2, 3]) };
  const signal = Float32Array.from({ length: 20 }, (_, i) => (i === 10 ? Number.NaN : i));
  const x = tensor(signal, { shape: [1, 20, 1] });
  for (const border of ['pad', 'sink'] as const) {
    const conv = { kind: 'conv1d', padding: 1, border } as const;
    const { network } = convertNetwork(tensors, [{ ...conv, name: 'c' }, { kind: 'relu' }, { ...conv, name: 'd' }]);
    const y = network.forward(x);
    const bad = Array.from(y.dataSync(), (value, i) => (Number.isNaN(value) ? i >> 1 : -1)).filter((i) => i >= 0);
    assert.equal([...new Set(bad)], [8, 9, 10, 11, 12]);
    y.dispose();
    network.dispose();
  }
  x.dispose();
  dispose(tensors);
});

test('sizes that cannot be, and names that clash, are refused', () => {
  const conversion = { alpha: 1, border: 'pad', values: 'identity', inputRange: [0, 1], extents: [8] } as const;
  const empty = new Map([['a', new Pointwise('test', { kind: 'relu' })]]);
  assertThrows(
    () => new AttentionNetwork(4, 1, empty, conversion),
    OptionError,
    /dims must be a whole number in \[1, 3\], got 4/,
  );
  assertThrows(
    () => new AttentionNetwork(1, 0, empty, conversion),
    OptionError,
    /inputs must be a whole number from 1/,
  );
});

test.run();
