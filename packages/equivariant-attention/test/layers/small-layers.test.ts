/** Norms, pools, crops, restrictions and heads: what they compute, and what they refuse. */
import { BatchNorm, GroupNorm, LayerNorm } from '@saccade/nn';
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groups } from '../../src/groups/named-groups.js';
import { featureActivation } from '../../src/layers/activation.js';
import { ClassifierHead } from '../../src/layers/classifier-head.js';
import { Crop } from '../../src/layers/crop.js';
import { featureNorm, OrbitNorm } from '../../src/layers/norms.js';
import { PoolPixels } from '../../src/layers/pool-pixels.js';
import { GroupPool, SpatialPool } from '../../src/layers/pools.js';
import { Restrict } from '../../src/layers/restrict.js';
import { TransformerBlock } from '../../src/layers/transformer-block.js';
import { checkModuleGradients } from '../module-gradients.js';
import { randomise, turnError } from '../turns.js';

onTestDevice(test, init);

const rng = new Rng(0);

/** Runs a body that leaves nothing behind. */
function tidy(body: () => void): void {
  const before = memory().tensors;
  scope(body);
  assert.is(memory().tensors, before);
}

test('the norm of an orbit is a group norm of one group', () => {
  tidy(() => {
    const [own, reference] = [new OrbitNorm(3, { epsilon: 1e-3 }), new GroupNorm(1, 3, { epsilon: 1e-3 })];
    randomise(own, rng);
    reference.loadStateDict(own.stateDict());
    const x = rng.normal([2, 4, 3, 5, 3], { mean: 2 });
    assertClose(own.forward(x).dataSync(), reference.forward(x).dataSync(), { atol: 1e-5 });
    assert.is(own.size, 6);
    for (const one of [own, reference]) one.dispose();
  });
});

test('norms are chosen by name', () => {
  tidy(() => {
    const made = (['orbit', 'pixel', 'batch'] as const).map((kind) => featureNorm('layer', kind, 3, 1e-5));
    assert.equal(made.map((norm) => norm.constructor), [OrbitNorm, LayerNorm, BatchNorm]); // biome-ignore format: one line
    for (const norm of made) {
      assert.equal(norm.forward(zeros([2, 4, 3, 3, 3])).shape, [2, 4, 3, 3, 3]);
      norm.dispose();
    }
    assertThrows(
      () => featureNorm('layer', 'group' as 'orbit', 3, 1e-5),
      OptionError,
      /^layer: norm must be one of orbit, pixel, batch, got "group"/,
    );
    assertThrows(
      () => featureActivation('layer', 'gelu' as 'relu'),
      OptionError,
      /^layer: activation must be swish or relu, got "gelu"/,
    );
  });
});

test('the norm refuses other channels', () => {
  tidy(() => {
    const norm = new OrbitNorm(3);
    assertThrows(
      () => norm.forward(zeros([2, 4, 3, 3, 4])),
      ShapeError,
      /^OrbitNorm: expected \[batch, ..., 3\], got \[2, 4, 3, 3, 4\]/,
    );
    norm.dispose();
  });
  assertThrows(() => new OrbitNorm(3, { epsilon: -1 }), OptionError, /epsilon must be a number from 0/);
});

test('pools of pixels halve, and leave the last of an odd side out', () => {
  tidy(() => {
    const x = rng.normal([2, 3, 5, 4, 2]) as Tensor;
    const y = new PoolPixels().forward(x);
    assert.equal(y.shape, [2, 3, 2, 2, 2]);
    const corner = x.at(1, 2, '2:4', '2:4', 1);
    assert.is(y.at(1, 2, 1, 1, 1).item(), corner.max().item());
    assertThrows(
      () => new PoolPixels().forward(zeros([1, 4, 1, 4, 2])),
      ShapeError,
      /^PoolPixels: a side of 1 has no two pixels/,
    );
    assertThrows(
      () => new PoolPixels().forward(zeros([1, 4, 4, 2])),
      ShapeError,
      /^PoolPixels: expected \[batch, group, height, width, channels\], got/,
    );
  });
});

test('crops take from all sides', () => {
  tidy(() => {
    const x = rng.normal([1, 2, 6, 5, 1]) as Tensor;
    assert.is(new Crop(0).forward(x), x);
    assert.equal(new Crop(2).forward(x).dataSync(), x.at(':', ':', '2:4', '2:3').dataSync());
    assert.equal(new Crop([0, 3]).forward(x).dataSync(), x.at(':', ':', '0:3', '0:2').dataSync());
    assertThrows(() => new Crop(3).forward(x), ShapeError, /^Crop: 3 and 3 pixels leave nothing of 6/);
  });
  for (const width of [-1, 0.5, [1], [1, 2, 3], 'a']) {
    assertThrows(
      () => new Crop(width as never),
      OptionError,
      /^Crop: expected a whole number from 0, or \[before, after\], got/,
    );
  }
});

test('pools of elements and of pixels take the largest, the sum, or the mean', () => {
  tidy(() => {
    const x = rng.normal([2, 4, 3, 3, 2]) as Tensor;
    assert.equal(new GroupPool().forward(x).dataSync(), x.max({ axis: 1 }).dataSync());
    assert.equal(new GroupPool('mean').forward(x).dataSync(), x.mean({ axis: 1 }).dataSync());
    assert.equal(new SpatialPool().forward(x).dataSync(), x.mean({ axis: [2, 3] }).dataSync());
    assert.equal(new SpatialPool('sum').forward(x).shape, [2, 4, 2]);
    assert.equal(new SpatialPool().forward(x.at(':', 0)).shape, [2, 2]);
    assertThrows(() => new GroupPool().forward(zeros([2, 3])), ShapeError, /^GroupPool: expected/);
    assertThrows(() => new SpatialPool().forward(zeros([2, 3])), ShapeError, /^SpatialPool: expected/);
  });
  assertThrows(() => new GroupPool('sum' as 'max'), OptionError, /kind must be one of max, mean, got "sum"/);
  assertThrows(() => new SpatialPool('max' as 'sum'), OptionError, /kind must be one of sum, mean, got "max"/);
});

test('a restriction folds cosets into channels, and is equivariant under the subgroup', () => {
  tidy(() => {
    const half = groups.p4m.subgroup([0, 2, 4, 6]);
    const layer = new Restrict(groups.p4m, half);
    assert.is(layer.cosets, 2);
    const x = rng.normal([2, 8, 3, 3, 3]) as Tensor;
    const y = layer.forward(x);
    assert.equal(y.shape, [2, 4, 3, 3, 6]);
    assert.equal(Array.from(y.dataSync()).sort(), Array.from(x.dataSync()).sort());
    assertThrows(() => layer.forward(zeros([2, 4, 3, 3, 3])), ShapeError, /features over p4m/);
  });
  assertThrows(
    () => new Restrict(groups.p4, groups.p4m),
    OptionError,
    /^Restrict: p4m is no subgroup of p4; make it by group.subgroup/,
  );
});

test('a head gives the same logits for turned features', () => {
  tidy(() => {
    for (const options of [{}, { spatialPool: 'sum', groupPool: 'mean' }] as const) {
      const head = new ClassifierHead(3, 5, { rng, ...options });
      assert.equal(
        [...head.parameters()].map(([name, { shape }]) => [name, ...shape]),
        [['classes.weight', 5, 3]],
      );
      const x = rng.normal([2, 4, 4, 4, 3]) as Tensor;
      assert.equal(head.forward(x).shape, [2, 5]);
      for (let h = 0; h < 4; h++) assert.ok(turnError((y) => head.forward(y), x, groups.p4, h) < 1e-6);
      head.dispose();
    }
    assertThrows(() => new ClassifierHead(3, 0, { rng }), OptionError, /classes must be a whole number from 1/);
  });
});

test('blocks are equivariant with every norm, and their gradients are central differences', async () => {
  for (const norm of ['orbit', 'pixel', 'batch'] as const) {
    const block = new TransformerBlock(2, 4, { group: 'p4', patch: 3, mid: 3, crop: 1, norm, activation: 'relu', rng });
    randomise(block, rng);
    const x = rng.normal([2, 4, 5, 5, 2]) as Tensor;
    for (const training of [true, false]) {
      block.train(training);
      for (let h = 1; h < 4; h++) {
        const error = turnError((y) => block.forward(y), x, groups.p4, h);
        assert.ok(error < 5e-6, `${norm} ${h}: ${error}`);
      }
    }
    block.dispose();
    x.dispose();
  }
  const block = new TransformerBlock(2, 4, { group: 'mz2', patch: 3, mid: 3, crop: 1, rng });
  randomise(block, rng);
  const x = rng.normal([1, 2, 3, 4, 2]) as Tensor;
  await checkModuleGradients(block, (y) => block.forward(y), x, {
    wanted: (name) => !/encoding|query|key/.test(name),
    tolerance: 1e-5,
  });
  for (const one of [block, x]) one.dispose();
});

test('a block refuses what its attention refuses, and leaves nothing', () => {
  const before = memory().tensors;
  const good = { group: 'p4', patch: 3, rng } as const;
  const refusals: [object, RegExp][] = [
    [{ patch: 4 }, /^GroupSelfAttention: patch must be an odd number/],
    [{ norm: 'x' }, /^TransformerBlock: norm must be one of orbit, pixel, batch, got "x"/],
    [{ activation: 'x' }, /^TransformerBlock: activation must be swish or relu/],
    [{ crop: -1 }, /^Crop: expected a whole number from 0/],
    [{ valueDropout: 2 }, /^TransformerBlock: valueDropout must be a number in \[0, 1\]/],
    [{ normEps: -1 }, /^TransformerBlock: normEps must be a number from 0/],
    [{ what: 1 }, /no option 'what'/],
  ];
  for (const [options, message] of refusals) {
    assertThrows(() => new TransformerBlock(4, 6, { ...good, ...options } as never), OptionError, message);
  }
  assert.is(memory().tensors, before);
});

test.run();
