/** Heads that begin anew, and heads that are held. */
import { Adam } from '@saccade/nn';
import { init, memory, OptionError, Rng, scope, sum, type Tensor, valueAndGradOf } from '@saccade/tensor';
import { assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resetHeads } from '../../src/heads/reset-heads.js';
import { QuadraticAttention } from '../../src/layers/quadratic-attention.js';

onTestDevice(test, init);

const host = async (t: Tensor): Promise<number[]> => Array.from(await t.data<'float32'>());

test('heads that are reset are those of a new layer, and the others stay', async () => {
  const before = memory().tensors;
  for (const covariance of ['isotropic', 'full'] as const) {
    const options = { inputs: 2, outputs: 3, heads: 3, covariance } as const;
    const layer = new QuadraticAttention({ ...options, rng: new Rng(1) });
    const old = new QuadraticAttention({ ...options, rng: new Rng(1) });
    const fresh = new QuadraticAttention({ ...options, rng: new Rng(2), centerDeviation: 5 });
    resetHeads(layer, [1], { rng: new Rng(2), centerDeviation: 5 });
    for (const [name, parameter] of layer.parameters()) {
      const [now, was, anew] = await Promise.all(
        [parameter, old.parameters().get(name), fresh.parameters().get(name)].map((t) => host(t as Tensor)),
      );
      const isReset = (i: number): boolean => {
        if (name === 'value.bias') return false;
        if (name === 'value.weight') return Math.floor((i % 6) / 2) === 1;
        return Math.floor(i / (now!.length / 3)) === 1;
      };
      assert.equal(
        now,
        was!.map((value, i) => (isReset(i) ? anew![i] : value)),
        name,
      );
    }
    for (const one of [layer, old, fresh]) one.dispose();
  }
  assert.is(memory().tensors, before);
});

test('fixed heads keep centre and spread in training, while their values are trained on', async () => {
  const rng = new Rng(3);
  const images = rng.normal([2, 4, 4, 2]);
  for (const covariance of ['isotropic', 'diagonal', 'full'] as const) {
    const layer = new QuadraticAttention({ inputs: 2, heads: 3, covariance, rng });
    layer.fixHeads([2, 0]);
    assert.equal(layer.fixedHeads, [0, 2]);
    const [centers, spreads, weight] = [await host(layer.centers), await host(layer.spreads), await host(layer.weight)];
    using optimizer = new Adam(layer, { rate: 0.1 });
    for (let i = 0; i < 2; i++) optimizer.minimize(() => sum(layer.forward(images).square())).dispose();
    const moved = (now: number[], was: number[]): boolean[] =>
      [0, 1, 2].map((head) => {
        const each = now.length / 3;
        return now.slice(head * each, (head + 1) * each).some((value, i) => value !== was[head * each + i]);
      });
    assert.equal(moved(await host(layer.centers), centers), [false, true, false]);
    assert.equal(moved(await host(layer.spreads), spreads), [false, true, false]);
    assert.ok((await host(layer.weight)).every((value, i) => value !== weight[i]));
    layer.dispose();
  }
  images.dispose();
});

test('fixing changes no output; all heads by default, and none with an empty list', async () => {
  const rng = new Rng(4);
  const layer = new QuadraticAttention({
    inputs: 1,
    heads: 2,
    window: { stride: [1, 1], growth: [0, 0], border: { kind: 'sink' } },
    rng,
  });
  const images = rng.normal([1, 3, 3, 1]);
  const gradients = async (): Promise<boolean> => {
    const [loss, found] = valueAndGradOf(new Map(Object.entries({ c: layer.centers, s: layer.spreads })), () =>
      scope(() => sum(layer.forward(images).square())),
    );
    const all = await Promise.all([...found.values()].map(host));
    for (const t of [loss, ...found.values()]) t.dispose();
    return all.flat().every((value) => value === 0);
  };
  const run = async (): Promise<number[]> => {
    const y = layer.forward(images);
    const values = await host(y);
    y.dispose();
    return values;
  };
  const free = await run();
  assert.not.ok(await gradients());
  layer.fixHeads();
  assert.equal(await run(), free);
  assert.ok(await gradients());
  layer.fixHeads([]);
  assert.not.ok(await gradients());
  for (const t of [images, layer]) t.dispose();
});

test('heads that there are not are refused, and so is a reset without random numbers', () => {
  const before = memory().tensors;
  const layer = new QuadraticAttention({ inputs: 1, heads: 2, rng: new Rng(1) });
  assertThrows(
    () => layer.fixHeads([2]),
    OptionError,
    /fixHeads: heads must be a list of numbers .* layer's 2, .*got \[2\]/,
  );
  assertThrows(() => resetHeads(layer, [-1], { rng: new Rng(1) }), OptionError, /resetHeads: heads must be a list/);
  assertThrows(() => resetHeads(layer, [1], {} as never), OptionError, /needs a source of random numbers/);
  const negative = { rng: new Rng(1), centerDeviation: -1 };
  assertThrows(() => resetHeads(layer, [1], negative), OptionError, /centerDeviation must be a number from 0, got -1/);
  layer.dispose();
  assert.is(memory().tensors, before);
});

test.run();
