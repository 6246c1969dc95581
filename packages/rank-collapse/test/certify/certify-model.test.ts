import {
  init,
  memory,
  OptionError,
  Rng,
  reshape,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertRejects, onTestDevice, testDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certifyModel } from '../../src/certify/certify-model.js';
import { residualCurve } from '../../src/curve/residual-curve.js';
import { attend } from '../../src/model/attend.js';
import { applyNorm } from '../../src/model/norm.js';
import { openTransformer } from '../../src/model/open-transformer.js';
import { modelOfLayers } from '../../src/model/rank-model.js';
import { runLayer } from '../../src/model/run-layer.js';
import { compositeNorm } from '../../src/residual/composite-norm.js';
import { residual } from '../../src/residual/residual.js';
import { bert, gpt2, smallFile } from '../model/small-checkpoints.js';
import { type LayerKind, normals, randomLayer } from '../random-layers.js';
import { goldenModel } from '../track/golden-model.js';
import { golden, goldenMatrix } from '../track/golden-tracking.js';

onTestDevice(test, init);

/** Float64 is the CPU's. */
const doubles = testDevice === 'wasm' ? test : test.skip;

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

test('each layer of a trained model has a certificate for what its heads read', async () => {
  const model = await openTransformer((await smallFile(bert.shapes)).bytes, { config: bert.config });
  const certificates = await certifyModel(model, [3, 1, 12, 0]);
  assert.is(certificates.length, 2);
  const { points } = await residualCurve(model, [3, 1, 12, 0]);
  for (const [l, { logResidual, heads }] of certificates.entries()) {
    assert.is(heads.length, 2);
    // In a post-norm layer heads read the tokens of the curve.
    assert.ok(Math.abs(10 ** logResidual / points[l]!.residual.mean - 1) < 1e-9);
  }
  await model.close();
});

test('several texts, causal attention, unknown options and wrong states are refused', async () => {
  const model = modelOfLayers([randomLayer(kind, new Rng(1), 'float32')]);
  const x = normals(new Rng(1), [2, 3, 8], 1, 'float32');
  await assertRejects(
    () => certifyModel(model, x),
    OptionError,
    /^certifyModel: expected one text, got states \[2, 3, 8\]$/,
  );
  await assertRejects(
    () => certifyModel(model, zeros([8])),
    ShapeError,
    /^certifyModel: tokens must be \[batch, tokens, 8\], got \[8\]$/,
  );
  await assertRejects(
    () => certifyModel(model, x, { skip: true } as never),
    OptionError,
    /^certifyModel: no option 'skip'/,
  );
  await assertRejects(
    () => certifyModel(model, x, { variant: 'mlp' } as never),
    OptionError,
    /^certifyModel: variant must be one of/,
  );
  const causal = await openTransformer((await smallFile(gpt2.shapes)).bytes, { config: gpt2.config });
  await assertRejects(() => certifyModel(causal, [1, 2]), OptionError, /^certifyModel: layer 0 has causal attention/);
  await causal.close();
});

doubles('the first layers of the reference vectors have its ranges, gammas, betas and bounds', async () => {
  await scope(async () => {
    const { rows, columns, data } = goldenMatrix('X');
    const certificates = await certifyModel(goldenModel(), tensor(data, { shape: [rows, columns] }));
    const near = (actual: number, expected: number, relative: number): boolean =>
      Math.abs(actual / expected - 1) <= relative;
    // The residual of the third layer has lost six digits of sixteen already.
    for (const [l, relative] of [1e-9, 1e-9, 1e-6].entries()) {
      const [{ heads, logResidual, logBound }, expected] = [certificates[l]!, golden.scalars[l]!];
      assert.ok(near(10 ** logResidual, expected.res_composite, relative), `${l}`);
      assert.ok(near(10 ** logBound, expected.theorem_rhs!, 3 * relative), `${l}`);
      for (const [h, head] of heads.entries()) {
        const scalars = expected.heads![h]!;
        assert.ok(near(head.range, scalars.range_max, Math.max(1e-6, relative)));
        assert.ok(near(head.gamma, scalars.gamma, relative));
        assert.ok(near(head.beta, scalars.beta, 1e-9));
        assert.ok(near(head.difference, scalars.P_minus_1q_composite, Math.max(1e-6, relative)));
      }
    }
  });
});

/** log10 |res(x)|_{1,inf}. */
const logResidualOf = async (x: Tensor): Promise<number> =>
  Math.log10(Number((await compositeNorm(residual(x)).data())[0]));

doubles("what a layer's attention leaves is within its bound, in layers of all kinds", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1e6),
      fc.constantFrom('pre', 'post'),
      fc.constantFrom('none', 'layer', 'rms'),
      fc.constantFrom(0.1, 1, 4),
      fc.boolean(),
      async (seed, order, norms, size, shared) => {
        await scope(async () => {
          const rng = new Rng(seed);
          const layers = Array.from({ length: 2 }, () =>
            randomLayer(
              { ...kind, order: order as 'pre' | 'post', norms: norms as 'none', keyValueHeads: shared ? 1 : 2 },
              rng,
            ),
          );
          const x = normals(rng, [4, 8], size);
          const certificates = await certifyModel(modelOfLayers(layers), x);
          let states = reshape(x, [1, 4, 8]) as Tensor;
          for (const [l, layer] of layers.entries()) {
            const norm = order === 'pre' ? layer.norms?.attention : undefined;
            const read = norm === undefined ? states : applyNorm(states, norm);
            const { logResidual, logMeanBound, logBound, valid } = certificates[l]!;
            assert.ok(Math.abs((await logResidualOf(read)) - logResidual) < 1e-9);
            const left = await logResidualOf(attend(read, layer.attention));
            assert.ok(left <= logMeanBound + 1e-9, `sharp: ${left}, ${logMeanBound}`);
            if (valid) assert.ok(left <= logBound + Math.log10(1.5) + 1e-9, `theorem: ${left}, ${logBound}`);
            states = runLayer(states, layer);
          }
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('parts that are taken out do not run', async () => {
  const layers = [randomLayer(kind, new Rng(1), 'float32'), randomLayer(kind, new Rng(2), 'float32')];
  const x = normals(new Rng(3), [4, 8], 1, 'float32');
  const bare = layers.map(({ attention, order }) => ({ attention, order, skip: false }));
  const [san, whole] = [
    await certifyModel(modelOfLayers(layers), x, { variant: { attentionSkip: false, mlp: false, norms: false } }),
    await certifyModel(modelOfLayers(layers), x),
  ];
  assert.equal(san, await certifyModel(modelOfLayers(bare), x));
  assert.ok(san[1]!.logResidual !== whole[1]!.logResidual);
});

test('one token has nothing left to draw together', async () => {
  const [certificate] = await certifyModel(
    modelOfLayers([randomLayer(kind, new Rng(1), 'float32')]),
    tensor([[1, 2, 3, 4, 5, 6, 7, 8]]),
  );
  assert.is(certificate!.logResidual, Number.NEGATIVE_INFINITY);
  assert.is(certificate!.logMeanBound, Number.NEGATIVE_INFINITY);
  assert.is(certificate!.valid, true);
  assert.ok(certificate!.heads.every(({ range, gamma }) => range === 0 && gamma === 1));
});

test('progress is told before each layer, a signal ends the run, and nothing is left in memory', async () => {
  const model = modelOfLayers(Array.from({ length: 3 }, () => randomLayer(kind, new Rng(1), 'float32')));
  const x = normals(new Rng(1), [3, 8], 1, 'float32');
  const before = memory().tensors;
  await certifyModel(model, x);
  assert.is(memory().tensors, before);
  const seen: number[] = [];
  const controller = new AbortController();
  const onProgress = ({ layer }: { readonly layer: number }): void => {
    seen.push(layer);
    if (layer === 1) controller.abort(new Error('enough'));
  };
  await assertRejects(() => certifyModel(model, x, { onProgress, signal: controller.signal }), Error, /^enough$/);
  assert.equal(seen, [0, 1]);
  assert.is(memory().tensors, before);
});

test.run();
