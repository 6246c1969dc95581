import { init, matrix, memory, OptionError, Rng, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, assertRejects, onTestDevice, testDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { residualCurve } from '../../src/curve/residual-curve.js';
import type { AttentionWeights, LayerWeights } from '../../src/model/layer-weights.js';
import { modelOfLayers } from '../../src/model/rank-model.js';
import { trackResidual } from '../../src/track/track-residual.js';
import { trackedLayers } from '../../src/track/tracked-layers.js';
import { type LayerKind, normals, randomLayer } from '../random-layers.js';
import { goldenModel } from './golden-model.js';
import { goldenMatrix, goldenTracked } from './golden-tracking.js';

onTestDevice(test, init);

/** Float64 is the CPU's. */
const doubles = testDevice === 'wasm' ? test : test.skip;

const kind: LayerKind = {
  order: 'post',
  heads: 4,
  keyValueHeads: 2,
  dims: 3,
  width: 8,
  skip: true,
  mlp: true,
  norms: 'layer',
  bias: true,
};

const matrixOf = async (x: Tensor) =>
  matrix(x.shape[0] as number, x.shape[1] as number, Float64Array.from(await x.data<'float64'>()));

test('attention alone is taken, without a skip unless it is asked for', async () => {
  await scope(async () => {
    const model = modelOfLayers([randomLayer(kind, new Rng(1)), randomLayer({ ...kind, bias: false }, new Rng(2))]);
    const [one, two] = await trackedLayers(model);
    assert.is(one!.heads.length, 4);
    assert.is(one!.skip, false);
    assert.is(one!.bias!.length, 8);
    assert.equal([one!.heads[0]!.query.rows, one!.heads[0]!.query.columns], [8, 3]);
    assert.equal([one!.heads[0]!.value.rows, one!.heads[0]!.value.columns], [8, 8]);
    assert.equal([two!.bias, two!.heads[0]!.queryBias], [undefined, undefined]);
    assert.is((await trackedLayers(model, { skip: true }))[0]!.skip, true);
  });
});

test('attention of which the theorems say nothing is refused with its layer', async () => {
  const layer = randomLayer({ ...kind, heads: 2, keyValueHeads: 2, dims: 4 }, new Rng(1), 'float32');
  const norm = { kind: 'rms', epsilon: 1e-6 } as const;
  const cases: [Partial<AttentionWeights>, RegExp][] = [
    [{ causal: true }, /layer 1 has causal attention, which draws tokens towards the first and not together, of which/],
    [{ rotary: { width: 4, theta: 1e4, pairs: 'halves' } }, /layer 1 has positions in its scores, of which/],
    [{ relative: { table: tensor([[1, 2]]), distance: 8 } }, /layer 1 has positions in its scores, of which/],
    [{ queryKeyNorm: { query: norm, key: norm } }, /layer 1 has norms of queries and keys, of which/],
  ];
  for (const [more, message] of cases) {
    const other: LayerWeights = { ...layer, attention: { ...layer.attention, ...more } };
    const error = await assertRejects(() => trackedLayers(modelOfLayers([layer, other])), OptionError, message);
    assert.match(error.message, /^trackedLayers: .*the theorems say nothing$/);
  }
});

test('a weight that is not finite is refused with its layer and name', async () => {
  const layer = randomLayer(kind, new Rng(1), 'float32');
  const { value } = layer.attention;
  const bias = tensor([Number.NaN, 0, 0, 0, 0, 0]);
  const bad = { ...layer, attention: { ...layer.attention, value: { weight: value.weight, bias } } };
  const message = /^modelOfLayers: layer 1: attention\.value\.bias must be finite$/;
  await assertRejects(() => trackedLayers(modelOfLayers([layer, bad])), OptionError, message);
});

doubles('the heads of the reference vectors come back from weights', async () => {
  await scope(async () => {
    const layers = await trackedLayers(goldenModel());
    for (const [l, { heads }] of goldenTracked().entries()) {
      for (const [h, { query, key, value }] of heads.entries()) {
        const found = layers[l]!.heads[h]!;
        assertClose(found.query.data, query.data, { rtol: 1e-14, atol: 1e-15 });
        assertClose(found.key.data, key.data, { rtol: 1e-14, atol: 1e-15 });
        assertClose(found.value.data, value.data, { rtol: 1e-14, atol: 1e-15 });
      }
    }
    const points = trackResidual(goldenMatrix('X'), layers);
    const expected = trackResidual(goldenMatrix('X'), goldenTracked());
    assertClose(
      points.map(({ logRatio }) => logRatio),
      expected.map(({ logRatio }) => logRatio),
      { rtol: 1e-9 },
    );
  });
});

doubles(
  'where nothing cancels yet, tracked ratios are those of the model, with biases, shared heads, scales and skips',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(1, 2, 4),
        fc.constantFrom(undefined, 0.2, 1),
        async (seed, bias, skip, keyValueHeads, scale) => {
          await scope(async () => {
            const rng = new Rng(seed);
            const layers = Array.from({ length: 2 }, (): LayerWeights => {
              const layer = randomLayer({ ...kind, bias, keyValueHeads }, rng);
              return { ...layer, attention: { ...layer.attention, scale } };
            });
            const model = modelOfLayers(layers);
            const x = normals(rng, [5, 8], 1);
            const variant = { attentionSkip: skip, mlp: false, norms: false };
            const { points } = await residualCurve(model, x, { variant });
            const tracked = trackResidual(await matrixOf(x), await trackedLayers(model, { skip }));
            for (const [l, { ratio, residual }] of points.entries()) {
              assertClose(10 ** tracked[l]!.logRatio, ratio.mean, { rtol: 1e-11, atol: 1e-14 }, `layer ${l}`);
              assertClose(10 ** tracked[l]!.logResidual, residual.mean, { rtol: 1e-11, atol: 1e-13 }, `layer ${l}`);
            }
          });
        },
      ),
      { numRuns: 40 },
    );
  },
);

doubles('six layers of attention alone leave less than 1e-100, which float64 cannot see', async () => {
  await scope(async () => {
    const rng = new Rng(3);
    const pure: LayerKind = {
      ...kind,
      heads: 4,
      keyValueHeads: 4,
      dims: 8,
      width: 32,
      norms: 'none',
      mlp: false,
      bias: false,
    };
    const model = modelOfLayers(Array.from({ length: 6 }, () => randomLayer(pure, rng)));
    const x = normals(rng, [16, 32], 1);
    const logs = trackResidual(await matrixOf(x), await trackedLayers(model)).map(({ logRatio }) => logRatio);
    assert.ok(logs[6]! < -100, `${logs}`);
    const slope = Math.log(logs[6]! / logs[5]!);
    assert.ok(slope > 1.04 && slope < 1.16, `${slope}`);
    const { points } = await residualCurve(model, x, { variant: 'san' });
    assert.ok(Math.log10(points[6]!.ratio.mean) > logs[6]! + 80);
    assert.is(points[6]!.atFloor, true);
  });
});

test('nothing is left in memory', async () => {
  const layer = randomLayer(kind, new Rng(1), 'float32');
  const before = memory().tensors;
  await trackedLayers(modelOfLayers([layer]));
  assert.is(memory().tensors, before);
});

test.run();
