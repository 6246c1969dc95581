/** Dropout whose masks are the same over orbits: training is equivariant too. */
import type { AnyModule } from '@saccade/nn';
import { init, memory, OptionError, ones, Rng, ShapeError, scope, type Tensor } from '@saccade/tensor';
import { assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { actOnFeatures, actOnImages } from '../../src/groups/act.js';
import { groups } from '../../src/groups/named-groups.js';
import { GroupSelfAttention } from '../../src/layers/group-self-attention.js';
import { LiftingSelfAttention } from '../../src/layers/lifting-self-attention.js';
import { OrbitDropout } from '../../src/layers/orbit-dropout.js';
import { randomise, turnError } from '../turns.js';

onTestDevice(test, init);

/** `forward` that draws the same random numbers each time. */
function repeating(module: AnyModule, forward: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  const streams = [...module.generators().values()].map((rng) => [rng, rng.state] as const);
  return (x) => {
    for (const [rng, state] of streams) rng.state = state;
    return forward(x);
  };
}

const names = ['p4', 'p4m', 'mz2', 'p8'] as const;

for (const name of names) {
  const group = groups[name];
  test(`${name}: attention in training is equivariant where masks are shared, and not where they are not`, () => {
    const before = memory().tensors;
    for (const orbitSharedDropout of [true, false]) {
      scope(() => {
        const rng = new Rng(1);
        const options = { group, patch: 3, heads: 2, dropout: 0.4, orbitSharedDropout, rng } as const;
        const [lifting, layer] = [
          new LiftingSelfAttention(2, 3, { ...options, mid: 4 }),
          new GroupSelfAttention(3, 3, { ...options, mid: 4 }),
        ];
        for (const one of [lifting, layer]) randomise(one, rng);
        const [x, features] = [rng.normal([2, 5, 5, 2]), rng.normal([2, group.order, 4, 4, 3])];
        const cases = [
          [repeating(lifting, (y) => lifting.forward(y)), x],
          [repeating(layer, (y) => layer.forward(y)), features],
        ] as const;
        for (const [forward, input] of cases) {
          const errors = group.latticeElements.slice(1).map((h) => turnError(forward, input, group, h));
          if (orbitSharedDropout) assert.ok(Math.max(...errors) < 2e-6, `${errors}`);
          else assert.ok(Math.min(...errors) > 1e-3, `${errors}`);
        }
        for (const one of [lifting, layer]) one.dispose();
      });
    }
    assert.is(memory().tensors, before);
  });

  test(`${name}: so are images and features of which values are dropped`, () => {
    scope(() => {
      const layer = new OrbitDropout(0.5, { rng: new Rng(2), shared: group });
      const rng = new Rng(3);
      const drop = repeating(layer, (y) => layer.forward(y));
      for (const sides of [
        [5, 5],
        [4, 4],
        [4, 6],
      ] as const) {
        // biome-ignore format: sides
        const [x, features] = [rng.normal([2, ...sides, 3]), rng.normal([2, group.order, ...sides, 3])] as const;
        for (const h of group.latticeElements) {
          if (sides[0] !== sides[1] && group.matrices[h]![0][0] === 0) continue;
          assert.is(turnError(drop, x, group, h), 0);
          assert.is(turnError(drop, features, group, h), 0);
        }
      }
    });
  });
}

test('as many values are dropped as asked for, one for each orbit, channel and example', () => {
  scope(() => {
    const layer = new OrbitDropout(0.3, { rng: new Rng(4), shared: groups.p4 });
    const y = layer.forward(ones([20, 4, 16, 16, 8]));
    const kept = y.dataSync();
    const share = kept.filter((v) => v === 0).length / kept.length;
    assert.ok(Math.abs(share - 0.3) < 0.01, `${share}`);
    assert.ok(kept.every((v) => v === 0 || Math.abs(v - 1 / 0.7) < 1e-6));
    // Pixels of one element are on orbits of their own, and so differ.
    const one = y.at(0, 0, ':', ':', 0).dataSync();
    assert.ok(one.includes(0) && one.some((v) => v > 0));
    assert.not.equal(Array.from(y.at(0, 0).dataSync()), Array.from(y.at(1, 0).dataSync()));
  });
});

test('in evaluation nothing is dropped, and layers of attention are as without dropout', () => {
  scope(() => {
    const layer = new OrbitDropout(0.9, { rng: new Rng(5) }).eval();
    const x = ones([1, 3, 3, 2]);
    assert.is(layer.forward(x), x);
    const attention = new LiftingSelfAttention(2, 4, { group: 'p4', patch: 3, dropout: 0.9, rng: new Rng(6) });
    const drawn = attention.forward(new Rng(7).normal([1, 4, 4, 2])).dataSync();
    attention.eval();
    const [a, b] = [1, 2].map(() => attention.forward(new Rng(7).normal([1, 4, 4, 2])).dataSync());
    assert.equal(a, b);
    assert.not.equal(a, drawn);
    attention.dispose();
  });
});

test('probabilities from 0 to 1 alone, and features over the group alone', () => {
  const rng = new Rng(8);
  assertThrows(
    () => new OrbitDropout(1.5, { rng }),
    OptionError,
    /^OrbitDropout: probability must be a number in \[0, 1\], got 1.5/,
  );
  scope(() => {
    const layer = new OrbitDropout(0.5, { rng, shared: groups.p4 });
    assertThrows(
      () => layer.forward(ones([1, 8, 3, 3, 2])),
      ShapeError,
      /expected images or features over p4, got \[1, 8, 3, 3, 2\]/,
    );
    assert.is(
      new OrbitDropout(1, { rng })
        .forward(ones([1, 2, 2, 1]))
        .sum()
        .item(),
      0,
    );
    const none = new OrbitDropout(0, { rng });
    const x = ones([1, 2, 2, 1]);
    assert.is(none.forward(x), x);
  });
});

test('turned by hand: a mask moves with the image', () => {
  scope(() => {
    const layer = new OrbitDropout(0.5, { rng: new Rng(9), shared: groups.p4m });
    const drop = repeating(layer, (y) => layer.forward(y));
    const [mask, features] = [drop(ones([1, 4, 4, 1])), drop(ones([1, 8, 4, 4, 1]))];
    for (const h of groups.p4m.latticeElements) {
      assert.equal(actOnImages(mask, groups.p4m, h).dataSync(), mask.dataSync());
      assert.equal(actOnFeatures(features, groups.p4m, h).dataSync(), features.dataSync());
    }
  });
});

test.run();
