/** From the features of patches to one vector. */
import {
  checkGradients,
  DTypeError,
  memory,
  OptionError,
  oneHot,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Aggregation } from '../src/model/aggregation/aggregation.js';
import { CrossAttentionAggregation } from '../src/model/aggregation/cross-attention.js';
import { MlpAggregation } from '../src/model/aggregation/mlp.js';
import { MaxAggregation, MeanAggregation, SumLayerNormAggregation } from '../src/model/aggregation/pooling.js';
import { type TokenPooling, TransformerAggregation } from '../src/model/aggregation/transformer.js';
import { assertGradients, assertNear, fill, type Names, pullBack } from './golden-modules.js';

interface Sizes {
  readonly D: number;
  readonly n: number;
  readonly heads: number;
  readonly layers: number;
  readonly ffn: number;
}

const golden = new Golden<Sizes, Tensor>(new URL('golden/aggregate', import.meta.url), tensor);
const rng = new Rng(1);

/** One of each kind for 3 patches of 4 features at 5 places. */
function kinds(dropout = 0): readonly Aggregation[] {
  const common = { rng, positions: 5, heads: 2, dropout };
  return [
    new MeanAggregation(4),
    new MaxAggregation(4),
    new SumLayerNormAggregation(4),
    new TransformerAggregation(4, { ...common, layers: 2, channels: 6, pooling: 'cls' }),
    new TransformerAggregation(4, { ...common, layers: 1, normFirst: true }),
    new CrossAttentionAggregation(4, { ...common, channels: 6 }),
    new CrossAttentionAggregation(4, { rng, heads: 2, dropout }),
    new MlpAggregation(4, { rng, patches: 3, positions: 5, hidden: [7], outSize: 2, dropout }),
  ];
}

const features = (seed: number): Tensor => new Rng(seed).normal([2, 3, 4]);
/** Patches at places 0, 2 and 4. */
const placed = (): Tensor => oneHot(tensor(Int32Array.of(0, 2, 4), { shape: [1, 3] }), 5);

test('every kind gives one vector of its size, learns by all its parameters and leaves nothing else', () => {
  const [x, indicators] = [features(1), zeros([2, 3, 5])];
  for (const aggregation of kinds()) {
    const before = memory().tensors;
    scope(() => {
      const y = aggregation.forward(x, indicators);
      assert.equal([...y.shape], [2, aggregation.outSize], aggregation.constructor.name);
      if (aggregation.parameters().size === 0) return;
      const forward = (): Tensor => aggregation.forward(x, indicators);
      const { gradients } = pullBack(forward, new Rng(2).normal(y.shape), aggregation.parameters());
      assert.is(gradients.size, aggregation.parameters().size);
    });
    aggregation.forward(x, indicators).dispose();
    assert.is(memory().tensors, before, aggregation.constructor.name);
    aggregation.dispose();
  }
  for (const one of [x, indicators]) one.dispose();
});

test('without a pooling each patch keeps a vector', () => {
  scope(() => {
    const aggregation = new TransformerAggregation(4, { rng, layers: 1, heads: 1, pooling: 'none', channels: 6 });
    assert.equal([...aggregation.forward(features(1), zeros([2, 3, 5])).shape], [2, 3, 6]);
    aggregation.dispose();
  });
});

test('bad options and shapes are typed errors, and a constructor that fails leaves no tensor', () => {
  const before = memory().tensors;
  const refusals: [() => unknown, RegExp][] = [
    [() => new MeanAggregation(0), /MeanAggregation: features must be a whole number from 1, got 0/],
    [() => new TransformerAggregation(4, {} as never), /TransformerAggregation: needs a source of random numbers/],
    [() => new TransformerAggregation(4, { rng, heads: 3 }), /heads must divide 4 channels, got 3/],
    [() => new TransformerAggregation(4, { rng, heads: 2, hidden: 0 }), /hidden must be a whole number from 1, got 0/],
    [() => new TransformerAggregation(4, { rng, heads: 2, dropout: 2 }), /dropout must be a number in \[0, 1\], got 2/],
    [() => new TransformerAggregation(4, { rng, heads: 2, positions: 0 }), /positions must be a whole number from 1/],
    [
      () => new TransformerAggregation(4, { rng, pooling: 'CLS' as never }),
      /pooling must be one of none, sum, .*"CLS"/,
    ],
    [() => new CrossAttentionAggregation(4, { rng, heads: 8 }), /heads must divide 4 channels, got 8/],
    [() => new MlpAggregation(4, { rng } as never), /patches must be a whole number from 1, got undefined/],
    [() => new MlpAggregation(4, { rng, patches: 2, hidden: [0] }), /hidden must be at least 0 whole numbers/],
  ];
  for (const [make, message] of refusals) assertThrows(make, OptionError, message);
  assert.is(memory().tensors, before);
  for (const aggregation of kinds()) {
    scope(() => {
      const message = /representations must be \[batch, k, 4\], got \[2, 3, 5\]/;
      assertThrows(() => aggregation.forward(zeros([2, 3, 5]), zeros([2, 3, 5])), ShapeError, message);
    });
    aggregation.dispose();
  }
  scope(() => {
    const transformer = new TransformerAggregation(4, { rng, heads: 1, positions: 5 });
    const message = /TransformerAggregation: indicators must be \[2, 3, 5\], got \[2, 5, 3\]/;
    assertThrows(() => transformer.forward(features(1), zeros([2, 5, 3])), ShapeError, message);
    assertThrows(
      () => transformer.forward(features(1), undefined as never),
      DTypeError,
      /indicators must be a tensor \[2, 3, 5\]/,
    );
    const perceptron = new MlpAggregation(4, { rng, patches: 2 });
    assertThrows(
      () => perceptron.forward(features(1), placed()),
      ShapeError,
      /representations must be \[batch, 2, 4\], got \[2, 3, 4\]/,
    );
    for (const one of [transformer, perceptron]) one.dispose();
  });
});

test('dropout is on in training and off in evaluation', () => {
  scope(() => {
    const [x, indicators] = [features(1), zeros([2, 3, 5])];
    for (const aggregation of kinds(0.5)) {
      const twice = (): [Float32Array, Float32Array] => [
        aggregation.forward(x, indicators).dataSync(),
        aggregation.forward(x, indicators).dataSync(),
      ];
      const same = ([a, b]: [Float32Array, Float32Array]): boolean => a.every((value, i) => value === b[i]);
      assert.is(same(twice()), aggregation.generators().size === 0, aggregation.constructor.name);
      aggregation.eval();
      assert.ok(same(twice()), aggregation.constructor.name);
      aggregation.dispose();
    }
  });
});

test('places count where they are asked for, and the order of patches does not', () => {
  scope(() => {
    const transformer = new TransformerAggregation(4, { rng, heads: 2, positions: 5, dropout: 0 });
    const [x, where] = [features(3).at('0:1'), placed()];
    const order = tensor(Int32Array.of(2, 0, 1));
    const y = transformer.forward(x, where).dataSync();
    const turned = transformer.forward(x.at(':', order), where.at(':', order)).dataSync();
    assertClose(turned, y, { atol: 1e-5 });
    const moved = transformer.forward(x, where.at(':', order)).dataSync();
    assert.ok(moved.some((value, i) => Math.abs(value - (y[i] as number)) > 1e-3));
    transformer.dispose();
  });
});

test('the scores of cross-attention are a distribution, and patches without any leave the query alone', () => {
  scope(() => {
    const attend = new CrossAttentionAggregation(4, { rng, heads: 2, dropout: 0 });
    const scores = attend.scores(features(5), zeros([2, 3, 5]));
    assert.equal([...scores.shape], [2, 3]);
    assertClose(scores.sum({ axis: 1 }).dataSync(), [1, 1]);
    const twin = features(5).at(':', tensor(Int32Array.of(1, 1, 1)));
    assertClose(attend.scores(twin, zeros([2, 3, 5])).dataSync(), new Float32Array(6).fill(1 / 3));
    const once = attend.forward(twin.at(':', '0:1'), zeros([2, 1, 5])).dataSync();
    assertClose(attend.forward(twin, zeros([2, 3, 5])).dataSync(), once, { atol: 1e-5 });
    attend.dispose();
  });
});

/** [batch, k, n], from the reference's [batch, n, k]. */
const indicators = (): Tensor => transpose(golden.tensor('indicators'), [0, 2, 1]);

function check(name: string, aggregation: Aggregation, names: Names): void {
  scope(() => {
    fill(aggregation, golden, 'param.', names);
    const x = golden.tensor('x');
    const wanted = new Map([...aggregation.parameters(), ['x', x] as const]);
    const { y, gradients } = pullBack(() => aggregation.forward(x, indicators()), golden.tensor('grad_out'), wanted);
    assertNear(y, golden.values(`${name}.y`), 5e-5, 'y');
    assertNear(gradients.get('x') as Tensor, golden.values(`${name}.grad_x`), 5e-5, 'grad_x');
    if (name === 'transformer_sum') assertGradients(gradients, golden, `${name}.grad.`, names, 5e-5);
    aggregation.dispose();
  });
}

test("the mean, the maximum and the normed sum are the reference's", () => {
  const { D } = golden.scalars;
  check('mean', new MeanAggregation(D), new Map());
  check('max', new MaxAggregation(D), new Map());
  const norm: Names = new Map([
    ['norm.weight', 'sumln.s'],
    ['norm.bias', 'sumln.b'],
  ]);
  check('sum_layernorm', new SumLayerNormAggregation(D), norm);
});

/** Names of a layer, whose attention has one weight for three maps. */
function layerNames(i: number): [string, string | string[]][] {
  const plain = [
    ['self_attn.out_proj.weight', 'wo'],
    ['self_attn.out_proj.bias', 'bo'],
    ['feed_forward.linear1.weight', 'w1'],
    ['feed_forward.linear1.bias', 'b1'],
    ['feed_forward.linear2.weight', 'w2'],
    ['feed_forward.linear2.bias', 'b2'],
    ['norm1.weight', 'ln1.s'],
    ['norm1.bias', 'ln1.b'],
    ['norm2.weight', 'ln2.s'],
    ['norm2.bias', 'ln2.b'],
  ];
  return [
    ...plain.map(([own, theirs]): [string, string] => [`layers.${i}.${own}`, `l${i}.${theirs}`]),
    [`layers.${i}.self_attn.in_proj_weight`, ['q', 'k', 'v'].map((map) => `l${i}.w${map}`)],
    [`layers.${i}.self_attn.in_proj_bias`, ['q', 'k', 'v'].map((map) => `l${i}.b${map}`)],
  ];
}

for (const [name, pooling, normFirst] of [
  ['transformer_sum', 'sum', false],
  ['transformer_mean', 'mean', false],
  ['transformer_max', 'max', false],
  ['transformer_cls', 'cls', false],
  ['transformer_preln_sum', 'sum', true],
] as [string, TokenPooling, boolean][]) {
  test(`${name}: values and gradients are the reference's`, () => {
    const { D, n, heads, layers, ffn } = golden.scalars;
    const options = { rng, positions: n, layers, heads, hidden: ffn, dropout: 0, pooling, normFirst };
    const names: Names = new Map<string, string | string[]>([
      ['tokens.position.weight', 'pos.w'],
      ['tokens.position.bias', 'pos.b'],
      ...(pooling === 'cls' ? ([['cls', 'cls']] as const) : []),
      ...Array.from({ length: layers }, (_, i) => layerNames(i)).flat(),
    ]);
    check(name, new TransformerAggregation(D, options), names);
  });
}

test('gradients by patches and indicators agree with differences', async () => {
  const [x, where] = [features(7), new Rng(8).uniform([2, 3, 5])];
  for (const aggregation of [new MaxAggregation(4), new MeanAggregation(4)]) {
    await checkGradients((a) => aggregation.forward(a, where), [x]);
  }
  for (const one of [x, where]) one.dispose();
});

test.run();
