import { readFileSync } from 'node:fs';
import { init, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, onTestDevice, testDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CurvePoint, Spread } from '../../src/curve/curve-point.js';
import { residualCurve } from '../../src/curve/residual-curve.js';
import { type OpenTransformer, openTransformer } from '../../src/model/open-transformer.js';
import { runLayer } from '../../src/model/run-layer.js';
import { partsOf, withParts } from '../../src/model/variant.js';

onTestDevice(test, init);

/** Float64 is the CPU's. */
const doubles = testDevice === 'wasm' ? test : test.skip;

interface Curve {
  readonly ratio: readonly number[];
  readonly frobenius_residue: readonly number[];
  readonly cosine: readonly number[];
}
const file = new URL('../golden/bert_variants', import.meta.url);
const golden = new Golden<Readonly<Record<'SAN' | 'SAN+MLP' | 'SAN+skip' | 'transformer', Curve>>>(file);
const variants = [
  ['SAN', 'san'],
  ['SAN+MLP', 'san+mlp'],
  ['SAN+skip', 'san+skip'],
  ['transformer', 'transformer'],
] as const;

/** The layers of the reference vectors, read by the names of BERT. */
async function goldenModel(dtype: 'float32' | 'float64'): Promise<OpenTransformer> {
  return await openTransformer(readFileSync(new URL(`${file.href}.safetensors`)), {
    config: {
      model_type: 'bert',
      num_attention_heads: 4,
      hidden_size: 16,
      num_hidden_layers: 4,
      layer_norm_eps: 1e-12,
    },
    dtype,
  });
}

const goldenTokens = (dtype: 'float32' | 'float64'): Tensor =>
  tensor(golden.values('X'), { shape: golden.shape('X'), dtype });

const only = (spread: Spread): number => spread.values[0] as number;

function assertNear(points: readonly CurvePoint[], expected: Curve, relative: number, absolute: number): void {
  assert.is(points.length, expected.ratio.length);
  const tolerance = { rtol: relative, atol: absolute };
  assertClose(
    points.map(({ ratio }) => only(ratio)),
    expected.ratio,
    tolerance,
    'ratio',
  );
  assertClose(
    points.map(({ frobenius }) => only(frobenius)),
    expected.frobenius_residue,
    tolerance,
    'frobenius',
  );
  assertClose(
    points.map(({ cosine }) => only(cosine)),
    expected.cosine,
    { rtol: relative, atol: relative },
    'cosine',
  );
}

doubles('ratios, Frobenius residues, cosines and states of the four variants are those of the reference', async () => {
  const model = await goldenModel('float64');
  for (const [name, variant] of variants) {
    const { points } = await residualCurve(model, goldenTokens('float64'), { variant });
    assertNear(points, golden.scalars[name], 1e-12, 1e-15);
    await scope(async () => {
      let states = goldenTokens('float64').reshape([1, 8, 16]) as Tensor;
      const hidden = golden.values(`${name}.hidden`);
      for (let l = 0; l <= 4; l++) {
        // They are stored as float32.
        assertClose(await states.data<'float64'>(), hidden.slice(l * 128, (l + 1) * 128), {
          rtol: 1e-6,
          atol: 1e-7,
        });
        const now = states;
        if (l < 4)
          states = await model.withLayer(l, (layer) => runLayer(now, withParts(layer, partsOf('test', variant))));
      }
    });
  }
  await model.close();
});

test('in float32 they are to 1e-5 above the floor, and points below are marked', async () => {
  const model = await goldenModel('float32');
  for (const [name, variant] of variants) {
    const { points } = await residualCurve(model, goldenTokens('float32'), { variant });
    const { ratio, frobenius_residue, cosine } = golden.scalars[name];
    const clear = ratio.filter((value) => value > 64 * 2 ** -23).length;
    // A ratio of 1e-3 has lost three digits of seven.
    for (let l = 0; l < clear; l++) {
      const relative = Math.max(1e-5, 2 ** -23 / ratio[l]!);
      const part = { ratio: [ratio[l]!], frobenius_residue: [frobenius_residue[l]!], cosine: [cosine[l]!] };
      assertNear([points[l]!], part, relative, 0);
    }
    assert.equal(
      points.map(({ atFloor }) => atFloor),
      ratio.map((_, l) => l >= clear),
      name,
    );
  }
  await model.close();
});

test.run();
