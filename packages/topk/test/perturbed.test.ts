/** The sampled perturbed top-k: reference vectors for every order and gradient, and what the estimates must have in common with the exact one. */
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
import { assertClose, onTestDevice, testDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PerturbedGradient } from '../src/operator/perturbed.js';
import { topK } from '../src/operator/top-k.js';
import type { TopKOptions } from '../src/operator/top-k-options.js';

onTestDevice(test, init);

interface Case {
  readonly k: number;
  readonly sigma: number;
  readonly noise: 'normal' | 'gumbel';
  readonly numSamples: number;
}

const golden = new Golden<Record<string, Case>, Tensor>(new URL('golden/perturbed', import.meta.url), tensor);

/** What a case is called with: the noise is given. */
function options(name: string): TopKOptions {
  const { k, sigma, noise } = golden.scalars[name] as Case;
  return { k, sigma, method: 'perturbed', noise: golden.tensor(`${name}.noise`), noiseKind: noise };
}

const scale = (values: number[]): number => Math.max(1, ...values.map(Math.abs));

/** The gradient by the scores of sum(weights * cotangent). */
async function gradient(scores: Tensor, cotangent: Tensor, given: TopKOptions, mask = false): Promise<Float32Array> {
  const [, byScore] = valueAndGradOf(scores, () => {
    const selection = topK(scores, given);
    return sum(mul(mask ? selection.toMask() : selection.toDense(), cotangent));
  });
  return await byScore.data();
}

const gradients: readonly (readonly [string, PerturbedGradient])[] = [
  ['grad_x', 'plain'],
  ['grad_x_loo', 'full'],
  ['grad_x_baseline', 'hard-baseline'],
  ['grad_x_diag', 'diag'],
];

for (const [name, { k }] of Object.entries(golden.scalars)) {
  test(`reference vectors of ${name} hold`, async () => {
    const at = (what: string): number[] => golden.values(`${name}.${what}`);
    const x = golden.tensor(`${name}.x`);
    const g = golden.tensor(`${name}.grad_out`);
    const selection = topK(x, options(name));
    assertClose(await selection.toDense().data(), at('indicators'), { rtol: 0, atol: 1e-7 });
    assertClose(await selection.toMask().data(), at('mask'), { rtol: 0, atol: 1e-6 });
    for (const [order, what] of [
      ['value', 'indicators_desc'],
      ['value-ascending', 'indicators_asc'],
    ] as const) {
      const rows = topK(x, { ...options(name), order }).toDense();
      assertClose(await rows.data(), at(what), { rtol: 0, atol: 1e-7 });
    }
    for (const [what, grad] of gradients) {
      const byScore = await gradient(x, g, { ...options(name), grad });
      assertClose(byScore, at(what), { rtol: 0, atol: 2e-6 * scale(at(what)) }, what);
    }
    const full = await gradient(x, g, { ...options(name), grad: 'plain' });
    const dps = at('grad_x_dps');
    assertClose(
      full.map((value) => value * k),
      dps,
      { rtol: 0, atol: 2e-6 * scale(dps) },
    );
    const [batch, n] = x.shape as readonly [number, number];
    const row = tensor(
      at('grad_out').filter((_, i) => Math.floor(i / n) % k === 0),
      { shape: [batch, n] },
    );
    const byMask = await gradient(x, row, { ...options(name), grad: 'plain' }, true);
    assertClose(byMask, at('grad_x_mask'), { rtol: 0, atol: 2e-6 * scale(at('grad_x_mask')) });
  });
}

/** Values and gradients by scores and sigma on the device of `scores`, with noise drawn from a seed. */
async function all(scores: Tensor, g: Tensor, options: TopKOptions): Promise<number[][]> {
  const { device } = scores;
  const sigma = tensor(new Array<number>(scores.shape[0] as number).fill(0.1), { device });
  const [[, value], [byScore, bySigma]] = valueAndGradOf([scores, sigma], () => {
    const dense = topK(scores, { ...options, method: 'perturbed', sigma, rng: new Rng(5) }).toDense();
    return [sum(mul(dense, g)), dense] as const;
  }) as unknown as [[Tensor, Tensor], [Tensor, Tensor]];
  return [await value.data(), await byScore.data(), await bySigma.data()].map((values) => Array.from(values));
}

test('the WebAssembly gives what plain sorting gives, over many rows and chunks of noise', async () => {
  const js = createJsDevice();
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        batch: fc.integer({ min: 1, max: 3 }),
        n: fc.integer({ min: 1, max: 70 }),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
        samples: fc.integer({ min: 2, max: 40 }),
        order: fc.constantFrom('position' as const, 'value' as const, 'value-ascending' as const),
        grad: fc.constantFrom('full' as const, 'plain' as const, 'hard-baseline' as const, 'diag' as const),
        noise: fc.constantFrom('normal' as const, 'gumbel' as const),
        ties: fc.boolean(),
      }),
      async ({ batch, n, part, samples, order, grad, noise, ties }) => {
        const k = 1 + Math.floor(part * (n - 1));
        const rng = new Rng(n);
        const x = ties ? rng.integers([batch, n], 0, 3).cast('float32') : rng.uniform([batch, n]);
        const g = rng.normal([batch, k, n]);
        const on = async (t: Tensor): Promise<Tensor> => tensor(await t.data(), { shape: t.shape, device: js });
        const options = { k, samples, order, grad, noise };
        const [fast, plain] = [await all(x, g, options), await all(await on(x), await on(g), options)];
        for (const [i, values] of plain.entries()) {
          const size = Math.max(1, ...values.map(Math.abs));
          assertClose(fast[i] as number[], values, { rtol: 0, atol: 3e-5 * size }, ['value', 'score', 'sigma'][i]);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('noise is drawn in chunks: a sample is what it would be alone', async () => {
  const x = new Rng(1).uniform([2, 5000]);
  const rng = new Rng(3);
  const noise = rng.normal([2, 20, 5000]);
  const drawn = topK(x, { k: 3, method: 'perturbed', samples: 20, rng: new Rng(3) });
  const given = topK(x, { k: 3, method: 'perturbed', noise });
  assert.equal(await drawn.toDense().data(), await given.toDense().data());
});

test('given noise is there for the gradient, of another element type or freed behind the call', async () => {
  const before = memory().tensors;
  const [x, noise] = [new Rng(0).uniform([2, 9]), new Rng(3).normal([2, 30, 9])];
  const wide = testDevice === 'wasm' ? noise.cast('float64') : noise.mul(1); // GPUs have no float64
  const loss = (given: () => Tensor): Tensor => {
    const own = given();
    const mask = topK(x, { k: 2, method: 'perturbed', sigma: 0.2, noise: own }).toMask();
    if (own !== noise && own !== wide) own.dispose();
    return sum(mask.square());
  };
  const slope = (given: () => Tensor): Tensor => scope(() => valueAndGradOf(x, () => loss(given))[1]);
  const [kept, cast, freed] = [slope(() => noise), slope(() => wide), slope(() => noise.mul(1))] as const;
  assert.ok((await kept.data()).some((value) => value !== 0));
  assert.equal(await cast.data(), await kept.data());
  assert.equal(await freed.data(), await kept.data());
  for (const t of [x, noise, wide, kept, cast, freed]) t.dispose();
  assert.is(memory().tensors, before);
});

test('nothing is left behind', () => {
  const before = memory().tensors;
  scope(() => {
    const x = new Rng(1).uniform([2, 30]);
    for (const [, grad] of gradients) {
      valueAndGradOf(x, () =>
        topK(x, { k: 3, method: 'perturbed', samples: 5, rng: new Rng(1), grad })
          .toMask()
          .square()
          .sum(),
      );
    }
  });
  assert.is(memory().tensors - before, 0);
});

test.run();
