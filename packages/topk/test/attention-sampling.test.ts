/** Attention sampling: what is drawn, what is estimated, where the patches lie. */
import {
  checkGradients,
  grad,
  memory,
  mul,
  OptionError,
  Rng,
  ShapeError,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGradOf,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attentionExpectation } from '../src/baselines/attention-expectation.js';
import { type AttentionGeometry, attentionPatchStarts } from '../src/baselines/attention-patch-starts.js';
import { attentionRegularizer } from '../src/baselines/attention-regularizer.js';
import { attentionSampling } from '../src/baselines/attention-sampling.js';

const golden = new Golden<{ offset: AttentionGeometry; sample: { n: number; smooth: number } }, Tensor>(
  new URL('golden/ats', import.meta.url),
  tensor,
);

test('cells without attention are never drawn, with and without replacement, whatever the random numbers are', () => {
  scope(() => {
    const logits = tensor([[-Infinity, 1, -Infinity, 2, 0, -Infinity]]);
    for (const u of [0, 0.5, 1]) {
      const apart = attentionSampling(logits, { k: 3, smoothing: 0, uniforms: tensor([new Array(6).fill(u)]) });
      assert.equal([...apart.indices.dataSync()].sort(), [1, 3, 4]);
      const again = attentionSampling(logits, { k: 2, smoothing: 0, replacement: true, uniforms: tensor([[u, u]]) });
      assert.equal([...again.indices.dataSync()], u === 0 ? [1, 1] : u === 0.5 ? [3, 3] : [4, 4]);
    }
    const rng = new Rng(1);
    assertThrows(
      () => attentionSampling(logits, { k: 4, smoothing: 0, rng }),
      OptionError,
      /image 0 has fewer than k = 4 cells with attention/,
    );
    attentionSampling(logits, { k: 4, rng }); // smoothing gives all of them some
  });
});

test('how often a cell is drawn follows its attention', () => {
  scope(() => {
    const [count, p] = [4000, [0.1, 0.2, 0.3, 0.4]];
    const logits = tensor(Array.from({ length: count }, () => p.map(Math.log)));
    for (const replacement of [false, true]) {
      const { indices } = attentionSampling(logits, { k: 1, smoothing: 0, replacement, rng: new Rng(2) });
      const counts = [0, 0, 0, 0];
      for (const i of indices.dataSync()) counts[i] = (counts[i] as number) + 1 / count;
      assertClose(counts, p, { atol: 0.03 });
    }
  });
});

test('shapes and options that do not fit are typed errors', () => {
  scope(() => {
    const logits = zeros([2, 3, 4]);
    const rng = new Rng(1);
    assertThrows(
      () => attentionSampling(zeros([3]), { k: 1, rng }),
      ShapeError,
      /must be \[batch, \.\.\.cells\], got \[3\]/,
    );
    assertThrows(
      () => attentionSampling(logits, { k: 13, rng }),
      OptionError,
      /k must be an integer in \[1, 12\], got 13/,
    );
    assertThrows(() => attentionSampling(logits, { k: 1 }), OptionError, /needs a source of random numbers/);
    assertThrows(
      () => attentionSampling(logits, { k: 1, smoothing: 2, rng }),
      OptionError,
      /smoothing must be .* \[0, 1\]/,
    );
    assertThrows(
      () => attentionSampling(logits, { k: 1, uniforms: zeros([2, 3]) }),
      ShapeError,
      /uniforms must be \[2, 12\]/,
    );
    assertThrows(
      () => attentionExpectation(zeros([2, 3, 4]), zeros([2, 4])),
      ShapeError,
      /attention must be \[2, 3\], got \[2, 4\]/,
    );
    assertThrows(() => attentionPatchStarts({ ...golden.scalars.offset, grid: [0, 3] }), OptionError, /grid must be/);
    assertThrows(
      () => attentionPatchStarts({ ...golden.scalars.offset, receptiveField: 300 }),
      OptionError,
      /receptiveField/,
    );
  });
});

test('attention, samples and regulariser are those of the reference', () => {
  scope(() => {
    const { n: k, smooth: smoothing } = golden.scalars.sample;
    const { attention, indices, weights } = attentionSampling(golden.tensor('sample.logits'), {
      k,
      smoothing,
      uniforms: golden.tensor('sample.uniform'),
    });
    assertClose(attention.dataSync(), golden.values('sample.smoothed_attention'), { atol: 1e-6 });
    assert.equal([...indices.dataSync()], golden.values('sample.indices'));
    const flat = attention.reshape([2, -1]).dataSync();
    assertClose(
      weights.dataSync(),
      [...indices.dataSync()].map((i, at) => flat[Math.floor(at / k) * 30 + i] as number),
    );
    const regularizer = attentionRegularizer(attention, { strength: 1 });
    assertClose(regularizer.dataSync(), golden.values('sample.entropy_regularizer'), { atol: 1e-5 });
    assertClose(attentionRegularizer(attention).item(), regularizer.item() * 1e-4);
  });
});

test('both estimates and their gradients are those of the reference', () => {
  for (const name of ['a0', 'a1']) {
    for (const [kind, replacement] of [
      ['with', true],
      ['without', false],
    ] as const) {
      scope(() => {
        const [attention, features, cotangent] = ['attention', 'features', 'grad_out'].map((part) =>
          golden.tensor(`${name}.${part}`),
        ) as [Tensor, Tensor, Tensor];
        const label = `${name} ${kind} replacement`;
        const value = attentionExpectation(features, attention, { replacement });
        assertClose(value.dataSync(), golden.values(`${name}.${kind}_replacement`), { atol: 1e-5 }, label);
        const [, [byFeature, byAttention]] = valueAndGradOf([features, attention] as const, () =>
          sum(mul(attentionExpectation(features, attention, { replacement }), cotangent)),
        );
        assertClose(byFeature.dataSync(), golden.values(`${name}.${kind}_grad_features`), { atol: 1e-5 }, label);
        assertClose(
          byAttention.dataSync(),
          golden.values(`${name}.${kind}_grad_attention`),
          { rtol: 1e-5, atol: 1e-5 },
          label,
        );
      });
    }
  }
});

test('patches start where the reference has them', () => {
  const { rows, columns } = attentionPatchStarts(golden.scalars.offset);
  const cells = golden.values('offset.samples');
  const starts = cells.map((cell, at) => (at % 2 === 0 ? rows : columns)[cell] as number);
  assert.equal(starts, golden.values('offset.starts'));
  // 4 pixels, 4 cells, patches of 2: -0.5, 0.5, 1.5, 2.5.
  const small: AttentionGeometry = { high: [4, 4], low: [4, 4], grid: [4, 4], patch: [2, 2], receptiveField: 0 };
  assert.equal([...attentionPatchStarts(small).rows].map(Math.abs), [0, 0, 2, 2]);
});

/** Mean of the estimate and of its gradient over all orders of drawing two of three without replacement. */
function meanOverDraws(
  p: readonly number[],
  f: readonly number[],
  gradient: 'release' | 'unbiased',
): [number, number[]] {
  const total = p.map(() => 0);
  let value = 0;
  for (const [i, a] of p.entries()) {
    for (const [j, b] of p.entries()) {
      if (i === j) continue;
      const chance = (a * b) / (1 - a);
      scope(() => {
        const features = tensor([[[f[i] as number], [f[j] as number]]]);
        const estimate = (w: Tensor): Tensor => sum(attentionExpectation(features, w, { gradient }));
        const weights = tensor([[a, b]]);
        value += chance * estimate(weights).item();
        const [first, second] = grad(estimate)(weights).dataSync() as unknown as [number, number];
        total[i] = (total[i] as number) + chance * first;
        total[j] = (total[j] as number) + chance * second;
      });
    }
  }
  return [value, total];
}

test('the mean over all draws is the expectation, and the unbiased gradient its gradient; that of the release is not', () => {
  const p = [0.2, 0.5, 0.3];
  const f = [1, -2, 4];
  const mean = (values: readonly number[]): number => p.reduce((total, a, i) => total + a * (values[i] as number), 0);
  // Attention sums to 1, so gradients are known up to what all cells share.
  const centred = (values: readonly number[]): number[] => values.map((v) => v - mean(values));
  const [value, gradient] = meanOverDraws(p, f, 'unbiased');
  assertClose(value, mean(f), { rtol: 1e-5 });
  assertClose(centred(gradient), centred(f), { rtol: 1e-5, atol: 1e-5 });
  const [, release] = meanOverDraws(p, f, 'release');
  assert.ok(Math.abs((centred(release)[2] as number) - (centred(f)[2] as number)) > 1);
});

test('an attention of 0 gets gradient 0, and gradients can be differentiated again', async () => {
  const features = new Rng(3).normal([1, 3, 2]);
  scope(() => {
    for (const replacement of [true, false]) {
      const gradient = grad((a: Tensor) => sum(attentionExpectation(features, a, { replacement })))(
        tensor([[0.5, 0, 0.2]]),
      );
      assert.ok([...gradient.dataSync()].every(Number.isFinite));
    }
  });
  const by = (f: Tensor): Tensor => {
    const a = tensor([[0.5, 0.1, 0.2]], { dtype: f.dtype as 'float64', device: f.device });
    return grad((t: Tensor) => sum(attentionExpectation(f, t).square()))(a);
  };
  await checkGradients(by, [features]);
});

test('nothing is left behind', () => {
  const logits = new Rng(1).normal([2, 3, 4]);
  const before = memory().tensors;
  for (const replacement of [true, false]) {
    const { attention, indices, weights } = attentionSampling(logits, { k: 3, replacement, rng: new Rng(1) });
    attentionRegularizer(attention).dispose();
    const features = weights.reshape([2, 3, 1]);
    attentionExpectation(features, weights, { replacement }).dispose();
    for (const t of [attention, indices, weights, features]) t.dispose();
  }
  assert.is(memory().tensors, before);
  logits.dispose();
});

test.run();
