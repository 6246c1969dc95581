/** The Fenchel-Young loss, sampled and exact. */
import {
  checkGradients,
  DTypeError,
  grad,
  memory,
  OptionError,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fenchelYoungLoss } from '../src/operator/fenchel-young.js';
import type { FenchelYoungOptions } from '../src/operator/fenchel-young-options.js';

const golden = new Golden<{ fy: { k: number; sigma: number } }, Tensor>(
  new URL('golden/training', import.meta.url),
  tensor,
);
const { k, sigma } = golden.scalars.fy;

test('without noise the loss is the difference between the best k and those that are wanted', () => {
  scope(() => {
    const scores = tensor([
      [0.1, 0.9, 0.5, 0.7],
      [1, 2, 3, 4],
    ]);
    const target = tensor([
      [0, 1, 0, 1],
      [1, 1, 0, 0],
    ]);
    const options: FenchelYoungOptions = { k: 2, sigma: 0, reduction: 'none' };
    assertClose(fenchelYoungLoss(scores, target, options).dataSync(), [0, 4], { atol: 1e-6 });
    assertClose(fenchelYoungLoss(scores, target, { k: 2, sigma: 0 }).item(), 2, { atol: 1e-6 });
    const gradient = grad((x: Tensor) => fenchelYoungLoss(x, target, { k: 2, sigma: 0, reduction: 'sum' }))(scores);
    assertClose(gradient.dataSync(), [0, 0, 0, 0, -1, -1, 1, 1]);
  });
});

test('infinite scores that are wanted do not count', () => {
  scope(() => {
    const scores = tensor([[0.3, -Infinity, 0.8]]);
    const target = tensor([[0, 0, 1]]);
    for (const method of ['exact', 'perturbed'] as const) {
      const loss = (x: Tensor): Tensor => fenchelYoungLoss(x, target, { k: 1, method, rng: new Rng(1) });
      assert.ok(Math.abs(loss(scores).item()) < 0.01);
      assert.ok([...grad(loss)(scores).dataSync()].every(Number.isFinite));
    }
  });
});

test('infinite scores do not count, whatever the other rows of the batch hold', () => {
  scope(() => {
    const rest = [0.1, 0.2, 0.3, 0.25];
    const target = tensor([
      [1, 1, 0, 0],
      [1, 1, 0, 0],
    ]);
    for (const noise of ['normal', 'gumbel'] as const) {
      for (const infinite of [Infinity, -Infinity]) {
        const scores = tensor([[infinite, 0.2, 0.3, 0.1], rest]);
        const options = { k: 2, sigma: 0.05, noise, reduction: 'none' } as const;
        const exact = fenchelYoungLoss(scores, target, options).dataSync();
        const sampled = fenchelYoungLoss(scores, target, {
          ...options,
          method: 'perturbed',
          samples: 50_000,
          rng: new Rng(4),
        }).dataSync();
        assertClose(exact, sampled, { rtol: 0, atol: 2e-3 }, `${noise} ${infinite}`);
        const alone = fenchelYoungLoss(tensor([rest]), tensor([[1, 1, 0, 0]]), options).item();
        assertClose(exact[1] as number, alone, { rtol: 1e-5 }, noise);
        const gradient = grad((x: Tensor) => fenchelYoungLoss(x, target, { ...options, reduction: 'sum' }))(scores);
        assert.ok([...gradient.dataSync()].every(Number.isFinite), `${noise} ${infinite}`);
      }
    }
  });
});

test('shapes and options that do not fit are typed errors', () => {
  scope(() => {
    const x = zeros([2, 4]);
    const loss = (options: object, target: Tensor = x): unknown => fenchelYoungLoss(x, target, { k: 2, ...options });
    assertThrows(
      () => loss({}, zeros([2, 3])),
      ShapeError,
      /^fenchelYoungLoss: target must be \[2, 4\], got \[2, 3\]$/,
    );
    assertThrows(
      () => fenchelYoungLoss(zeros([2, 4], { dtype: 'int32' }), x, { k: 2 }),
      DTypeError,
      /fenchelYoungLoss: scores must be float32 or float64, got int32/,
    );
    assertThrows(() => loss({ k: 5 }), OptionError, /k must be an integer in \[1, 4\], got 5/);
    assertThrows(() => loss({ sigma: -1 }), OptionError, /sigma must be a number from 0, got -1/);
    assertThrows(() => loss({ samples: 0 }), OptionError, /samples must be a whole number from 1, got 0/);
    assertThrows(() => loss({ method: 'soft' }), OptionError, /method must be one of exact, perturbed, got "soft"/);
    assertThrows(() => loss({ method: 'exact', noise: zeros([2, 3, 4]) }), OptionError, /takes no given noise/);
    assertThrows(
      () => loss({ noise: zeros([2, 3, 5]) }),
      ShapeError,
      /noise must be .* = \[2, 3, 4\], got \[2, 3, 5\]/,
    );
    assertThrows(() => loss({ reduction: 'max' }), OptionError, /reduction must be one of mean, sum, none/);
  });
});

test('with given noise, losses and gradients are those of the reference', () => {
  scope(() => {
    const [x, noise, target] = ['x', 'noise', 'target'].map((name) => golden.tensor(`fy.${name}`)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const losses = fenchelYoungLoss(x, target, { k, sigma, noise, reduction: 'none' });
    assertClose(losses.dataSync(), golden.values('fy.loss'), { rtol: 1e-5, atol: 1e-5 });
    const gradient = grad((t: Tensor) => fenchelYoungLoss(t, target, { k, sigma, noise, reduction: 'sum' }))(x);
    assertClose(gradient.dataSync(), golden.values('fy.grad_x'), { atol: 1e-6 });
  });
});

test('the exact loss is the limit of the sampled one', () => {
  scope(() => {
    const x = new Rng(3).uniform([1, 12]);
    const target = tensor([Array.from({ length: 12 }, (_, i) => Number(i < 4))]);
    for (const noise of ['normal', 'gumbel'] as const) {
      const options = { k: 4, sigma: 0.2, noise } as const;
      const exact = fenchelYoungLoss(x, target, options).item();
      const sampled = fenchelYoungLoss(x, target, {
        ...options,
        method: 'perturbed',
        samples: 50_000,
        rng: new Rng(4),
      });
      assertClose(sampled.item(), exact, { atol: 0.01 }, noise);
    }
    // Of two equal scores the larger is sigma / sqrt(pi) above them; Gumbel noise gives sigma (gamma + ln 2).
    const two = (noise: 'normal' | 'gumbel'): number =>
      fenchelYoungLoss(zeros([1, 2]), zeros([1, 2]), { k: 1, sigma: 0.3, noise }).item();
    assertClose(two('normal'), 0.3 / Math.sqrt(Math.PI), { rtol: 1e-6 });
    assertClose(two('gumbel'), 0.3 * (0.5772156649 + Math.LN2), { rtol: 1e-6 });
  });
});

test('the exact loss has the mask less the target as its gradient, and a second derivative', async () => {
  const x = new Rng(5).uniform([2, 6]);
  const target = new Rng(6).uniform([2, 6]);
  for (const noise of ['normal', 'gumbel'] as const) {
    const loss = (scores: Tensor, wanted: Tensor): Tensor =>
      fenchelYoungLoss(scores, wanted, { k: 2, sigma: 0.5, noise, reduction: 'sum' });
    await checkGradients(loss, [x, target], { tolerance: 1e-5 });
    await checkGradients((scores, wanted) => grad((t: Tensor) => loss(t, wanted))(scores), [x, target], {
      tolerance: 1e-4,
    });
  }
});

test('nothing is left behind', () => {
  const x = new Rng(1).normal([2, 9]);
  const before = memory().tensors;
  for (const method of ['exact', 'perturbed'] as const) {
    const loss = (t: Tensor): Tensor => fenchelYoungLoss(t, x, { k: 3, method, rng: new Rng(1) });
    loss(x).dispose();
    grad(loss)(x).dispose();
  }
  assert.is(memory().tensors, before);
  x.dispose();
});

test.run();
