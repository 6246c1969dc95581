/** Random numbers: the same on every device, independent streams, states that can be stored. */
import { DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { add, grad, memory, Rng, scope, type Tensor, tensor, zeros } from '../src/index.js';
import { assertLeaves, devices, onDevices } from './devices.js';
import { values, whole } from './values.js';

type Draw = (rng: Rng, device: (typeof devices)[number]) => Tensor;

const distributions: readonly (readonly [string, Draw])[] = [
  ['uniform', (rng, device) => rng.uniform([37], { low: -1, high: 3, device })],
  ['normal', (rng, device) => rng.normal([37], { mean: 2, deviation: 0.5, device })],
  ['gumbel', (rng, device) => rng.gumbel([37], { device })],
  ['bernoulli', (rng, device) => rng.bernoulli([37], 0.3, { device })],
  ['integers', (rng, device) => rng.integers([37], -5, 2 ** 31, { device })],
  ['permutation', (rng, device) => rng.permutation(37, { device })],
  ['categorical', (rng, device) => rng.categorical(zeros([37, 5], { device }))],
];

for (const [name, draw] of distributions) {
  test(`${name}: one seed gives the same numbers on every device, another seed others`, () => {
    scope(() => {
      const [first, ...rest] = devices.map((device) => values(draw(new Rng(7), device)));
      for (const other of rest) assert.equal(other, first);
      assert.not.equal(values(draw(new Rng(8), devices[0] as never)), first);
      const rng = new Rng(7);
      draw(rng, devices[0] as never);
      assert.not.equal(values(draw(rng, devices[0] as never)), first);
    });
  });
}

test('a state stored as JSON continues the stream', () => {
  scope(() => {
    const rng = new Rng(2 ** 53 - 1);
    rng.normal([5]);
    const stored = JSON.stringify(rng.state);
    const next = values(rng.uniform([9]));
    const again = new Rng(0);
    again.state = JSON.parse(stored);
    assert.equal(values(again.uniform([9])), next);
    assert.equal(again.state, rng.state);
    for (const wrong of [{ key0: -1 }, { key1: 2 ** 32 }, { block: 0.5 }, { block: -1 }, { block: undefined }]) {
      const bad = { ...rng.state, ...wrong } as never;
      assertThrows(() => (again.state = bad), OptionError, /Rng: not a state: /);
    }
  });
});

test('derived streams are the same wherever their parent stands, differ from each other, and leave it alone', () => {
  const parent = new Rng(1);
  const [first, second] = [parent.derive(0), parent.derive(1)];
  const place = parent.state;
  parent.number();
  assert.equal(parent.derive(0).state, first.state);
  assert.is(parent.state.block, place.block + 1);
  const streams = [first, second, parent.derive(2 ** 40), ...parent.split(2), parent, new Rng(2).derive(0)];
  const drawn = streams.map((rng) => values(rng.uniform([8])).join());
  assert.is(new Set(drawn).size, streams.length);
  for (const index of [-1, 0.5, Number.NaN, 2 ** 53]) {
    assertThrows(() => parent.derive(index), OptionError, /Rng.derive: index must be a whole number from 0, got/);
  }
});

test('split streams differ from each other and from their parent', () => {
  scope(() => {
    const parent = new Rng(1);
    const streams = [...parent.split(3), ...parent.split(), parent];
    const seen = new Set(streams.map((rng) => values(rng.uniform([4])).join()));
    assert.is(seen.size, 6);
    const again = new Rng(1).split(3);
    assert.is(values((again[2] as Rng).uniform([4])).join(), [...seen][2]);
    assert.equal(parent.split(0), []);
    for (const count of [-1, 0.5, Number.NaN]) {
      assertThrows(() => parent.split(count), OptionError, /Rng.split: count must be a whole number from 0, got/);
    }
  });
});

test('a fork is the first of a split', () => {
  scope(() => {
    const [split, forked] = [new Rng(1), new Rng(1)];
    assert.equal(forked.fork().state, split.split(1)[0]?.state);
    assert.equal(forked.state, split.state);
  });
});

onDevices(test, 'skipping moves on as drawing does', () => {
  scope(() => {
    for (const count of [0, 1, 4, 5, 1000]) {
      const [drawn, skipped] = [new Rng(3), new Rng(3)];
      drawn.normal([count]);
      skipped.skip(count);
      assert.equal(values(skipped.uniform([4])), values(drawn.uniform([4])));
    }
    for (const count of [-1, 0.5, Number.NaN]) {
      assertThrows(() => new Rng(0).skip(count), OptionError, /Rng.skip: count must be a whole number from 0, got/);
    }
  });
});

onDevices(test, 'numbers follow their distributions', () => {
  scope(() => {
    const rng = new Rng(42);
    const n = 20_000;
    const moments = (t: Tensor): [number, number] => [t.mean().item(), t.sub(t.mean().item()).square().mean().item()];
    const near = (t: Tensor, mean: number, variance: number): void => {
      const [m, v] = moments(t.cast('float32'));
      assertClose([m, v], [mean, variance], { rtol: 0.03, atol: 0.02 });
    };
    const uniform = rng.uniform([n], { low: 2, high: 4 });
    near(uniform, 3, 1 / 3);
    assert.ok(uniform.min().item() >= 2 && uniform.max().item() <= 4);
    near(rng.normal([n], { mean: -1, deviation: 2 }), -1, 4);
    near(rng.gumbel([n]), 0.5772, Math.PI ** 2 / 6);
    near(rng.bernoulli([n], 0.25), 0.25, 0.1875);
    const dice = rng.integers([n], 1, 7);
    near(dice, 3.5, 35 / 12);
    assert.is(dice.min().item(), 1);
    assert.is(dice.max().item(), 6);
    const host = Array.from({ length: 2000 }, () => rng.number());
    assert.ok(host.every((u) => u >= 0 && u < 1));
    assertClose(host.reduce((a, b) => a + b) / 2000, 0.5, { rtol: 0.03 });
  });
});

onDevices(test, 'a permutation holds every number once', () => {
  scope(() => {
    for (const n of [0, 1, 2, 100]) {
      const order = values(new Rng(n).permutation(n));
      assert.equal(
        [...order].sort((a, b) => a - b),
        Array.from({ length: n }, (_, i) => i),
      );
    }
    assert.is(new Rng(1).permutation(3).dtype, 'int32');
  });
});

onDevices(test, 'classes come as often as their softmax says, one a row', () => {
  scope(() => {
    const probabilities = [0.1, 0.6, 0.3];
    const logits = add(zeros([3000, 3]), tensor(probabilities.map((p) => Math.log(p) + 5)));
    const drawn = new Rng(9).categorical(logits);
    assert.equal(drawn.shape, [3000]);
    assert.is(drawn.dtype, 'int32');
    const counts = [0, 0, 0];
    for (const c of values(drawn)) counts[c] = (counts[c] as number) + 1;
    assertClose(
      counts.map((c) => c / 3000),
      probabilities,
      { rtol: 0, atol: 0.03 },
    );
    const sure = new Rng(9).categorical(tensor([[-Infinity, 0], [0, -Infinity]])); // biome-ignore format: rows
    assert.equal(values(sure), [1, 0]);
    assertClose(values(grad((t: Tensor) => new Rng(1).categorical(t).cast('float32').sum())(tensor([1, 2]))), [0, 0]);
  });
});

onDevices(test, 'bad arguments are refused by the name of the method', () => {
  scope(() => {
    const rng = new Rng(1);
    for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) {
      assertThrows(() => new Rng(seed), OptionError, /Rng: seed must be a whole number in \[0, 2\^53\), got/);
    }
    assertThrows(() => rng.uniform([2], { low: 1, high: 0 }), OptionError, /Rng.uniform: low must not exceed high/);
    assertThrows(() => rng.uniform([2], { high: Number.NaN }), OptionError, /Rng.uniform/);
    assertThrows(() => rng.uniform([2], { high: Infinity }), OptionError, /Rng.uniform/);
    assertThrows(() => rng.uniform([-1]), ShapeError, /Rng.uniform: a shape is made of whole numbers/);
    assertThrows(
      () => rng.uniform([2], { dtype: 'int32' as 'float32' }),
      DTypeError,
      /Rng.uniform: dtype must be float/,
    );
    for (const deviation of [-1, Number.NaN, Infinity]) {
      assertThrows(() => rng.normal([2], { deviation }), OptionError, /Rng.normal: mean must be finite and deviation/);
    }
    assertThrows(() => rng.normal([2], { mean: Number.NaN }), OptionError, /Rng.normal/);
    for (const p of [-0.1, 1.1, Number.NaN]) {
      assertThrows(() => rng.bernoulli([2], p), OptionError, /Rng.bernoulli: probability must be in \[0, 1\], got/);
    }
    for (const [low, high] of [
      [1, 1],
      [0.5, 2],
      [0, 2 ** 32],
      [Number.NaN, 1],
    ] as const) {
      // biome-ignore format: pairs
      assertThrows(() => rng.integers([2], low, high), OptionError, /Rng.integers: expected whole numbers low < high/);
    }
    assertThrows(() => rng.permutation(-1), ShapeError, /Rng.permutation/);
    assertThrows(() => rng.categorical(whole([1])), DTypeError, /Rng.categorical: expected float32 or float64/);
    assertThrows(
      () => rng.categorical(tensor(1)),
      ShapeError,
      /Rng.categorical: logits must be \[..., classes\], got \[\]/,
    );
    assert.equal(rng.state, new Rng(1).state);
  });
});

onDevices(test, 'every draw leaves one tensor', (device) => {
  for (const [, draw] of distributions.slice(0, 6)) {
    assertLeaves(0, () => draw(new Rng(1), device).dispose());
  }
  const logits = zeros([2, 3]);
  assertLeaves(0, () => new Rng(1).categorical(logits).dispose());
  logits.dispose();
  assert.ok(memory().tensors >= 0);
});

test.run();
