/** How fast the paper's four networks lose rank, in float64. */
import { init, layerNorm, Rng, scope } from '@saccade/tensor';
import { onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { residualCurve } from '../../src/curve/residual-curve.js';
import type { LayerWeights } from '../../src/model/layer-weights.js';
import { modelOfLayers } from '../../src/model/rank-model.js';
import type { Variant } from '../../src/model/variant.js';

onTestDevice(test, init);

/** Float64 is the CPU's. */
const doubles = testDevice === 'wasm' ? test : test.skip;

/** Post-norm layers of the paper's size, with weights N(0, deviation^2). */
function claimed(rng: Rng, depth: number, deviation: number): LayerWeights[] {
  const map = (out: number, inputs: number) => ({ weight: rng.normal([out, inputs], { deviation, dtype: 'float64' }) });
  const norm = { kind: 'layer', epsilon: 1e-12 } as const;
  return Array.from({ length: depth }, () => ({
    order: 'post',
    attention: { query: map(64, 64), key: map(64, 64), value: map(64, 64), output: map(64, 64), heads: 4 },
    mlp: { up: map(256, 64), down: map(64, 256), activation: 'gelu' },
    norms: { attention: norm, mlp: norm },
  }));
}

/** Mean ratios over 8 networks and texts of 32 normed tokens. */
async function meanRatios(depth: number, deviation: number, variant: Variant): Promise<number[]> {
  const curves: number[][] = [];
  for (let seed = 0; seed < 8; seed++) {
    await scope(async () => {
      const rng = new Rng(seed);
      const model = modelOfLayers(claimed(rng, depth, deviation));
      const tokens = layerNorm(rng.normal([32, 64], { dtype: 'float64' }));
      const { points } = await residualCurve(model, tokens, { variant });
      curves.push(points.map(({ ratio }) => ratio.mean));
    });
  }
  return Array.from({ length: depth + 1 }, (_, l) => curves.reduce((sum, curve) => sum + curve[l]!, 0) / 8);
}

doubles(
  'with weights N(0, 1/d) four layers without skips leave less than 1e-4, with skips more than a half',
  async () => {
    const [san, mlp, skip] = [
      await meanRatios(4, 1 / 8, 'san'),
      await meanRatios(4, 1 / 8, 'san+mlp'),
      await meanRatios(4, 1 / 8, 'san+skip'),
    ];
    assert.ok(san[4]! < 1e-4, `${san}`);
    assert.ok(mlp[4]! < 1e-4, `${mlp}`);
    assert.ok(skip[4]! > 0.5, `${skip}`);
  },
);

doubles(
  'with weights N(0, 0.02^2) twelve layers without skips leave less than 1e-6, the transformer more than 0.9',
  async () => {
    const [san, whole] = [await meanRatios(12, 0.02, 'san'), await meanRatios(12, 0.02, 'transformer')];
    assert.ok(san[12]! < 1e-6, `${san}`);
    assert.ok(whole[12]! > 0.9, `${whole}`);
  },
);

test.run();
