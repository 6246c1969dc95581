/** What layers do beside PyTorch's numbers: dropout, caches, names, wrong shapes, memory. */
import {
  checkpoint,
  DTypeError,
  grad,
  IndexError,
  memory,
  OptionError,
  ones,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AnyModule,
  BasicBlock,
  BatchNorm,
  Bottleneck,
  Conv1d,
  Conv2d,
  Dropout,
  Embedding,
  elu,
  Flatten,
  GlobalAveragePool,
  GRU,
  GroupNorm,
  KeyValueCache,
  LayerNorm,
  Linear,
  LSTM,
  MaxPool2d,
  MLP,
  MultiHeadAttention,
  Sequential,
  TransformerEncoder,
  TransformerEncoderLayer,
} from '../src/index.js';

const rng = new Rng(1);

test('layers refuse sizes and options that make no sense, and say what they need', () => {
  const refusals: [() => unknown, RegExp][] = [
    [() => new Linear(0, 1, { rng }), /Linear: inputs must be a whole number from 1, got 0/],
    [() => new Linear(1, 1, {} as never), /Linear: needs a source of random numbers such as new Rng\(seed\)/],
    [() => new Linear(1, 1, { rng, biass: true } as never), /Linear: no option 'biass'/],
    [() => new Conv2d(3, 4, 3, { rng, groups: 2 }), /Conv2d: groups must divide 3 and 4 channels, got 2/],
    [() => new Conv2d(3, 4, 0, { rng }), /Conv2d: size must be a whole number from 1, got 0/],
    [() => new Conv1d(3, 4, 1.5, { rng }), /Conv1d: size must be a whole number from 1, got 1.5/],
    [() => new Embedding(3, 4, { rng, padding: 3 }), /Embedding: padding must be a number in \[0, 2\], got 3/],
    [() => new BatchNorm(3, { momentum: 2 }), /BatchNorm: momentum must be a number in \[0, 1\], got 2/],
    [() => new GroupNorm(2, 3), /GroupNorm: groups must divide 3 channels, got 2/],
    [() => new LayerNorm([2, -1]), /LayerNorm: shape must be a whole number from 1, got -1/],
    [() => new Dropout(1.5, { rng }), /Dropout: probability must be a number in \[0, 1\], got 1.5/],
    [() => new MultiHeadAttention(8, 3, { rng }), /MultiHeadAttention: heads must divide 8 channels, got 3/],
    [() => new MLP([3], { rng }), /MLP: expected sizes such as \[784, 128, 10\], got \[3\]/],
    [() => new MLP([3, 1], { rng, activation: 'toString' as never }), /MLP: activation must be a function or one of/],
    [() => new Sequential(3 as never), /Sequential: layer 0 is no module, got 3/],
    [() => new GRU(1, 1, { rng, layers: 0 }), /GRU: layers must be a whole number from 1, got 0/],
    [() => new TransformerEncoder(0, 4, 1, { rng }), /TransformerEncoder: depth must be a whole number from 1/],
  ];
  for (const [make, message] of refusals) assertThrows(make, OptionError, message);
});

test('a batch of a wrong shape is a ShapeError that names the layer and both shapes', () => {
  const attention = new MultiHeadAttention(4, 2, { rng });
  const refusals: [AnyModule, readonly number[], RegExp][] = [
    [new Linear(3, 2, { rng }), [5, 4], /Linear: expected \[..., 3\], got \[5, 4\]/],
    [
      new Conv2d(3, 2, 3, { rng }),
      [1, 3, 8, 8],
      /Conv2d: expected \[batch, height, width, 3\], got \[1, 3, 8, 8\]; channels come last here/,
    ],
    [new Conv2d(3, 2, 3, { rng }), [8, 8, 3], /Conv2d: expected \[batch, height, width, 3\], got \[8, 8, 3\]$/],
    [new Conv1d(3, 2, 9, { rng }), [1, 8, 3], /a window of 9 does not fit into 8/],
    [new BatchNorm(3), [2, 4], /BatchNorm: expected \[batch, ..., 3\], got \[2, 4\]/],
    [new BatchNorm(3), [1, 3], /BatchNorm: one row has no variance to train by/],
    [new LayerNorm([2, 3]), [3, 2], /LayerNorm: expected \[..., 2, 3\], got \[3, 2\]/],
    [new GroupNorm(1, 3), [3], /GroupNorm: expected \[batch, ..., 3\], got \[3\]/],
    [new GlobalAveragePool(), [2, 3], /GlobalAveragePool: expected \[batch, ..., channels\], got \[2, 3\]/],
    [attention, [2, 4], /MultiHeadAttention: query must be \[batch, length, 4\], got \[2, 4\]/],
    [new GRU(3, 2, { rng }), [1, 5, 4], /GRU: expected \[batch, time, 3\] with time from 1, got \[1, 5, 4\]/],
    [new LSTM(3, 2, { rng }), [1, 0, 3], /LSTM: expected \[batch, time, 3\] with time from 1, got \[1, 0, 3\]/],
  ];
  for (const [layer, shape, message] of refusals) {
    assertThrows(() => scope(() => (layer.forward as (x: Tensor) => Tensor)(zeros(shape))), ShapeError, message);
    layer.dispose();
  }
});

test('initial states that do not fit, ids out of range and of another type are typed errors', () => {
  scope(() => {
    const gru = new GRU(3, 2, { rng, layers: 2 });
    assertThrows(
      () => gru.forward(zeros([1, 4, 3]), [zeros([1, 1, 2])]),
      ShapeError,
      /GRU: expected one initial state \[2, 1, 2\], got \[1, 1, 2\]/,
    );
    const embedding = new Embedding(3, 2, { rng });
    assertThrows(() => embedding.forward(tensor(Int32Array.of(3))), IndexError);
    assertThrows(() => embedding.forward(tensor([1])), DTypeError, /indices must be int32/);
    for (const layer of [gru, embedding]) layer.dispose();
  });
});

test('dropout drops its share and keeps the mean in training, and does nothing in evaluation', () => {
  scope(() => {
    const layer = new Dropout(0.3, { rng: new Rng(5) });
    const x = ones([100, 100]);
    const y = layer.forward(x).dataSync();
    const dropped = y.filter((value) => value === 0).length / y.length;
    assertClose(dropped, 0.3, { atol: 0.02 });
    assert.ok(y.every((value) => value === 0 || Math.abs(value - 1 / 0.7) < 1e-6));
    assert.not.equal(layer.forward(x).dataSync(), y);
    assert.is(layer.eval().forward(x), x);
    assert.ok(
      new Dropout(1, { rng })
        .forward(x)
        .dataSync()
        .every((value) => value === 0),
    );
    assert.is(new Dropout(0, { rng }).forward(x), x);
  });
});

test('a biased batch norm averages the variance as it is, and trains on a single row', () => {
  scope(() => {
    const norm = new BatchNorm(1, { biased: true, momentum: 0.5 });
    norm.forward(tensor([[1], [3]]));
    assertClose([norm.runningMean.item(), norm.runningVar.item()], [1, 1]);
    assert.equal([...norm.forward(tensor([[5]])).dataSync()], [0]);
    assertClose([norm.runningMean.item(), norm.runningVar.item()], [3, 0.5]);
    assertThrows(() => norm.forward(zeros([0, 1])), ShapeError, /there are no rows to train by, got \[0, 1\]/);
    const plain = new BatchNorm(1, { momentum: 0.5 });
    plain.forward(tensor([[1], [3]]));
    assertClose(plain.runningVar.item(), 1.5);
    for (const one of [norm, plain]) one.dispose();
  });
});

test('the row of a padding id starts at 0', () => {
  scope(() => {
    const embedding = new Embedding(3, 2, { rng, padding: 1 });
    assert.equal([...embedding.weight.at(1).dataSync()], [0, 0]);
    assert.ok(
      embedding.weight
        .at(0)
        .dataSync()
        .every((value) => value !== 0),
    );
    embedding.dispose();
  });
});

test('reading token by token with a cache gives what reading all at once does', () => {
  scope(() => {
    const encoder = new TransformerEncoder(2, 8, 2, { rng, normFirst: true }).eval();
    const x = new Rng(3).normal([2, 6, 8]);
    const whole = encoder.forward(x, { causal: true });
    const cache = encoder.newCache();
    for (const [from, to] of [
      [0, 3],
      [3, 4],
      [4, 6],
    ]) {
      // biome-ignore format: pairs
      const part = encoder.forward(x.at(':', `${from}:${to}`), { causal: true, cache });
      assertClose(part.dataSync(), whole.at(':', `${from}:${to}`).dataSync(), { rtol: 1e-5, atol: 1e-5 });
    }
    assert.is(cache[0]?.length, 6);
    for (const one of cache) one.dispose();
    assert.is(cache[0]?.length, 0);
    assertThrows(() => encoder.forward(x, { cache: [] }), OptionError, /2 layers need as many caches, got 0/);
    encoder.dispose();
  });
});

test('a causal mask hides what comes later', () => {
  scope(() => {
    const attention = new MultiHeadAttention(8, 2, { rng });
    const x = new Rng(1).normal([1, 5, 8]);
    const changed = x.add(tensor([0, 0, 0, 1, 1], { shape: [5, 1] }));
    const [a, b] = [x, changed].map((t) => attention.forward(t, { causal: true }).at(':', ':3').dataSync());
    assert.equal(a, b);
    assert.not.equal(
      attention.forward(x).at(':', ':3').dataSync(),
      attention.forward(changed).at(':', ':3').dataSync(),
    );
    attention.dispose();
  });
});

test('dropout of attention weights is off in evaluation, and its path agrees with the fused one', () => {
  scope(() => {
    const attention = new MultiHeadAttention(8, 2, { rng, dropout: 1e-9 }); // drops none, but goes the other way
    const x = new Rng(1).normal([2, 5, 8]);
    const keyMask = tensor([[true, true, true, false, true], [true, false, true, true, true]]); // biome-ignore format: a table
    const composed = attention.train().forward(x, { keyMask, causal: true }).dataSync();
    assertClose(composed, attention.eval().forward(x, { keyMask, causal: true }).dataSync(), {
      rtol: 1e-5,
      atol: 1e-6,
    });
    attention.dispose();
  });
});

test('Flatten joins what is behind the batch, in our order or in that of PyTorch', () => {
  scope(() => {
    const x = tensor(
      Float32Array.from({ length: 8 }, (_, i) => i),
      { shape: [1, 2, 2, 2] },
    );
    assert.equal([...new Flatten().forward(x).dataSync()], [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.equal([...new Flatten({ channelsFirst: true }).forward(x).dataSync()], [0, 2, 4, 6, 1, 3, 5, 7]);
    assert.equal([...new Flatten().forward(zeros([3])).shape], [3, 1]);
  });
});

test('a forward pass outside of all scopes leaves its result and nothing else', () => {
  const image = zeros([2, 8, 8, 4]);
  const sequence = zeros([2, 5, 8]);
  const layers: [AnyModule, Tensor, number][] = [
    [new Linear(8, 3, { rng }), sequence, 1],
    [new Conv2d(4, 6, 3, { rng }), image, 1],
    [new BatchNorm(4), image, 1],
    [new BatchNorm(4).eval(), image, 1],
    [new GroupNorm(2, 4), image, 1],
    [new LayerNorm([8, 4]), image, 1],
    [new MaxPool2d(2), image, 1],
    [new GlobalAveragePool(), image, 1],
    [new Flatten({ channelsFirst: true }), image, 1],
    [new Dropout(0.5, { rng }), image, 1],
    [new MLP([8, 4, 2], { rng, dropout: 0.1 }), sequence, 1],
    [new BasicBlock(4, 6, { rng, stride: 2 }), image, 1],
    [new Bottleneck(4, 2, { rng }), image, 1],
    [new MultiHeadAttention(8, 2, { rng, dropout: 0.1 }), sequence, 1],
    [new TransformerEncoderLayer(8, 2, { rng, dropout: 0.1 }), sequence, 1],
    [new TransformerEncoder(2, 8, 2, { rng }), sequence, 1],
    [new GRU(8, 3, { rng, layers: 2, bidirectional: true, dropout: 0.1 }), sequence, 2],
    [new LSTM(8, 3, { rng }), sequence, 3],
  ];
  for (const [layer, x, results] of layers) {
    const before = memory().tensors;
    (layer.forward as (x: Tensor) => unknown)(x);
    assert.is(memory().tensors - before, results, layer.constructor.name);
    layer.dispose();
  }
});

test('a call that fails leaves the cache as it was, and a constructor that fails leaves no tensor', () => {
  scope(() => {
    const attention = new MultiHeadAttention(4, 2, { rng }).eval();
    const cache = new KeyValueCache();
    const x = zeros([1, 2, 4]);
    attention.forward(x, { cache });
    assertThrows(() => attention.forward(x, { cache, mask: ones([3, 3]).greater(0) }), ShapeError);
    assert.is(cache.length, 2);
    cache.dispose();
    attention.dispose();
  });
  const before = memory().tensors;
  for (const make of [
    () => new TransformerEncoderLayer(4, 2, { rng, activation: 'none' as never }),
    () => new TransformerEncoderLayer(4, 2, { rng, dropout: 3 }),
    () => new GRU(2, 2, { rng, dropout: 3 }),
    () => new MultiHeadAttention(4, 2, { rng, dropout: -1 }),
    () => new MultiHeadAttention(4, 2, { rng, keyChannels: 0 }),
    () => new MLP([2, 2], { rng, dropout: NaN }),
  ]) {
    assertThrows(make, OptionError);
    assert.is(memory().tensors, before);
  }
});

test('what is no tensor is a typed error in every layer', () => {
  const layers: AnyModule[] = [
    new Linear(2, 2, { rng }),
    new Conv2d(1, 1, 1, { rng }),
    new Embedding(2, 2, { rng, padding: 0 }),
    new BatchNorm(2),
    new LayerNorm(2),
    new GroupNorm(1, 2),
    new Dropout(0.5, { rng }),
    new Flatten(),
    new GlobalAveragePool(),
    new MultiHeadAttention(2, 1, { rng }),
    new TransformerEncoder(1, 2, 1, { rng }),
    new GRU(2, 2, { rng }),
    new LSTM(2, 2, { rng }),
  ];
  for (const layer of layers) {
    for (const x of [undefined, null, 3, [1, 2]]) {
      assertThrows(() => (layer.forward as (x: unknown) => unknown)(x), DTypeError, /tensor/);
    }
    layer.dispose();
  }
});

test('elu keeps its digits near 0', () => {
  const y = elu(tensor([-1e-6, -1e-8, -1, 2]));
  assertClose(y.dataSync(), [-9.999995e-7, -1e-8, Math.expm1(-1), 2], { rtol: 1e-6, atol: 0 });
});

test('checkpoint around layers draws again what their generators drew', () => {
  scope(() => {
    const run = (wrap: boolean): Float32Array => {
      const layer = new TransformerEncoderLayer(4, 2, { rng: new Rng(3), dropout: 0.5 });
      const f = (t: Tensor): Tensor => layer.forward(t);
      const x = new Rng(1).normal([2, 5, 4]);
      const g = grad((t: Tensor) =>
        (wrap ? checkpoint(f, { rng: [...layer.generators().values()] }) : f)(t).square().sum(),
      );
      const slope = g(x).dataSync();
      layer.dispose();
      return slope;
    };
    assertClose(run(true), run(false), { rtol: 1e-5, atol: 1e-6 });
  });
});

test.run();
