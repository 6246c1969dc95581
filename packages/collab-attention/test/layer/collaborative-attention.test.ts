/** The layer: the release's, the DeiT fork's and the translation fork's by their vectors, masks, caches, and what it refuses. */
import { joinHeads, splitHeads } from '@saccade/nn';
import {
  abs,
  add,
  init,
  matmul,
  memory,
  OptionError,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  transpose,
} from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CollaborativeAttention } from '../../src/layer/collaborative-attention.js';
import type { MixingStart } from '../../src/layer/mixing.js';
import { sharedAttention } from '../../src/layer/shared-attention.js';
import { SharedKeyCache } from '../../src/layer/shared-key-cache.js';
import { assertGradients, assertOutput, fill, goldenFile, pullBack } from '../reference.js';

onTestDevice(test, init);

interface LayerCase {
  readonly dim_input: number;
  readonly dim_value_all: number;
  readonly dim_key_query_all: number;
  readonly dim_output: number;
  readonly num_attention_heads: number;
  readonly use_dense_layer: boolean;
  readonly use_layer_norm: boolean;
  readonly cross: boolean;
  readonly mixing_initialization: 'UNIFORM' | 'CONCATENATE';
  readonly additive_mask: boolean;
  readonly head_mask: boolean;
  readonly score_scale_divisor: number;
  readonly layer_norm_eps: number;
}

const golden = goldenFile<Record<string, LayerCase>>('layer');

for (const [name, c] of Object.entries(golden.scalars)) {
  test(`${name}: output, weights and all gradients are the release's`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const layer = new CollaborativeAttention({
        ...{ width: c.dim_input, heads: c.num_attention_heads, sharedDim: c.dim_key_query_all },
        ...{ valueWidth: c.dim_value_all, outputs: c.dim_output, dense: c.use_dense_layer },
        layerNorm: c.use_layer_norm ? c.layer_norm_eps : false,
        mixing: c.mixing_initialization === 'CONCATENATE' ? 'concatenate' : 'normal',
        scale: 'released',
        rng: new Rng(0),
      });
      assertClose([1 / layer.scale], [c.score_scale_divisor], { rtol: 1e-7 });
      fill(layer, golden, `${name}.param.`);
      const x = golden.tensor(`${name}.x`);
      const context = c.cross ? golden.tensor(`${name}.enc`) : undefined;
      const seen = {
        context,
        bias: c.additive_mask ? golden.tensor(`${name}.mask`) : undefined,
        headMask: c.head_mask ? golden.tensor(`${name}.head_mask`) : undefined,
      };
      const inputs = context === undefined ? { x } : { x, enc: context };
      const wanted = new Map<string, Tensor>([...Object.entries(inputs), ...layer.parameters()]);
      const { y, gradients } = pullBack(() => layer.forward(x, seen), golden.tensor(`${name}.G`), wanted);
      await assertOutput(y, golden.values(`${name}.out`), `${name}.out`);
      await assertOutput(layer.weights(x, seen), golden.values(`${name}.probs`), `${name}.probs`);
      await assertGradients(gradients, golden, `${name}.grad.`);
      layer.dispose();
    });
    assert.is(memory().tensors, before);
  });
}

interface DeitCase {
  readonly dim: number;
  readonly heads: number;
  readonly all_key_dim: number;
  readonly scale: number;
}

const deit = goldenFile<Record<string, DeitCase>>('deit');
const deitName = (name: string): string =>
  name
    .replace(/^(q|k|v)\./, (_, part: 'q' | 'k' | 'v') => `${{ q: 'query', k: 'key', v: 'value' }[part]}.`)
    .replace(/^mixing\.weight$/, 'mixing')
    .replace(/^proj\./, 'dense.');

/** The layer's equations in float64: with more shared dimensions than a layer has, terms of scores may be thousands of times as large as their sums. */
function deitInDouble(name: string, { heads, scale }: DeitCase): { y: () => Tensor; wanted: Map<string, Tensor> } {
  const double = (part: string): Tensor => {
    const full = `${name}.${part}`;
    return tensor(deit.values(full), { shape: deit.shape(full), dtype: 'float64' });
  };
  const wanted = new Map<string, Tensor>([['x', double('x')]]);
  for (const part of deit.names(`${name}.collab.`)) wanted.set(part, double(`collab.${part}`));
  const map = (part: string): Tensor => {
    const bias = wanted.get(`${part}.bias`);
    const y = matmul(wanted.get('x')!, wanted.get(`${part}.weight`)!, { transposeB: true });
    return bias === undefined ? y : y.add(bias);
  };
  const y = (): Tensor => {
    const mixing = wanted.get('mixing.weight')!;
    const inputs = { query: map('q'), mixing, key: map('k'), contentBias: map('content_bias') };
    const joined = joinHeads(sharedAttention(inputs, splitHeads(map('v'), heads), { scale }));
    return add(matmul(joined, wanted.get('proj.weight')!, { transposeB: true }), wanted.get('proj.bias')!);
  };
  return { y, wanted };
}

/** How far rounding to float32 can move scores of a layer: the largest sum of |q m k|, in units of the last place. */
function scoreRounding(name: string, scale: number): number {
  return scope(() => {
    const part = (own: string): Tensor => deit.tensor(`${name}.${own}`);
    const [q, k] = ['q', 'k'].map((own) =>
      abs(matmul(part('x'), part(`collab.${own}.weight`), { transposeB: true })),
    ) as [Tensor, Tensor];
    const largest = part('collab.mixing.weight').abs().max({ axis: 0 });
    return matmul(q.mul(largest), k, { transposeB: true }).max().item() * scale * 2 ** -23;
  });
}

for (const [name, c] of Object.entries(deit.scalars)) {
  if (testDevice === 'wasm') {
    test(`${name}: output and all gradients are the DeiT fork's, in float64`, async () => {
      const before = memory().tensors;
      await scope(async () => {
        const { y, wanted } = deitInDouble(name, c);
        const cotangent = deit.tensor(`${name}.G`).cast('float64');
        const { y: out, gradients } = pullBack(y, cotangent, wanted);
        await assertOutput(out, deit.values(`${name}.out_collab`), `${name}.out_collab`);
        await assertGradients(gradients, deit, `${name}.grad.`);
      });
      assert.is(memory().tensors, before);
    });

    test(`${name}: the layer in float32 is as near as its scores are exact`, async () => {
      await scope(async () => {
        const { dim: width, heads, all_key_dim: sharedDim, scale } = c;
        const layer = new CollaborativeAttention({ width, heads, sharedDim, scale, rng: new Rng(0) });
        fill(layer, deit, `${name}.collab.`, deitName);
        const expected = deit.values(`${name}.out_collab`);
        const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        const atol = 1e-5 + 2 * scoreRounding(name, scale) * largest;
        assertClose(await layer.forward(deit.tensor(`${name}.x`)).data(), expected, { rtol: 1e-5, atol });
        layer.dispose();
      });
    });
  }
}

interface FairseqCase {
  readonly embed_dim: number;
  readonly heads: number;
  readonly key_dim: number;
  readonly scaling: number;
}

const fairseq = goldenFile<FairseqCase>('fairseq');
const fairseqNames: Readonly<Record<string, string>> = {
  q_w: 'query.weight',
  q_b: 'query.bias',
  k_w: 'key.weight',
  k_b: 'key.bias',
  v_w: 'value.weight',
  v_b: 'value.bias',
  o_w: 'dense.weight',
  o_b: 'dense.bias',
  mixing: 'mixing',
};

test('cross attention with padding, and causal attention, are those of the translation fork', async () => {
  await scope(async () => {
    const { embed_dim: width, heads, key_dim: sharedDim, scaling: scale } = fairseq.scalars;
    const layer = new CollaborativeAttention({
      ...{ width, heads, sharedDim, scale, projectionBias: true, contentBias: false, rng: new Rng(0) },
    });
    fill(layer, fairseq, 'param.', (name) => fairseqNames[name] as string);
    const batchFirst = (t: Tensor): Tensor => transpose(t, [1, 0, 2]);
    const [x, context] = [batchFirst(fairseq.tensor('query')), batchFirst(fairseq.tensor('key'))];
    // There true is padding.
    const padding = fairseq.values('key_padding_mask');
    const keyMask = tensor(
      padding.map((v) => v === 0),
      { shape: fairseq.shape('key_padding_mask') },
    );
    await assertOutput(batchFirst(layer.forward(x, { context, keyMask })), fairseq.values('cross.out'), 'cross.out');
    await assertOutput(layer.weights(x, { context, keyMask }), fairseq.values('cross.probs'), 'cross.probs');
    await assertOutput(batchFirst(layer.forward(x, { causal: true })), fairseq.values('causal.out'), 'causal.out');
    await assertOutput(layer.weights(x, { causal: true }), fairseq.values('causal.probs'), 'causal.probs');
    layer.dispose();
  });
});

const mixings: Readonly<Record<string, number[][]>> =
  goldenFile<Record<string, number[][]>>('mixing_concatenate').scalars;

test('mixing as concatenated heads has ones where the release has them', async () => {
  for (const [sizes, expected] of Object.entries(mixings)) {
    const [heads, sharedDim] = sizes.split('x').map(Number) as [number, number];
    const layer = new CollaborativeAttention({
      width: heads,
      heads,
      sharedDim,
      mixing: 'concatenate',
      rng: new Rng(0),
    });
    assert.equal(Array.from(await layer.mixing.data()), expected.flat());
    layer.dispose();
  }
});

test('heads that get no dimension are told, and look at all alike', async () => {
  const layer = new CollaborativeAttention({
    width: 8,
    heads: 4,
    sharedDim: 9,
    mixing: 'concatenate',
    contentBias: false,
    rng: new Rng(1),
  });
  assert.equal(layer.notices, ['heads 3 got none of the 9 dimensions: they look at all alike until they are trained']);
  const x = new Rng(2).normal([1, 4, 8]);
  const weights = layer.weights(x);
  assertClose(Array.from(await weights.data<'float32'>()).slice(48), new Array<number>(16).fill(0.25), { rtol: 1e-6 });
  const few = new CollaborativeAttention({ width: 8, heads: 4, sharedDim: 2, mixing: 'concatenate', rng: new Rng(1) });
  assert.match(String(few.notices), /^heads 2, 3 got none of the 2 dimensions/);
  const full = new CollaborativeAttention({ width: 8, heads: 4, sharedDim: 8, mixing: 'concatenate', rng: new Rng(1) });
  assert.equal(full.notices, []);
  for (const t of [layer, x, weights, few, full]) t.dispose();
});

test('every start of the mixing has its spread', async () => {
  const [heads, sharedDim] = [40, 100];
  const deviations: Readonly<Record<Exclude<MixingStart, 'concatenate'>, number>> = {
    normal: 0.2,
    ones: 0,
    uniform: 0.1 / Math.sqrt(3),
    xavier: Math.sqrt(6 / 140 / 3),
    'standard-normal': 1,
  };
  for (const [mixing, deviation] of Object.entries(deviations) as [MixingStart, number][]) {
    const layer = new CollaborativeAttention({ width: heads, heads, sharedDim, mixing, rng: new Rng(1) });
    const values = Array.from(await layer.mixing.data<'float32'>());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const found = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
    assertClose([mean, found], [mixing === 'ones' ? 1 : 0, deviation], { rtol: 0.05, atol: 0.05 });
    layer.dispose();
  }
});

const rng = new Rng(5);
const small = { width: 8, heads: 2, sharedDim: 5, rng };

test('a query that sees nothing gets zeros, by a mask or by -Infinity, and a finite bias is taken as it is', async () => {
  const layer = new CollaborativeAttention({ ...small, dense: false });
  await scope(async () => {
    const x = rng.normal([1, 3, 8]);
    const none = tensor([false, false, false, true, true, true, true, true, true], { shape: [1, 1, 3, 3] });
    const hidden = tensor([-Infinity, -Infinity, -Infinity, 0, 0, 0, 0, 0, 0], { shape: [3, 3] });
    const [masked, biased] = [layer.forward(x, { mask: none }), layer.forward(x, { bias: hidden })];
    const first = Array.from(await masked.data<'float32'>());
    assert.equal(first.slice(0, 8), new Array<number>(8).fill(0));
    assert.ok(first.slice(8).every((v) => v !== 0));
    assertClose(await biased.data(), first, { rtol: 1e-6, atol: 1e-6 });
    // A constant moves no softmax.
    const shifted = layer.forward(x, { bias: tensor([-10000]) });
    assertClose(await shifted.data(), await layer.forward(x).data(), { rtol: 1e-2, atol: 1e-2 });
    assert.equal(Array.from(await layer.weights(x, { mask: none }).data<'float32'>()).slice(0, 3), [0, 0, 0]);
  });
  layer.dispose();
});

test('token by token with a cache is the same as all at once, at R + H numbers a token', async () => {
  const before = memory().tensors;
  const layer = new CollaborativeAttention(small);
  const x = rng.normal([2, 6, 8]);
  const whole = layer.forward(x, { causal: true });
  using cache = new SharedKeyCache();
  const expected = Array.from(await whole.data<'float32'>());
  for (const [from, to] of [
    [0, 2],
    [2, 3],
    [3, 6],
  ] as const) {
    // biome-ignore format: pairs
    const part = scope(() => layer.forward(x.at(':', `${from}:${to}`), { causal: true, cache }));
    const wanted = [0, 1].flatMap((b) => expected.slice((b * 6 + from) * 8, (b * 6 + to) * 8));
    assertClose(await part.data(), wanted, { rtol: 1e-5, atol: 1e-5 });
    part.dispose();
    assert.is(cache.length, to);
  }
  assert.is(cache.keyFloats, 5 + 2);
  cache.dispose();
  assert.is(cache.length, 0);
  for (const t of [x, whole, layer]) t.dispose();
  assert.is(memory().tensors, before);
});

test('one token, no sequences and no tokens are shapes too', () => {
  const before = memory().tensors;
  scope(() => {
    const layer = new CollaborativeAttention(small);
    for (const shape of [
      [1, 1, 8],
      [0, 3, 8],
      [2, 0, 8],
    ]) {
      // biome-ignore format: shapes
      assert.equal([...layer.forward(rng.normal(shape)).shape], shape);
      assert.equal([...layer.weights(rng.normal(shape)).shape], [shape[0], 2, shape[1], shape[1]]);
    }
    layer.dispose();
  });
  assert.is(memory().tensors, before);
});

test('scores beyond all bounds give weights, not NaN', async () => {
  const layer = new CollaborativeAttention({ ...small, scale: 1e6 });
  const x = scope(() => rng.normal([1, 4, 8]).mul(1e3));
  const y = layer.forward(x);
  assert.ok(Array.from(await y.data<'float32'>()).every(Number.isFinite));
  for (const t of [x, y, layer]) t.dispose();
});

test('dropout drops weights in training alone', async () => {
  const layer = new CollaborativeAttention({ ...small, dropout: 0.5 });
  const x = rng.normal([1, 4, 8]);
  const run = async (): Promise<number[]> => {
    const y = layer.forward(x);
    const values = Array.from(await y.data<'float32'>());
    y.dispose();
    return values;
  };
  assert.not.equal(await run(), await run());
  layer.eval();
  assert.equal(await run(), await run());
  for (const t of [x, layer]) t.dispose();
});

test('sizes and inputs that do not fit are refused, and leave no tensor', () => {
  const before = memory().tensors;
  const refusals: [object, RegExp][] = [
    [{ heads: 3 }, /CollaborativeAttention: heads must divide .*8.*, got 3/],
    [{ sharedDim: 0 }, /sharedDim must be a whole number from 1, got 0/],
    [{ sharedDim: 2.5 }, /sharedDim must be a whole number from 1, got 2.5/],
    [{ dense: false, outputs: 4 }, /without dense the outputs are the 8 value channels, got 4/],
    [{ layerNorm: true, outputs: 4 }, /layerNorm adds the input of 8 channels to 4 outputs/],
    [{ mixing: 'svd' }, /mixing must be one of .*, got "svd"/],
    [{ scale: Number.NaN }, /scale must be a number or 'released', got NaN/],
    [{ dropout: 2 }, /dropout must be a number in \[0, 1\], got 2/],
    [{ rng: undefined }, /needs a source of random numbers/],
    [{ bias: true }, /bias/],
  ];
  for (const [options, message] of refusals) {
    assertThrows(() => new CollaborativeAttention({ ...small, ...options } as never), OptionError, message);
  }
  const layer = new CollaborativeAttention({ ...small, contextWidth: 6 });
  scope(() => {
    assertThrows(
      () => layer.forward(rng.normal([1, 3, 7])),
      ShapeError,
      /x must be \[batch, length, 8\], got \[1, 3, 7\]/,
    );
    const x = rng.normal([1, 3, 8]);
    assertThrows(() => layer.forward(x), ShapeError, /context must be \[1, length, 6\], got \[1, 3, 8\]/);
    assertThrows(() => layer.forward(x, { mask: x } as never), Error, /./);
  });
  layer.dispose();
  if (testDevice === 'wasm') assert.is(memory().tensors, before);
});

test.run();
