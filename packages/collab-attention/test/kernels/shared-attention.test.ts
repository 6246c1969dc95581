/** The fused kernel against plain float64 and against the head by head form, with gradients, masks and many threads. */
import { createJsDevice, createWasmDevice, type Device, useDevice } from '@saccade/kernels';
import { checkGradients, memory, Rng, scope, sum, type Tensor, tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  composedAttention,
  type SharedInputs,
  type SharedOptions,
  sharedAttention,
} from '../../src/layer/shared-attention.js';

const sizes = fc.record({
  seed: fc.nat(1e6),
  batch: fc.integer({ min: 0, max: 3 }),
  heads: fc.integer({ min: 1, max: 4 }),
  queries: fc.constantFrom<number>(0, 1, 5, 47, 48, 49, 100),
  keys: fc.constantFrom<number>(0, 1, 6, 95, 96, 97, 130),
  dims: fc.constantFrom<number>(1, 3, 8, 17, 40),
  channels: fc.constantFrom<number>(1, 4, 7, 16),
  content: fc.boolean(),
  causal: fc.boolean(),
  bias: fc.constantFrom('none' as const, 'all' as const, 'keys' as const, 'heads' as const),
  mask: fc.constantFrom('none' as const, 'all' as const, 'keys' as const),
});

type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never;

/** Random inputs of a case. */
function inputsOf(c: Sizes): { inputs: SharedInputs; value: Tensor; options: SharedOptions } {
  const rng = new Rng(c.seed);
  const { batch, heads, queries, keys, dims, channels } = c;
  const inputs = {
    query: rng.normal([batch, queries, dims]),
    mixing: rng.normal([heads, dims]),
    key: rng.normal([batch, keys, dims]),
    contentBias: c.content ? rng.normal([batch, keys, heads]) : undefined,
  };
  const shapes = {
    all: [batch, heads, queries, keys],
    keys: [batch, 1, 1, keys],
    heads: [heads, queries, 1],
    none: [],
  };
  const bias = c.bias === 'none' ? undefined : rng.normal(shapes[c.bias]);
  const mask = c.mask === 'none' ? undefined : scope(() => rng.uniform(shapes[c.mask]).greater(0.3));
  return {
    inputs,
    value: rng.normal([batch, heads, keys, channels]),
    options: { scale: 0.3, causal: c.causal, bias, mask },
  };
}

async function onDevice<T>(device: Device, body: () => T | Promise<T>): Promise<T> {
  const former = useDevice(device);
  try {
    return await scope(body);
  } finally {
    useDevice(former);
  }
}

test('the kernel, the plain form and the form head by head agree, with any number of threads', async () => {
  const [js, one, four] = [
    createJsDevice(),
    await createWasmDevice({ threads: 1 }),
    await createWasmDevice({ threads: 4 }),
  ];
  const property = fc.asyncProperty(sizes, async (c) => {
    const run = (device: Device, f: typeof sharedAttention): Promise<number[]> =>
      onDevice(device, async () => {
        const { inputs, value, options } = inputsOf(c);
        return Array.from(await f(inputs, value, options).data<'float32'>());
      });
    const expected = await run(js, sharedAttention);
    const fused = await run(one, sharedAttention);
    assertClose(fused, expected, { rtol: 1e-5, atol: 2e-5 });
    assert.equal(await run(four, sharedAttention), fused);
    assertClose(await run(one, composedAttention), expected, { rtol: 1e-5, atol: 2e-5 });
    assert.not.ok(expected.some(Number.isNaN));
  });
  await fc.assert(property, { numRuns: 80 });
});

test('gradients are those of the form head by head, and central differences', async () => {
  const wasm = await createWasmDevice({ threads: 1 });
  const base = { batch: 2, heads: 3, queries: 5, keys: 6, dims: 4, channels: 3, content: true, seed: 1 } as const;
  for (const c of [
    { ...base, causal: true, bias: 'keys', mask: 'none' },
    { ...base, causal: false, bias: 'all', mask: 'keys' },
    { ...base, causal: false, bias: 'none', mask: 'none', content: false },
  ] as const) {
    await onDevice(wasm, async () => {
      const { inputs, value, options } = inputsOf(c);
      const { contentBias: content, query, mixing, key } = inputs;
      const wanted: Record<string, Tensor> = { query, mixing, key, value };
      if (content !== undefined) wanted.content = content;
      if (options.bias !== undefined) wanted.bias = options.bias;
      const weight = new Rng(9).normal([2, 3, 5, 3]);
      const gradients = (f: typeof sharedAttention) =>
        valueAndGradOf(wanted, () => sum(f(inputs, value, options).mul(weight)))[1];
      const [own, expected] = [gradients(sharedAttention), gradients(composedAttention)];
      for (const name of Object.keys(wanted)) {
        assertClose(await own[name]!.data(), Array.from(await expected[name]!.data(), Number), {
          rtol: 1e-5,
          atol: 1e-5,
        });
      }
      const names = Object.keys(wanted);
      const f = (...all: Tensor[]): Tensor => {
        const given = Object.fromEntries(names.map((name, i) => [name, all[i]])) as Record<string, Tensor>;
        const parts = { query: given.query!, mixing: given.mixing!, key: given.key!, contentBias: given.content };
        return composedAttention(parts, given.value!, { ...options, bias: given.bias, mask: undefined });
      };
      await checkGradients(f, Object.values(wanted), { tolerance: 1e-4 });
    });
  }
});

test('the gradient of a gradient goes through the fused form too', async () => {
  const wasm = await createWasmDevice({ threads: 1 });
  await onDevice(wasm, async () => {
    const c = {
      batch: 1,
      heads: 2,
      queries: 3,
      keys: 3,
      dims: 2,
      channels: 2,
      content: true,
      seed: 2,
      causal: false,
      bias: 'none',
      mask: 'none',
    } as const;
    const { inputs, value, options } = inputsOf(c);
    const second = (f: typeof sharedAttention): Tensor =>
      valueAndGradOf([inputs.query], () => {
        const [, [inner]] = valueAndGradOf([inputs.key], () => sum(f(inputs, value, options).square()));
        return sum(inner!.square());
      })[1][0] as Tensor;
    const [own, expected] = [second(sharedAttention), second(composedAttention)];
    assertClose(await own.data(), Array.from(await expected.data(), Number), { rtol: 1e-4, atol: 1e-5 });
  });
});

test('nothing is left behind, forward or backward', async () => {
  const wasm = await createWasmDevice({ threads: 1 });
  const former = useDevice(wasm);
  const before = memory().tensors;
  scope(() => {
    const query = tensor([[[1, 2]]]);
    const inputs = { query, mixing: tensor([[1, 1]]), key: query, contentBias: undefined };
    const value = tensor([[[[3]]]]);
    valueAndGradOf([query], () => sum(sharedAttention(inputs, value, { scale: 1 })));
  });
  assert.is(memory().tensors, before);
  useDevice(former);
});

test.run();
