/** Networks of all kinds of layers as attention: what nn's layers compute with the same weights, and what plain loops do. */
import {
  AveragePool2d,
  BatchNorm,
  Conv1d,
  Conv2d,
  Dropout,
  elu,
  Flatten,
  GlobalAveragePool,
  inference,
  Lambda,
  Linear,
  leakyRelu,
  MaxPool2d,
  Sequential,
} from '@saccade/nn';
import {
  dispose,
  gelu,
  init,
  memory,
  OptionError,
  Rng,
  relu,
  ShapeError,
  scope,
  sigmoid,
  silu,
  softplus,
  type Tensor,
  tanh,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import { certifyNetwork } from '../../src/network/certify-network.js';
import { type ConvertNetworkOptions, convertNetwork } from '../../src/network/convert-network.js';
import type { NetworkLayer } from '../../src/network/layer-list.js';
import { channelsFirst, plainNetwork } from './plain-network.js';
import { forms, randomNetwork } from './random-network.js';

onTestDevice(test, init);

const rng = new Rng(0);

/** Small images whose extents tell axes apart. */
const SIGNAL = [2, 11, 3];
const IMAGE = [2, 7, 9, 3];

/** nn's layers, the same as data with weights by position, and the shape of images. */
type Case = readonly [
  label: string,
  modules: () => Sequential,
  layers: readonly NetworkLayer[],
  images: readonly number[],
];

const conv = (options = {}): Conv2d => new Conv2d(3, 4, 3, { ...options, rng });
const function_ = (f: (x: Tensor) => Tensor): Lambda => new Lambda(f);
const first = { kind: 'conv2d', name: '0' } as const;

const activations: readonly (readonly [NetworkLayer, (x: Tensor) => Tensor])[] = [
  [{ kind: 'relu' }, relu],
  [{ kind: 'gelu' }, (x) => gelu(x)],
  [{ kind: 'gelu', approximate: 'none' }, (x) => gelu(x, 'exact')],
  [{ kind: 'gelu', approximate: 'tanh' }, (x) => gelu(x, 'tanh')],
  [{ kind: 'tanh' }, tanh],
  [{ kind: 'sigmoid' }, sigmoid],
  [{ kind: 'silu' }, silu],
  [{ kind: 'softplus' }, softplus],
  [{ kind: 'elu' }, (x) => elu(x)],
  [{ kind: 'elu', alpha: 0.3 }, (x) => elu(x, 0.3)],
  [{ kind: 'leakyRelu' }, (x) => leakyRelu(x)],
  [{ kind: 'leakyRelu', negativeSlope: 0.2 }, (x) => leakyRelu(x, 0.2)],
];

const cases: readonly Case[] = [
  [
    'a convolution of signals',
    () => new Sequential(new Conv1d(3, 5, 4, { stride: 2, padding: 2, dilation: 2, rng })),
    [{ kind: 'conv1d', name: '0', stride: 2, padding: 2, dilation: 2 }],
    SIGNAL,
  ],
  [
    'a causal convolution without bias',
    () => new Sequential(new Conv1d(3, 6, 3, { padding: [4, 0], dilation: 2, groups: 3, bias: false, rng })),
    [{ kind: 'conv1d', name: '0', padding: [[4, 0]], dilation: 2, groups: 3 }],
    SIGNAL,
  ],
  [
    'strided, grouped and depthwise convolutions of images',
    () => new Sequential(conv({ padding: 'same' }), new Conv2d(4, 4, [3, 2], { groups: 4, rng }), new Conv2d(4, 2, 1, { stride: [2, 1], groups: 2, rng })), // biome-ignore format: three
    [
      { ...first, padding: 'same' },
      { kind: 'conv2d', name: '1', groups: 4 },
      { kind: 'conv2d', name: '2', stride: [2, 1], groups: 2 },
    ],
    IMAGE,
  ],
  [
    'batch norm behind a convolution without bias, and behind one with bias',
    () => new Sequential(conv({ bias: false }), new BatchNorm(4), new Conv2d(4, 2, 3, { rng }), new BatchNorm(2)),
    [first, { kind: 'batchNorm', name: '1' }, { kind: 'conv2d', name: '2' }, { kind: 'batchNorm', name: '3' }],
    IMAGE,
  ],
  [
    'batch norm before a padded convolution, whose padding is behind the norm',
    () => new Sequential(new BatchNorm(3), conv({ padding: 'same' })),
    [
      { kind: 'batchNorm', name: '0' },
      { kind: 'conv2d', name: '1', padding: 1 },
    ],
    IMAGE,
  ],
  [
    'batch norm behind an activation, and twice, without affine map and with another epsilon',
    () => new Sequential(conv(), function_(relu), new BatchNorm(4, { affine: false, epsilon: 0.5 }), new BatchNorm(4)),
    [first, { kind: 'relu' }, { kind: 'batchNorm', name: '2', eps: 0.5 }, { kind: 'batchNorm', name: '3' }],
    IMAGE,
  ],
  [
    'batch norm behind a linear layer without bias, and dropout between, which does nothing',
    () => new Sequential(conv(), new Flatten({ channelsFirst: true }), new Linear(140, 5, { bias: false, rng }), new Dropout(0.5, { rng }), new BatchNorm(5), new Linear(5, 2, { rng })), // biome-ignore format: one below the other
    [
      first,
      { kind: 'flatten' },
      { kind: 'linear', name: '2' },
      { kind: 'dropout' },
      { kind: 'batchNorm', name: '4' },
      { kind: 'linear', name: '5' },
    ],
    IMAGE,
  ],
  [
    'means of windows, with their padding and without, and batch norm behind them',
    () => new Sequential(conv({ padding: 'same' }), new AveragePool2d([3, 2], { stride: [2, 1], padding: [[1, 1], [1, 1]] }), new BatchNorm(4), new AveragePool2d(3, { stride: 2, padding: [[1, 1], [1, 1]], countPadding: false }), new BatchNorm(4)), // biome-ignore format: pairs
    [
      { ...first, padding: 1 },
      { kind: 'averagePool', size: [3, 2], stride: [2, 1], padding: 1 },
      { kind: 'batchNorm', name: '2' },
      { kind: 'averagePool', size: 3, stride: 2, padding: 1, countIncludePad: false },
      { kind: 'batchNorm', name: '4' },
    ],
    IMAGE,
  ],
  [
    'a mean without padding does not ask what counts',
    () => new Sequential(conv(), new AveragePool2d(2, { countPadding: false })),
    [first, { kind: 'averagePool', size: 2, countIncludePad: false }],
    IMAGE,
  ],
  [
    'maxima of windows, also where all is below the zeros of a padding',
    () =>
      new Sequential(
        conv({ padding: 'same' }),
        new BatchNorm(4),
        new MaxPool2d(3, { stride: 2, padding: [[1, 1], [1, 1]] }), // biome-ignore format: pairs
        new MaxPool2d([2, 1]),
      ),
    [
      { ...first, padding: 1 },
      { kind: 'batchNorm', name: '1' },
      { kind: 'maxPool', size: 3, stride: 2, padding: 1 },
      { kind: 'maxPool', size: [2, 1] },
    ],
    IMAGE,
  ],
  [
    'the mean of all pixels, and a linear layer behind it',
    () => new Sequential(conv(), new GlobalAveragePool(), new Linear(4, 3, { rng })),
    [first, { kind: 'globalAveragePool' }, { kind: 'linear', name: '2' }],
    IMAGE,
  ],
  [
    'the mean of all pixels, flat',
    () => new Sequential(conv(), new GlobalAveragePool(), new Flatten({ channelsFirst: true })),
    [first, { kind: 'globalAveragePool' }, { kind: 'flatten' }, { kind: 'flatten' }],
    IMAGE,
  ],
  [
    'flat images, their channels first',
    () => new Sequential(conv(), new Flatten({ channelsFirst: true }), new Linear(140, 3, { rng })),
    [first, { kind: 'identity' }, { kind: 'flatten' }, { kind: 'linear', name: '2' }],
    IMAGE,
  ],
  ...activations.map(
    ([layer, f]): Case => [
      `activation ${JSON.stringify(layer)}`,
      () => new Sequential(conv(), function_(f)),
      [first, layer],
      IMAGE,
    ],
  ),
];

/** In inference, with statistics that some batches have left. */
function expected(modules: Sequential, images: Tensor, shape: readonly number[]): Tensor {
  for (let i = 0; i < 4; i++) {
    const batch = rng.normal([8, ...shape.slice(1)], { mean: 0.3, deviation: 2 });
    modules.train().forward(batch).dispose();
    batch.dispose();
  }
  return inference(modules, () => modules.forward(images));
}

const ways: readonly ConvertNetworkOptions[] = [
  {},
  { border: 'sink', alpha: 256 },
  { values: 'project' },
  { values: 'lowrank', alpha: 60 },
];

for (const [label, build, layers, shape] of cases) {
  test(`${label}: what nn computes`, () => {
    const modules = build();
    const images = rng.normal(shape);
    const wanted = expected(modules, images, shape);
    const tensors = modules.stateDict();
    const before = memory().tensors;
    for (const options of ways) {
      const extents = shape.slice(1, -1);
      const { network, certificate } = convertNetwork(tensors, layers, { ...options, extents, inputRange: [-4, 4] });
      const y = network.forward(images);
      // Of one pixel each, where nn has left the axes out.
      assert.equal(
        y.shape.filter((extent, i) => i === 0 || extent !== 1),
        wanted.shape,
      );
      assertClose(y.dataSync(), wanted.dataSync(), { rtol: 1e-4, atol: 2e-5 }, JSON.stringify(options));
      assert.ok(certificate.measured!.maxAbs <= certificate.measured!.bound);
      for (const one of [network, y]) one.dispose();
    }
    assert.is(memory().tensors, before);
    dispose(tensors);
    for (const one of [modules, images, wanted]) one.dispose();
  });
}

test('random networks along one to three axes compute in float64 what plain loops do', () => {
  const property = fc.property(forms, fc.constantFrom('identity' as const, 'lowrank' as const), (form, values) => {
    const { layers, tensors, extents, inputs } = randomNetwork({ ...form, dtype: 'float64', magnitude: 0 });
    scope(() => {
      const images = new Rng(form.seed + 1).normal([2, ...extents, inputs], { dtype: 'float64' }) as Tensor;
      const { network } = convertNetwork(tensors, layers, { alpha: 200, values, extents });
      const given = channelsFirst(images);
      const wanted = plainNetwork(layers, tensors, { shape: given.shape, data: given.dataSync<'float64'>() });
      const y = channelsFirst(network.forward(images));
      assert.equal(y.shape, wanted.shape);
      const largest = Math.max(...Array.from(wanted.data, Math.abs));
      assertClose(y.dataSync(), wanted.data, { rtol: 0, atol: 1e-11 * largest }, JSON.stringify(layers));
      network.dispose();
    });
    dispose(tensors);
  });
  fc.assert(property, { numRuns: 60 });
});

test('attention has the names of its layers, and those without one have that of their kind and place', () => {
  const tensors = {
    'stem.conv.weight': tensor([[[1, 2]], [[3, 4]]]),
    'stem.bn.running_mean': tensor([1, 2]),
    'stem.bn.running_var': tensor([1, 2]),
    'fc.weight': rng.normal([2, 2]),
    'fc.bias': rng.normal([2]),
  };
  const layers = [
    { kind: 'conv1d', name: 'stem.conv' },
    { kind: 'batchNorm', name: 'stem.bn' },
    { kind: 'relu' },
    { kind: 'averagePool', size: 2 },
    { kind: 'globalAveragePool' },
    { kind: 'linear', name: 'fc' },
    { kind: 'linear', name: 'fc' },
  ] as const;
  const { network, layers: converted } = convertNetwork(tensors, layers);
  const names = ['stem.conv', 'relu_2', 'averagePool_3', 'globalAveragePool_4', 'fc_flatten', 'fc', 'fc_6'];
  assert.equal([...network.layers.keys()], names);
  assert.equal(
    [...network.parameters().keys()].filter((name) => name.startsWith('stem')),
    ['value.weight', 'value.bias', 'attention_centers', 'attention_spreads'].map((name) => `stem.conv.${name}`),
  );
  assert.equal([...network.attention.keys()], ['stem.conv', 'averagePool_3', 'globalAveragePool_4']);
  assert.ok([...network.attention.values()].every((layer) => layer instanceof QuadraticAttention));
  assert.equal(
    converted.map(({ name, layer }) => [name, layer.heads]),
    [['stem.conv', 2], ['averagePool_3', 2]], // biome-ignore format: pairs
  );
  // Weights under one name are one tensor there, and two here.
  assert.equal(network.parameters().get('fc_6.weight')!.dataSync(), tensors['fc.weight'].dataSync());
  network.dispose();
  dispose(tensors);
});

test('no two layers have one name, whatever their names are', () => {
  const one = tensor([[[1]]]);
  const named = (...names: string[]) => {
    const tensors = new Map(names.map((name) => [`${name}.weight`, one]));
    const { network } = convertNetwork(
      tensors,
      names.map((name) => ({ kind: 'conv1d', name }) as const),
    );
    const found = [...network.layers.keys()];
    network.dispose();
    return found;
  };
  assert.equal(named('a', 'a', 'a'), ['a', 'a_1', 'a_2']);
  assert.equal(named('a', 'a_2', 'a'), ['a', 'a_2', 'a_2_2']);
  assert.equal(named('__proto__', 'constructor'), ['__proto__', 'constructor']);
  one.dispose();
});

test('extents are those that the network takes', () => {
  const weight = (...shape: number[]): Tensor => rng.normal(shape);
  const tensors = { 'c.weight': weight(2, 1, 3, 3), 'd.weight': weight(2, 2, 3, 3), 'f.weight': weight(3, 32) };
  const [c, d, f] = [
    { kind: 'conv2d', name: 'c', stride: 2, padding: 1 },
    { kind: 'conv2d', name: 'd', stride: 2, padding: 1 },
    { kind: 'linear', name: 'f' },
  ] as const;
  const extentsOf = (layers: readonly NetworkLayer[], extents?: readonly number[]): readonly number[] => {
    const { network, certificate } = convertNetwork(tensors, layers, { extents });
    network.dispose();
    assert.equal(network.conversion.extents, certificate.extents);
    return certificate.extents;
  };
  // 13 to 16 give 4 x 4 pixels: the one that all strides divide.
  assert.equal(extentsOf([c, d, { kind: 'flatten' }, f]), [16, 16]);
  assert.equal(extentsOf([c, d]), [8, 8]);
  assert.equal(extentsOf([c, { kind: 'globalAveragePool' }, { kind: 'identity' }]), [8, 8]);
  assert.equal(extentsOf([c, d, { kind: 'flatten' }, f], [13, 15]), [13, 15]);
  dispose(tensors);
});

test('a mean over all pixels makes nobody measure on images of one pixel', () => {
  const tensors = { 'c.weight': rng.normal([2, 1, 3, 3]), 'f.weight': rng.normal([3, 2]) };
  const layers = [
    { kind: 'conv2d', name: 'c', padding: 1 },
    { kind: 'globalAveragePool' },
    { kind: 'linear', name: 'f' },
  ] as const;
  const { network, certificate } = convertNetwork(tensors, layers);
  assert.equal(certificate.extents, [8, 8]);
  network.dispose();
  dispose(tensors);
});

test('the certificate tells what it is for, as plain data too', () => {
  const tensors = { 'c.weight': rng.normal([2, 1, 3, 3]) };
  const layers = [{ kind: 'conv2d', name: 'c', padding: 1, border: 'sink' }, { kind: 'flatten' }] as const;
  const options = { alpha: 1e30, inputRange: [-1, 3], extents: [5, 4] } as const;
  const { network, certificate, layers: converted } = convertNetwork(tensors, layers, options);
  const { alpha, inputRange, extents, dtype, oneHot, perOutput, bound, attentionBound, notices } = certificate;
  assert.equal([alpha, inputRange, extents, dtype, oneHot], [1024, [-1, 3], [5, 4], 'float32', true]);
  assert.is(perOutput.length, 2 * 20);
  assert.is(Math.max(...perOutput), bound);
  assert.ok(attentionBound < 1e-200 && bound > 0);
  assert.is(notices.length, 1);
  assert.match(notices[0] as string, /^alpha 1e\+30 was set to 1024/);
  assert.is(network.conversion.alpha, 1024);
  assert.equal(
    certificate.layers.map(({ name, certificate: own }) => [name, own.border, own]),
    [['c', 'sink', converted[0]!.certificate]],
  );
  const plain = JSON.parse(JSON.stringify(certificate));
  assert.equal(plain.measured, certificate.measured);
  assert.equal([plain.bound, plain.layers[0].certificate.alpha], [bound, 1024]);
  network.dispose();
  dispose(tensors);
});

test('outputs of as many values as there are pixels are no trouble', () => {
  const tensors = { 'c.weight': rng.normal([4, 1, 1, 1]) };
  const layers = [{ kind: 'conv2d', name: 'c' }, { kind: 'flatten' }] as const;
  const { network, certificate } = convertNetwork(tensors, layers, { extents: [200, 200] });
  assert.is(certificate.perOutput.length, 160_000);
  network.dispose();
  dispose(tensors);
});

test('a network in float64 stays in it, and its differences are as small', () => {
  const tensors = { 'c.weight': rng.normal([2, 1, 3, 3], { dtype: 'float64' }), 'f.weight': rng.normal([3, 2]) };
  const layers = [
    { kind: 'conv2d', name: 'c', paddingMode: 'reflect', padding: 1 },
    { kind: 'globalAveragePool' },
    { kind: 'linear', name: 'f' },
  ] as const;
  const { network, certificate } = convertNetwork(tensors, layers);
  assert.ok([...network.parameters().values()].every((t) => t.dtype === 'float64'));
  assert.is(certificate.measured!.dtype, 'float64');
  assert.ok(certificate.measured!.maxAbs < 1e-14 && certificate.bound < 1e-11);
  network.dispose();
  dispose(tensors);
});

test('other weights than those that were converted are far off, and a network of another shape refused', () => {
  const tensors = { 'c.weight': rng.normal([2, 1, 3]), 'c.bias': rng.normal([2]) };
  const layers = [{ kind: 'conv1d', name: 'c', padding: 1 }] as const;
  const { network } = convertNetwork(tensors, layers);
  const near = certifyNetwork(network, { tensors, layers });
  assert.equal([near.images, near.seed], [4, 0]);
  assert.equal(certifyNetwork(network, { tensors, layers }, { images: 4, seed: 0 }), near);
  const others = { ...tensors, 'c.bias': scope(() => tensors['c.bias'].add(1e-3)) };
  const far = certifyNetwork(network, { tensors: others, layers }, { images: 2, seed: 3 });
  assert.equal([far.images, far.seed], [2, 3]);
  assert.ok(far.maxAbs > 0.9e-3 && far.maxAbs > far.bound);
  const before = memory().tensors;
  const original = { tensors, layers: [{ kind: 'conv1d', name: 'c' }] } as const;
  assertThrows(
    () => certifyNetwork(network, original),
    ShapeError,
    /^certifyNetwork: the convolutions give \[4, 22, 2\], the attention \[4, 24, 2\]$/,
  );
  const none = zeros([0, 8, 1]);
  assertThrows(() => certifyNetwork(network, { tensors, layers }, none), ShapeError, /expected images, got none/);
  assertThrows(
    () => certifyNetwork(network, { tensors, layers }, { images: 0, seed: 1 }),
    OptionError,
    /images must be/,
  );
  none.dispose();
  assert.is(memory().tensors, before);
  network.dispose();
  for (const t of [others['c.bias'], ...Object.values(tensors)]) t.dispose();
});

test('weights of another precision are measured in that of the attention', () => {
  const precise = { 'c.weight': rng.normal([2, 1, 3], { dtype: 'float64' }) };
  const layers = [{ kind: 'conv1d', name: 'c', padding: 1 }] as const;
  for (const alpha of [3, 128]) {
    const { network } = convertNetwork(precise, layers, { alpha });
    const rounded = { 'c.weight': scope(() => precise['c.weight'].cast('float32')) };
    const { network: coarse } = convertNetwork(rounded, layers, { alpha });
    assert.is(certifyNetwork(network, { tensors: rounded, layers }).dtype, 'float64');
    const { dtype, maxAbs, bound } = certifyNetwork(coarse, { tensors: precise, layers });
    assert.is(dtype, 'float32');
    assert.ok(maxAbs <= bound);
    dispose([network, coarse, rounded]);
  }
  dispose(precise);
});

test.run();
