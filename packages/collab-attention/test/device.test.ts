/** Layers on the device under test compute, and learn, what they do on the plain one. */
import { useDevice } from '@saccade/kernels';
import { MultiHeadAttention, SGD } from '@saccade/nn';
import {
  createJsDevice,
  init,
  memory,
  mul,
  Rng,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGradOf,
} from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decompose } from '../src/decompose/decompose.js';
import {
  type CollaborateOptions,
  CollaborativeAttention,
  type CollaborativeAttentionOptions,
} from '../src/layer/collaborative-attention.js';
import { SharedKeyCache } from '../src/layer/shared-key-cache.js';

onTestDevice(test, init);

/** A layer, and what it sees. */
interface Form {
  readonly options: Partial<CollaborativeAttentionOptions>;
  readonly seen: (rng: Rng) => CollaborateOptions;
}

const forms: Readonly<Record<string, Form>> = {
  causal: { options: {}, seen: () => ({ causal: true }) },
  'to a context, with padding and a layer norm': {
    options: { contextWidth: 5, layerNorm: true },
    seen: (rng) => ({
      context: rng.normal([2, 6, 5]),
      keyMask: tensor([[true, true, true, true, false, false], [true, false, true, true, true, true]]), // biome-ignore format: masks
    }),
  },
  'with an additive bias and a head mask': {
    options: { contentBias: false, dense: false },
    seen: (rng) => ({ bias: rng.normal([3, 4, 4]), headMask: tensor([1, 0, 1]).reshape([1, 3, 1, 1]) }),
  },
};

/** Output, gradient by the input, and gradients by the parameters, one after another. */
async function results({ options, seen }: Form): Promise<number[][]> {
  const before = memory().tensors;
  const values = await scope(async () => {
    const rng = new Rng(1);
    const layer = new CollaborativeAttention({ width: 9, heads: 3, sharedDim: 4, ...options, rng });
    const x = rng.normal([2, 4, 9]);
    const around = seen(rng);
    const weight = rng.normal([2, 4, 9]);
    const wanted = new Map([['x', x as Tensor], ...layer.parameters()]);
    const [[, y], gradients] = valueAndGradOf(wanted, () => {
      const out = layer.forward(x, around);
      return [sum(mul(out, weight)), out] as const;
    });
    const all = await Promise.all([y, layer.weights(x, around), ...gradients.values()].map((t) => t.data()));
    layer.dispose();
    return all.map((part) => Array.from(part, Number));
  });
  assert.is(memory().tensors, before);
  return values;
}

for (const [name, form] of Object.entries(forms)) {
  test(`${name}: values and gradients are those of the plain device`, async () => {
    const here = await results(form);
    const device = useDevice(createJsDevice());
    try {
      const there = await results(form);
      for (const [i, expected] of there.entries()) {
        const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        assertClose(here[i]!, expected, { rtol: 0, atol: 1e-6 + 1e-4 * largest }, `part ${i}`);
      }
    } finally {
      useDevice(device);
    }
  });
}

test('a trained layer is compressed, kept in a cache, and trained on', async () => {
  const before = memory().tensors;
  const rng = new Rng(2);
  const trained = new MultiHeadAttention(8, 4, { rng });
  const x = rng.normal([1, 5, 8]);
  const { layer, error, headSvdError } = await CollaborativeAttention.fromConcatenated(trained, { rank: 5 });
  assert.ok(error <= headSvdError + 1e-7 && error > 0);
  const whole = layer.forward(x, { causal: true });
  const expected = Array.from(await whole.data<'float32'>());
  using cache = new SharedKeyCache();
  for (let i = 0; i < 5; i++) {
    const token = scope(() => layer.forward(x.at(':', `${i}:${i + 1}`), { causal: true, cache }));
    assertClose(await token.data(), expected.slice(8 * i, 8 * i + 8), { rtol: 1e-4, atol: 1e-5 });
    token.dispose();
  }
  cache.dispose();
  const losses: number[] = [];
  using optimizer = new SGD(layer, { rate: 0.05 });
  for (let step = 0; step < 5; step++) {
    const loss = optimizer.minimize(() => scope(() => layer.forward(x).square().mean()));
    losses.push(Number((await loss.data())[0]));
    loss.dispose();
  }
  assert.ok(losses.at(-1)! < losses[0]!, String(losses));
  for (const t of [trained, x, layer, whole]) t.dispose();
  optimizer.dispose();
  assert.is(memory().tensors, before);
});

test('a decomposition is the same wherever the weights are', async () => {
  const before = memory().tensors;
  const values = Array.from({ length: 48 }, (_, i) => Math.sin(i * i));
  const run = async (): Promise<number[]> => {
    const [query, key] = [tensor(values, { shape: [6, 8] }), tensor([...values].reverse(), { shape: [6, 8] })];
    const found = await decompose(query, key, { heads: 2, rank: 3 });
    const read = Array.from(await found.query.data<'float32'>());
    for (const t of [query, key, found.query, found.mixing, found.key]) t.dispose();
    return read;
  };
  const here = await run();
  const device = useDevice(createJsDevice());
  const there = await run();
  useDevice(device);
  assertClose(here, there, { rtol: 1e-4, atol: 1e-5 });
  assert.is(memory().tensors, before);
});

test.run();
