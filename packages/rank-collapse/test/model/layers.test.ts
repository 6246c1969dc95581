/** Models of layers in memory, and the parts of a layer that no checkpoint of a known family has. */
import {
  DisposedError,
  init,
  matmul,
  memory,
  OptionError,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attend, weightsOf } from '../../src/model/attend.js';
import type { AttentionWeights, LayerWeights } from '../../src/model/layer-weights.js';
import { applyFrozenNorm, applyNorm, normScales } from '../../src/model/norm.js';
import { modelOfLayers } from '../../src/model/rank-model.js';
import { relativeBias } from '../../src/model/relative-bias.js';
import { turn } from '../../src/model/rotary.js';
import { runLayer } from '../../src/model/run-layer.js';
import { type LayerKind, normals, randomLayer } from '../random-layers.js';
import { t5Bucket } from './plain-decoders.js';

onTestDevice(test, init);

const kind: LayerKind = {
  order: 'post',
  heads: 2,
  dims: 4,
  width: 8,
  skip: true,
  mlp: true,
  norms: 'layer',
  bias: true,
};
const layer = (): LayerWeights => randomLayer(kind, new Rng(1), 'float32');
const numbers = async (x: Tensor): Promise<number[]> => Array.from(await x.data<'float32'>());

test('a model of layers tells its sizes and gives its layers', async () => {
  const layers = [layer(), layer()];
  const finalNorm = { kind: 'rms', epsilon: 1e-6 } as const;
  const model = modelOfLayers(layers, { finalNorm });
  assert.equal([model.width, model.depth, model.embed, model.finalNorm], [8, 2, undefined, finalNorm]);
  assert.is(await model.withLayer(1, (one) => one), layers[1]);
  await assertRejects(() => model.withLayer(2, () => {}), OptionError, /^withLayer: there is no layer 2 of 2$/);
});

test('layers that do not fit together are refused by their number and what is wrong', () => {
  const good = layer();
  const { attention, mlp, norms } = good;
  const refused = (bad: LayerWeights, errorClass: typeof OptionError | typeof ShapeError, message: RegExp): Error =>
    assertThrows(() => modelOfLayers([good, bad]), errorClass, message);
  const other = (more: Partial<AttentionWeights>): LayerWeights => ({ ...good, attention: { ...attention, ...more } });
  assertThrows(() => modelOfLayers([]), OptionError, /^modelOfLayers: expected one layer or more$/);
  refused(
    other({ heads: 3, keyValueHeads: 3 }),
    OptionError,
    /^modelOfLayers: layer 1: heads must divide 8 channels, got 3$/,
  );
  refused(
    other({ heads: 4, keyValueHeads: 3 }),
    OptionError,
    /^modelOfLayers: layer 1: keyValueHeads must divide 4 heads, got 3$/,
  );
  refused(
    other({ key: { weight: zeros([4, 8]) } }),
    ShapeError,
    /^modelOfLayers: layer 1: attention\.key\.weight must be \[8, 8\], got \[4, 8\]$/,
  );
  refused(
    other({ output: { weight: zeros([8, 4]) } }),
    ShapeError,
    /layer 1: attention\.output\.weight must be \[8, 8\], got \[8, 4\]$/,
  );
  refused(
    other({ query: { weight: zeros([8, 8]), bias: zeros([4]) } }),
    ShapeError,
    /attention\.query\.bias must be \[8\], got \[4\]$/,
  );
  refused(
    other({ relative: { table: zeros([32, 3]), distance: 128 } }),
    ShapeError,
    /attention\.relative\.table must be \[buckets, 2\], got \[32, 3\]$/,
  );
  const wide = { kind: 'rms', epsilon: 1e-6, gain: zeros([8]) } as const;
  refused(
    other({ queryKeyNorm: { query: wide, key: wide } }),
    ShapeError,
    /attention\.queryKeyNorm\.query\.gain must be \[4\], got \[8\]$/,
  );
  refused(
    { ...good, mlp: { ...mlp!, down: { weight: zeros([16, 8]) } } },
    ShapeError,
    /layer 1: mlp\.down\.weight must be \[8, 16\], got \[16, 8\]$/,
  );
  refused(
    { ...good, mlp: { ...mlp!, activation: 'sine' as never } },
    OptionError,
    /layer 1: mlp\.activation must be one of gelu, .*, got "sine"$/,
  );
  refused(
    { ...good, norms: { mlp: { ...norms!.mlp!, gain: zeros([4]) } } },
    ShapeError,
    /layer 1: norms\.mlp\.gain must be \[8\], got \[4\]$/,
  );
  refused(
    { ...good, norms: { mlp: { ...norms!.mlp!, epsilon: -1 } } },
    OptionError,
    /layer 1: norms\.mlp\.epsilon must be/,
  );
  refused(
    { ...good, order: 'both' as never },
    OptionError,
    /^modelOfLayers: layer 1: order must be one of pre, post, got "both"$/,
  );
});

test('a weight that is not finite is refused by its name, when its layer is asked for', async () => {
  const good = layer();
  const names: [string, LayerWeights][] = [
    [
      'norms.mlp.gain',
      {
        ...good,
        norms: { ...good.norms, mlp: { ...good.norms!.mlp!, gain: tensor([Number.NaN, 0, 0, 0, 0, 0, 0, 0]) } },
      },
    ],
    [
      'mlp.up.bias',
      {
        ...good,
        mlp: {
          ...good.mlp!,
          up: { ...good.mlp!.up, bias: tensor([...new Array(15).fill(0), Number.POSITIVE_INFINITY]) },
        },
      },
    ],
  ];
  for (const [name, bad] of names) {
    const model = modelOfLayers([good, bad]);
    await model.withLayer(0, () => {});
    const error = await assertRejects(() => model.withLayer(1, () => {}), OptionError);
    assert.is(error.message, `modelOfLayers: layer 1: ${name} must be finite`);
  }
});

test('weights that were freed are told', async () => {
  const gone = layer();
  const model = modelOfLayers([gone]);
  gone.attention.query.weight.dispose();
  await assertRejects(() => model.withLayer(0, () => {}), DisposedError);
});

test('relative positions share a bias by distance as T5 has it, at every distance', async () => {
  const table = tensor(Array.from({ length: 32 }, (_, bucket) => [bucket, -bucket]));
  for (const largest of [20, 40, 128]) {
    const bias = relativeBias({ table, distance: largest }, 150);
    assert.equal(bias.shape, [2, 150, 150]);
    const expected = Array.from({ length: 150 * 150 }, (_, i) => t5Bucket((i % 150) - Math.floor(i / 150), largest));
    assert.equal((await numbers(bias)).slice(0, 150 * 150), expected);
    bias.dispose();
  }
});

test('turning keeps lengths, and products depend on distance alone', async () => {
  for (const pairs of ['halves', 'neighbours'] as const) {
    for (const width of [4, 8]) {
      const rotary = { width, theta: 50, pairs };
      const [q, k] = [normals(new Rng(1), [1, 1, 1, 8], 1, 'float32'), normals(new Rng(2), [1, 1, 1, 8], 1, 'float32')];
      const many = (x: Tensor): Tensor => turn(x.mul(tensor(new Array(6).fill(1), { shape: [1, 1, 6, 1] })), rotary);
      const [a, b] = [many(q), many(k)];
      const scores = await numbers(matmul(a, b, { transposeB: true }));
      for (let i = 0; i < 5; i++)
        for (let j = 0; j < 5; j++)
          assertClose(scores[i * 6 + j]!, scores[(i + 1) * 6 + j + 1]!, { rtol: 1e-4, atol: 1e-4 });
      const [before, after] = [await numbers(q), await numbers(a)];
      assertClose(after.slice(0, 8), before);
      if (width < 8) assert.equal(after.slice(40 + width), before.slice(width));
      // Pair 1 turns by 50^(-2 / width) a token.
      const [first, second] = pairs === 'halves' ? [1, 1 + width / 2] : [2, 3];
      const angle = 50 ** (-2 / width);
      assertClose(after[8 + first]!, before[first]! * Math.cos(angle) - before[second]! * Math.sin(angle), {
        rtol: 1e-4,
        atol: 1e-5,
      });
    }
  }
});

test('weights of attention are those that attention uses, rows sum to 1, and padding has none', async () => {
  const { attention } = randomLayer({ ...kind, heads: 4, keyValueHeads: 2, causal: true }, new Rng(3), 'float32');
  await scope(async () => {
    const x = normals(new Rng(4), [2, 5, 8], 1, 'float32');
    const mask = tensor([
      [true, true, true, true, true],
      [true, true, true, false, false],
    ]);
    for (const window of [undefined, 2]) {
      const p = await numbers(weightsOf(x, { ...attention, window }, mask));
      const at = (b: number, h: number, i: number, j: number): number => p[((b * 4 + h) * 5 + i) * 5 + j]!;
      // Rows of padding are nobody's.
      for (let i = 0; i < 3; i++) {
        for (const b of [0, 1])
          assertClose(
            [0, 1, 2, 3, 4].reduce((sum, j) => sum + at(b, 3, i, j), 0),
            1,
          );
      }
      assert.equal([at(0, 1, 0, 0), at(0, 1, 0, 1), at(1, 2, 4, 4), at(1, 2, 2, 4)], [1, 0, 0, 0]);
      assert.is(at(0, 0, 4, 2) === 0, window === 2);
      assert.is(at(0, 0, 4, 3) === 0, false);
    }
    const values = {
      weight: tensor(Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (__, j) => Number(i === j)))),
    };
    const plain = {
      ...randomLayer({ ...kind, heads: 1, dims: 8 }, new Rng(3), 'float32').attention,
      value: values,
      output: values,
    };
    assertClose(await numbers(attend(x, plain, mask)), await numbers(weightsOf(x, plain, mask).at(':', 0).matmul(x)), {
      rtol: 1e-5,
      atol: 1e-6,
    });
  });
});

test('a norm is its scales, what they scale, and its shift', async () => {
  await scope(async () => {
    const x = normals(new Rng(1), [3, 8], 1, 'float32');
    for (const norms of ['layer', 'rms'] as const) {
      const norm = randomLayer({ ...kind, norms }, new Rng(2), 'float32').norms!.attention!;
      const frozen = applyFrozenNorm(x, { norm, scales: normScales(x, norm) });
      const whole = norm.shift === undefined ? frozen : frozen.add(norm.shift);
      assertClose(await numbers(whole), await numbers(applyNorm(x, norm)), { rtol: 1e-5, atol: 1e-6 });
    }
  });
});

test('a watcher sees what each norm norms, in their order', async () => {
  for (const order of ['pre', 'post'] as const) {
    const weights = randomLayer({ ...kind, order }, new Rng(1), 'float32');
    await scope(async () => {
      const x = normals(new Rng(2), [1, 3, 8], 1, 'float32');
      const seen: unknown[] = [];
      const before = memory().tensors;
      const out = runLayer(x, weights, undefined, (y, norm) => seen.push(norm, y.shape));
      assert.is(memory().tensors, before + 1);
      assert.equal(seen, [weights.norms!.attention, [1, 3, 8], weights.norms!.mlp, [1, 3, 8]]);
      assert.equal(await numbers(out), await numbers(runLayer(x, weights)));
    });
  }
});

test.run();
