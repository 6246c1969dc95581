/** The exact perturbed top-k: reference vectors, and the WebAssembly against the plain dynamic programme. */
import {
  checkGradients,
  createJsDevice,
  init,
  memory,
  mul,
  Rng,
  reshape,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGradOf,
  zeros,
} from '@saccade/tensor';
import { assertClose, onTestDevice, testDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { topK } from '../src/operator/top-k.js';
import type { TopKOptions } from '../src/operator/top-k-options.js';

onTestDevice(test, init);

interface Case {
  readonly k: number;
  readonly sigma: number;
  readonly n: number;
}

const golden = new Golden<Record<string, Case>, Tensor>(new URL('golden/exact', import.meta.url), tensor);

/** Weights and gradients of the loss sum(weights * cotangent). */
async function run(
  scores: Tensor,
  cotangent: Tensor,
  options: TopKOptions,
  form: 'dense' | 'mask' = 'dense',
): Promise<{ value: Float32Array; byScore: Float32Array; bySigma: Float32Array }> {
  const { device, dtype } = scores;
  const sigma = tensor([options.sigma as number], { device, dtype: dtype });
  const [[, value], [byScore, bySigma]] = valueAndGradOf([scores, sigma], () => {
    const selection = topK(scores, { ...options, sigma });
    const y = form === 'dense' ? selection.toDense() : selection.toMask();
    return [sum(mul(y, cotangent)), y] as const;
  }) as unknown as [[Tensor, Tensor], [Tensor, Tensor]];
  return { value: await value.data(), byScore: await byScore.data(), bySigma: await bySigma.data() };
}

for (const [name, { k, sigma, n }] of Object.entries(golden.scalars)) {
  test(`reference vectors of ${name} hold`, async () => {
    const at = (what: string): number[] => golden.values(`${name}.${what}`);
    const x = reshape(golden.tensor(`${name}.x`), [1, n]);
    const g = reshape(golden.tensor(`${name}.grad_out`), [1, k, n]);
    const noise = name.startsWith('gumbel') ? 'gumbel' : 'normal';
    const { value, byScore, bySigma } = await run(x, g, { k, sigma, noise });
    const scale = (values: number[]): number => Math.max(1, ...values.map(Math.abs));
    assertClose(value, at('indicators'), { rtol: 0, atol: 5e-7 });
    assertClose(byScore, at('grad_x'), { rtol: 0, atol: 2e-6 * scale(at('grad_x')) });
    assertClose(bySigma, at('grad_sigma'), { rtol: 0, atol: 2e-6 * scale(at('grad_x')) });
    const row = tensor(at('grad_out').slice(0, n)).reshape([1, n]);
    const mask = await run(x, row, { k, sigma, noise }, 'mask');
    assertClose(mask.value, at('mask'), { rtol: 0, atol: 5e-7 });
    assertClose(mask.byScore, at('grad_x_mask'), { rtol: 0, atol: 2e-6 * scale(at('grad_x_mask')) });
  });
}
const close = { rtol: 0, atol: 2e-7 };

/** Scores of one row by kind, as the properties use them. */
const rows = fc.record({
  n: fc.integer({ min: 1, max: 40 }),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
  sigma: fc.constantFrom(0.02, 0.05, 0.3, 2, 50),
  noise: fc.constantFrom('normal' as const, 'gumbel' as const),
  seed: fc.nat(),
  ties: fc.boolean(),
});

test('rows sum to 1, no element is selected more than once, gradients sum to 0', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async ({ n, part, sigma, noise, seed, ties }) => {
      const k = 1 + Math.floor(part * (n - 1));
      const rng = new Rng(seed);
      const x = ties ? rng.integers([2, n], 0, 4).cast('float32') : rng.uniform([2, n]);
      const g = rng.normal([2, k, n]);
      const { value, byScore } = await run(x, g, { k, sigma, noise });
      for (let row = 0; row < 2 * k; row++) {
        const total = value.subarray(row * n, (row + 1) * n).reduce((a, b) => a + b, 0);
        assertClose(total, 1, { rtol: 0, atol: 1e-6 });
      }
      for (let image = 0; image < 2; image++) {
        for (let i = 0; i < n; i++) {
          let selected = 0;
          for (let r = 0; r < k; r++) selected += value[(image * k + r) * n + i] as number;
          assert.ok(selected <= 1 + 1e-6 && selected >= 0);
        }
        const part = byScore.subarray(image * n, (image + 1) * n);
        const size = part.reduce((a, b) => a + Math.abs(b), 0);
        assert.ok(Math.abs(part.reduce((a, b) => a + b, 0)) <= 1e-5 * Math.max(size, 1));
      }
    }),
    { numRuns: 40 },
  );
});

/** Tests that read at once. */
const onCpu = (name: string, body: () => Promise<void>): void => {
  if (testDevice === 'wasm') test(name, body);
};

onCpu('what is left out of the candidates changes nothing', async () => {
  const x = new Rng(3).uniform([1, 900]);
  const all = topK(x, { k: 10 });
  assert.ok((all.indices.shape[1] as number) < 500);
  // Only the scores that can enter, alone.
  const near = x.dataSync();
  const kept = Array.from(near).filter((value) => value > 0.4);
  const alone = topK(kept, { k: 10 });
  const dense = await all.toDense().data();
  const expected = await alone.toDense().data();
  const positions = Array.from(near.keys()).filter((i) => (near[i] as number) > 0.4);
  for (let r = 0; r < 10; r++) {
    const row = positions.map((i) => dense[r * 900 + i] as number);
    assertClose(row, expected.subarray(r * kept.length, (r + 1) * kept.length), close);
  }
});

test('the WebAssembly gives what the plain dynamic programme gives', async () => {
  const js = createJsDevice();
  await fc.assert(
    fc.asyncProperty(rows, async ({ n, part, sigma, noise, seed }) => {
      const k = 1 + Math.floor(part * (Math.min(n, 8) - 1));
      const rng = new Rng(seed);
      const [x, g] = [rng.uniform([2, n]), rng.normal([2, k, n])] as unknown as [Tensor, Tensor];
      const fast = await run(x, g, { k, sigma, noise });
      const on = async (t: Tensor): Promise<Tensor> => tensor(await t.data(), { shape: t.shape, device: js });
      const plain = await run(await on(x), await on(g), { k, sigma, noise });
      assertClose(fast.value, plain.value, close);
      const size = Math.max(1, ...plain.byScore.map(Math.abs));
      assertClose(fast.byScore, plain.byScore, { rtol: 0, atol: 1e-6 * size });
      assertClose(fast.bySigma, plain.bySigma, { rtol: 0, atol: 1e-5 * size });
    }),
    { numRuns: 25 },
  );
});

test('what is selected for sure is spared the recursion, not its place among the rows', async () => {
  const js = createJsDevice();
  const rng = new Rng(8);
  // 12 far above, 10 in doubt, 8 far below, mixed.
  const values = Array.from({ length: 30 }, (_, i) => (i % 5 < 2 ? 5 : i % 5 < 4 && i % 3 > 0 ? 0.5 : -5) + i / 100);
  const scores = tensor([values]);
  for (const noise of ['normal', 'gumbel'] as const) {
    for (const k of [13, 15]) {
      const g = rng.normal([1, k, 30]);
      const fast = await run(scores, g, { k, sigma: 0.1, noise });
      const on = async (t: Tensor): Promise<Tensor> => tensor(await t.data(), { shape: t.shape, device: js });
      const plain = await run(await on(scores), await on(g), { k, sigma: 0.1, noise });
      assertClose(fast.value, plain.value, close);
      assertClose(fast.byScore, plain.byScore, { rtol: 0, atol: 1e-5 });
      assert.ok(plain.byScore.some((slope) => Math.abs(slope) > 0.1));
    }
  }
});

onCpu('gradients pass the check against differences in float64', async () => {
  const x = tensor([[0.1, 0.25, 0.2, 0.4, 0.3, 0.05]]);
  const sigma = tensor([0.2]);
  await checkGradients((x: Tensor, sigma: Tensor) => topK(x, { k: 3, sigma }).toDense().square(), [x, sigma]);
});

test('rows of positions that are close are sharp, rows by value are not', async () => {
  const scores = [1, 0, 1, 0, 1, 0, 0, 0];
  const rows = async (order: 'position' | 'value'): Promise<number[]> => {
    const dense = await topK(scores, { k: 3, order }).toDense().data();
    return [0, 1, 2].map((r) => Math.max(...dense.subarray(8 * r, 8 * r + 8)));
  };
  assert.ok((await rows('position')).every((top) => top > 0.99));
  assert.ok((await rows('value')).every((top) => top < 0.4));
});

test('the smaller sigma, the harder the choice; at 0 it is the hard one, without a gradient', async () => {
  const x = tensor([[0.8, 0.7, 0.3, 0.2]]);
  const at = async (sigma: number): Promise<number> => {
    const dense = await topK(x, { k: 2, sigma }).toDense().data();
    return Math.max(...[1, 0, 0, 0, 0, 1, 0, 0].map((hard, i) => Math.abs(hard - (dense[i] as number))));
  };
  assert.ok((await at(0.4 / 8)) < 1e-6);
  assert.ok((await at(0.4)) > 0.1);
  for (const sigma of [0, 1e-3, 1e-42]) {
    assert.is(await at(sigma), 0);
    const { byScore, bySigma } = await run(x, new Rng(1).normal([1, 2, 4]), { k: 2, sigma });
    assert.ok([...byScore, ...bySigma].every((value) => value === 0));
  }
});

test('straight-through is hard with the gradient of the exact choice', async () => {
  const rng = new Rng(5);
  const [x, g] = [rng.uniform([2, 30]), rng.normal([2, 4, 30])] as unknown as [Tensor, Tensor];
  const soft = await run(x, g, { k: 4, sigma: 0.1 });
  const through = await run(x, g, { k: 4, sigma: 0.1, method: 'straight-through' });
  const hard = await topK(x, { k: 4, method: 'hard' }).toDense().data();
  assert.equal(through.value, hard);
  assert.equal(through.byScore, soft.byScore);
  assert.ok(soft.byScore.some((value) => value !== 0));
});

onCpu('on the js device all is float64', async () => {
  const device = createJsDevice();
  const x = tensor([[0.3, 0.1, 0.2]], { device, dtype: 'float64' });
  const rows = topK(x, { k: 2, sigma: 0.1 }).toDense();
  assert.is(rows.dtype, 'float64');
  const values = await rows.data<'float64'>();
  assertClose(
    [0, 1].map((r) => (values[3 * r] as number) + (values[3 * r + 1] as number) + (values[3 * r + 2] as number)),
    [1, 1],
    {
      rtol: 0,
      atol: 1e-8,
    },
  );
});

onCpu('a million scores are pruned, and nothing is left behind', async () => {
  const x = new Rng(2).uniform([1, 1_000_000]);
  const before = memory().tensors;
  const selection = topK(x, { k: 5, sigma: 1e-5 });
  assert.ok((selection.indices.shape[1] as number) < 2000);
  assertClose(await selection.weights.sum({ axis: 2 }).data(), [1, 1, 1, 1, 1], { rtol: 0, atol: 1e-6 });
  selection.dispose();
  await scope(async () => {
    await run(x, zeros([1, 5, 1_000_000]), { k: 5, sigma: 1e-5 });
  });
  assert.is(memory().tensors - before, 1);
});

test.run();
