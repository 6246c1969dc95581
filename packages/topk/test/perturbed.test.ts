/** The sampled perturbed top-k: reference vectors for every order and gradient, and what the estimates must have in common with the exact one. */
import { init, memory, mul, Rng, scope, sum, type Tensor, tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PerturbedGradient } from '../src/operator/perturbed.js';
import { topK } from '../src/operator/top-k.js';
import type { TopKOptions } from '../src/operator/top-k-options.js';
import { Golden } from './golden.js';

onTestDevice(test, init);

interface Case {
  readonly k: number;
  readonly sigma: number;
  readonly noise: 'normal' | 'gumbel';
  readonly numSamples: number;
}

const golden = new Golden<Record<string, Case>>('perturbed');

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
    const byMask = await gradient(x, row as unknown as Tensor, { ...options(name), grad: 'plain' }, true);
    assertClose(byMask, at('grad_x_mask'), { rtol: 0, atol: 2e-6 * scale(at('grad_x_mask')) });
  });
}

test.run();
