import { DTypeError, init, memory, OptionError, Rng, ShapeError, scope, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertRejects, onTestDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CurvePoint, Spread } from '../../src/curve/curve-point.js';
import { type ResidualCurveOptions, residualCurve } from '../../src/curve/residual-curve.js';
import type { LayerWeights } from '../../src/model/layer-weights.js';
import { openTransformer } from '../../src/model/open-transformer.js';
import { modelOfLayers, type RankModel } from '../../src/model/rank-model.js';
import { runLayer } from '../../src/model/run-layer.js';
import type { Variant } from '../../src/model/variant.js';
import { bert, gpt2, smallFile, vit } from '../model/small-checkpoints.js';
import { type LayerKind, normals, randomLayer } from '../random-layers.js';

onTestDevice(test, init);

const only = (spread: Spread): number => spread.values[0] as number;

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

const some = (
  count: number,
  more: Partial<LayerKind> = {},
  dtype: 'float32' | 'float64' = 'float32',
): LayerWeights[] => {
  const rng = new Rng(4);
  return Array.from({ length: count }, () => randomLayer({ ...kind, ...more }, rng, dtype));
};

test('a curve has a point before each layer and one behind the last, with measures of each sample', async () => {
  const model = modelOfLayers(some(3));
  const curve = await residualCurve(model, normals(new Rng(1), [4, 5, 8], 1, 'float32'));
  assert.is(curve.center, 'mean');
  assert.is(curve.samples, 4);
  assert.equal(
    curve.points.map(({ layer }) => layer),
    [0, 1, 2, 3],
  );
  assert.is(curve.stopped, undefined);
  for (const { ratio, residual, norm, stableRank, amplified, degenerate } of curve.points) {
    assert.is(ratio.values.length, 4);
    assertClose(ratio.mean, ratio.values.reduce((a, b) => a + b) / 4, { rtol: 1e-12 });
    assertClose(
      ratio.values,
      residual.values.map((value, i) => value / norm.values[i]!),
      { rtol: 1e-12 },
    );
    assert.is(stableRank, undefined);
    assert.is(amplified, 0);
    assert.is(degenerate, false);
  }
});

test('one sample has no deviation', async () => {
  const { points } = await residualCurve(modelOfLayers(some(1)), normals(new Rng(1), [5, 8], 1, 'float32'));
  assert.ok(points.every(({ ratio }) => Number.isNaN(ratio.deviation)));
});

test('wrong options, tokens and masks are refused', async () => {
  const model = modelOfLayers(some(1));
  const x = normals(new Rng(1), [2, 3, 8], 1, 'float32');
  const refused = (
    kind: typeof OptionError | typeof ShapeError | typeof DTypeError,
    message: RegExp,
    options: object,
    samples: unknown = x,
  ) => assertRejects(() => residualCurve(model, samples as never, options), kind, message);
  await refused(OptionError, /^residualCurve: center must be one of mean, median, midrange, got "mode"$/, {
    center: 'mode',
  });
  await refused(
    OptionError,
    /^residualCurve: variant must be one of transformer, san, san\+mlp, san\+skip, got "mlp"$/,
    { variant: 'mlp' },
  );
  await refused(OptionError, /^residualCurve: no option 'skip'/, { variant: { skip: true } });
  await refused(OptionError, /^residualCurve: mlp must be true or false, got 1$/, { variant: { mlp: 1 } });
  await refused(OptionError, /^residualCurve: ranks must be true or false, got 1$/, { ranks: 1 });
  await refused(OptionError, /^residualCurve: onNonFinite must be one of throw, report/, { onNonFinite: 'ignore' });
  await refused(OptionError, /^residualCurve: no option 'samples'/, { samples: 3 });
  await refused(
    OptionError,
    /^residualCurve: this model has no embeddings: pass states \[batch, tokens, 8\]$/,
    {},
    [1, 2],
  );
  await refused(ShapeError, /^residualCurve: tokens must be \[batch, tokens, 8\], got \[8\]$/, {}, zeros([8]));
  await refused(ShapeError, /^residualCurve: mask must be \[2, 3\], got \[1, 3\]$/, { mask: [[true, true, true]] });
  await refused(DTypeError, /^residualCurve: mask must be bool, got float32$/, { mask: zeros([2, 3]) });
});

test('a text that is padding alone is refused', async () => {
  await assertRejects(
    () =>
      residualCurve(modelOfLayers(some(1)), normals(new Rng(1), [2, 2, 8], 1, 'float32'), {
        mask: [
          [true, false],
          [false, false],
        ],
      }),
    OptionError,
    /^residualCurve: sample 1 must have a token that the mask does not hide$/,
  );
});

test('texts of several lengths give the numbers of each alone', async () => {
  for (const small of [bert, gpt2]) {
    const model = await openTransformer((await smallFile(small.shapes)).bytes, { config: small.config });
    const texts = [[3, 1, 12, 0, 7], [5], [9, 2, 2]];
    for (const variant of ['transformer', 'san'] as const) {
      const all = await residualCurve(model, texts, { variant, ranks: true });
      assert.is(all.samples, 3);
      for (const [i, text] of texts.entries()) {
        const alone = await residualCurve(model, text, { variant, ranks: true });
        for (const [l, point] of alone.points.entries()) {
          for (const name of ['ratio', 'norm', 'frobenius', 'cosine', 'entropyRank'] as const) {
            assertClose(
              all.points[l]![name]!.values[i]!,
              only(point[name]!),
              { rtol: 1e-4, atol: 1e-5 },
              `${name}, layer ${l}`,
            );
          }
        }
      }
    }
    await model.close();
  }
});

test('a mask takes tokens out as if they were not there, and adds to padding', async () => {
  const model = await openTransformer((await smallFile(bert.shapes)).bytes, { config: bert.config });
  const masked = await residualCurve(
    model,
    [
      [3, 1, 12],
      [4, 4],
    ],
    {
      mask: [
        [true, true, false],
        [true, true, true],
      ],
    },
  );
  const whole = await residualCurve(model, [
    [3, 1],
    [4, 4],
  ]);
  for (const [l, { ratio }] of masked.points.entries())
    assertClose(ratio.values, whole.points[l]!.ratio.values, { rtol: 1e-4 });
  const given = tensor(
    [
      [true, true, false],
      [true, true, true],
    ],
    { dtype: 'bool' },
  );
  assert.equal(
    await residualCurve(
      model,
      [
        [3, 1, 12],
        [4, 4],
      ],
      { mask: given },
    ),
    masked,
  );
  assert.is(given.disposed, false);
  await model.close();
});

test('the first token of causal attention sees itself alone', async () => {
  const layer = randomLayer({ ...kind, causal: true, skip: false, mlp: false, norms: 'none' }, new Rng(3), 'float32');
  await scope(async () => {
    const x = normals(new Rng(2), [1, 5, 8], 1, 'float32');
    const [all, first] = [runLayer(x, layer), runLayer(x.at(':', '0:1'), layer)];
    assertClose((await all.at(':', '0:1').data()) as Float32Array, (await first.data()) as Float32Array, {
      rtol: 1e-5,
      atol: 1e-6,
    });
    const { points } = await residualCurve(modelOfLayers(new Array(6).fill(layer)), x);
    assert.ok(points.at(-1)!.ratio.mean < points[0]!.ratio.mean);
  });
});

test('one token alone, and zeros, have the ratio 0 and are marked', async () => {
  const plain = modelOfLayers(some(2, { norms: 'none', bias: false, mlp: false }));
  const lone = await residualCurve(modelOfLayers(some(2)), normals(new Rng(1), [1, 8], 1, 'float32'), { ranks: true });
  const none = await residualCurve(plain, zeros([3, 8]), { ranks: true });
  for (const { points } of [lone, none]) {
    for (const point of points) {
      assert.is(only(point.ratio), 0);
      assert.is(only(point.frobenius), 0);
      assert.is(point.degenerate, true);
      assert.is(point.atFloor, false);
      for (const value of [point.residual, point.norm, point.cosine, point.stableRank!, point.entropyRank!]) {
        assert.ok(Number.isFinite(only(value)));
      }
    }
  }
  const single = await openTransformer((await smallFile(vit.shapes)).bytes, { config: vit.config });
  assert.is((await residualCurve(single, zeros([4, 6, 3]))).points[0]!.degenerate, false);
  await single.close();
});

test('tokens whose norm multiplies them by more than 1e4 are counted, padding is not', async () => {
  const norm = { kind: 'layer', epsilon: 1e-12 } as const;
  const layer: LayerWeights = {
    ...some(1, { mlp: false, skip: false, bias: false, norms: 'none' })[0]!,
    order: 'pre',
    norms: { attention: norm },
  };
  const values = [
    [1, 2, 3, 4, 5, 6, 7, 8],
    new Array(8).fill(0.5),
    [1, 1 + 1e-5, 1, 1, 1, 1, 1, 1],
    new Array(8).fill(2),
  ];
  const { points } = await residualCurve(modelOfLayers([layer]), tensor([values], { dtype: 'float32' }), {
    mask: [[true, true, true, false]],
  });
  assert.equal(
    points.map(({ amplified }) => amplified),
    [0, 2],
  );
  const loose = modelOfLayers([{ ...layer, norms: { attention: { ...norm, epsilon: 1e-5 } } }]);
  assert.is((await residualCurve(loose, tensor([values]))).points[1]!.amplified, 0);
});

/** Two layers, the second of which has a value that is not finite. */
function broken(bad: number): RankModel {
  const [one, two] = some(2) as [LayerWeights, LayerWeights];
  const bias = tensor([0, 0, bad, 0, 0, 0, 0, 0]);
  return modelOfLayers([
    one,
    { ...two, attention: { ...two.attention, output: { weight: two.attention.output.weight, bias } } },
  ]);
}

test('a weight that is not finite is refused by its layer and name, or ends the curve', async () => {
  const x = normals(new Rng(1), [3, 8], 1, 'float32');
  const before = memory().tensors;
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const model = broken(bad);
    const made = memory().tensors;
    const message = /^modelOfLayers: layer 1: attention\.output\.bias must be finite$/;
    await assertRejects(() => residualCurve(model, x), OptionError, message);
    const { points, stopped } = await residualCurve(model, x, { onNonFinite: 'report' });
    assert.is(points.length, 2);
    assert.is(stopped!.layer, 1);
    assert.match(stopped!.reason, message);
    assert.is(memory().tensors, made);
  }
  assert.ok(memory().tensors > before);
});

test('tokens that are not finite are refused, or leave an empty curve', async () => {
  const x = tensor([[1, Number.NaN, 0, 0, 0, 0, 0, 0]]);
  const model = modelOfLayers(some(1));
  await assertRejects(() => residualCurve(model, x), OptionError, /^residualCurve: tokens must be finite$/);
  const { points, samples, stopped } = await residualCurve(model, x, { onNonFinite: 'report' });
  assert.equal([points.length, samples, stopped], [0, 0, { layer: 0, reason: 'residualCurve: tokens must be finite' }]);
});

test('a layer whose output leaves the range of numbers is refused by its number, or ends the curve', async () => {
  const [one] = some(1, { norms: 'none', mlp: false }) as [LayerWeights];
  const big = {
    ...one,
    attention: { ...one.attention, value: { weight: normals(new Rng(2), [8, 8], 3e37, 'float32') } },
  };
  const x = normals(new Rng(1), [3, 8], 100, 'float32');
  const model = modelOfLayers([one, big]);
  await assertRejects(
    () => residualCurve(model, x),
    OptionError,
    /^residualCurve: layer 1: its output must be finite$/,
  );
  const { stopped } = await residualCurve(model, x, { onNonFinite: 'report' });
  assert.equal(stopped, { layer: 1, reason: 'residualCurve: layer 1: its output must be finite' });
  // Other errors are no matter of values.
  const mismatched = modelOfLayers([one, { ...one, attention: { ...one.attention, scale: Number.NaN } }]);
  await assertRejects(
    () => residualCurve(mismatched, x, { onNonFinite: 'report' }),
    OptionError,
    /scale must be a finite number/,
  );
});

test('the median makes the sum of what is left smallest, the middle of the range its largest value', async () => {
  const values = [
    [0, 0],
    [1, 0],
    [5, 0],
    [6, 12],
  ];
  const layer = randomLayer({ ...kind, width: 2, dims: 1, heads: 1 }, new Rng(1), 'float32');
  const first = async (options: ResidualCurveOptions): Promise<CurvePoint> =>
    (await residualCurve(modelOfLayers([layer]), tensor(values), options)).points[0]!;
  // Columns 0 1 5 6 and 0 0 0 12, rows 0 1 5 18: |X| = sqrt(12 * 18).
  const norm = Math.sqrt(12 * 18);
  assertClose(only((await first({ center: 'mean' })).ratio), Math.sqrt(18 * 12) / norm, { rtol: 1e-12 });
  assertClose(only((await first({ center: 'median' })).ratio), Math.sqrt(12 * 15) / norm, { rtol: 1e-12 });
  assertClose(only((await first({ center: 'midrange' })).ratio), Math.sqrt(24 * 9) / norm, { rtol: 1e-12 });
});

test('ranks and spectra are those of the tokens', async () => {
  // Singular values 3 and 4; the other rows add nothing.
  const x = tensor([
    [3, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 4, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0],
  ]);
  const { points } = await residualCurve(modelOfLayers(some(1)), x, { ranks: true });
  const { stableRank, entropyRank, spectra } = points[0]!;
  assertClose(only(stableRank!), 25 / 16, { rtol: 1e-12 });
  const [p, q] = [3 / 7, 4 / 7];
  assertClose(only(entropyRank!), Math.exp(-p * Math.log(p) - q * Math.log(q)), { rtol: 1e-12 });
  assertClose(spectra![0]!, [4, 3, 0], { rtol: 1e-12 });
});

test('parts can be taken out one by one', async () => {
  const layers = some(2);
  const x = normals(new Rng(1), [3, 8], 1, 'float32');
  const curve = (variant: Variant) => residualCurve(modelOfLayers(layers), x, { variant });
  const pairs: [Variant, Variant][] = [
    ['transformer', {}],
    ['san', { attentionSkip: false, mlp: false }],
    ['san+mlp', { attentionSkip: false }],
    ['san+skip', { mlp: false }],
  ];
  for (const [name, parts] of pairs) assert.equal((await curve(name)).points, (await curve(parts)).points);
  const bare = layers.map(({ attention, order }) => ({ attention, order }));
  const { points } = await residualCurve(modelOfLayers(bare), x);
  assert.equal((await curve({ norms: false, mlp: false })).points, points);
});

test('progress is told before each layer, and a signal ends the run', async () => {
  const model = modelOfLayers(some(3));
  const x = normals(new Rng(1), [3, 8], 1, 'float32');
  const before = memory().tensors;
  const seen: unknown[] = [];
  const controller = new AbortController();
  const onProgress = (done: { readonly layer: number; readonly layers: number }): void => {
    seen.push(done);
    if (done.layer === 1) controller.abort(new Error('enough'));
  };
  await assertRejects(() => residualCurve(model, x, { onProgress, signal: controller.signal }), Error, /^enough$/);
  assert.equal(seen, [
    { layer: 0, layers: 3 },
    { layer: 1, layers: 3 },
  ]);
  assert.is(memory().tensors, before);
});

test('ratios lie in [0, 2 (1 - 1 / tokens)], and do not change with the size of tokens', async () => {
  const model = modelOfLayers(some(1));
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1e6),
      fc.integer({ min: 2, max: 6 }),
      fc.constantFrom(1e-15, 0.1, 1e10),
      async (seed, tokens, size) => {
        await scope(async () => {
          const x = normals(new Rng(seed), [tokens, 8], 1, 'float32');
          const ratio = only((await residualCurve(model, x)).points[0]!.ratio);
          assert.ok(ratio >= 0 && ratio <= 2 * (1 - 1 / tokens) + 1e-6, `${ratio}`);
          assertClose(only((await residualCurve(model, x.mul(size))).points[0]!.ratio), ratio, { rtol: 1e-5 });
        });
      },
    ),
    { numRuns: 30 },
  );
});

test('a curve leaves nothing in memory', async () => {
  const model = await openTransformer((await smallFile(bert.shapes)).bytes, { config: bert.config });
  await residualCurve(model, [[1, 2, 3], [4]]);
  const before = memory();
  for (const options of [{}, { ranks: true, center: 'median' }, { variant: 'san' }] as const) {
    await residualCurve(model, [[1, 2, 3], [4]], options);
    assert.is(memory().tensors, before.tensors);
    assert.is(memory().bytes, before.bytes);
  }
  await model.close();
});

test.run();
