/** The regulariser of spreads: its value by hand, its gradient by central differences, and what it leaves out. */
import { assign, memory, OptionError, Rng, scope, tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { spreadRegularizer } from '../../src/heads/spread-regularizer.js';
import { type Covariance, QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import { checkModuleGradients } from '../gradients.js';

const rng = new Rng(0);

function layerOf(covariance: Covariance, dims: number, spreads: unknown): QuadraticAttention {
  const heads = (spreads as unknown[]).length;
  const layer = new QuadraticAttention({ inputs: 1, heads, dims, covariance, rng });
  scope(() => assign(layer.spreads, tensor(spreads as number[])));
  return layer;
}

test('it is the mean of (kappa - 1)^2, and 0 for round heads', () => {
  const before = memory().tensors;
  scope(() => {
    const diagonal = layerOf('diagonal', 2, [
      [2, 1],
      [3, -3],
    ]);
    // kappa of the first is 4, of the second 1.
    assertClose(spreadRegularizer(diagonal).dataSync(), [9 / 2], { rtol: 1e-6 });
    // S S^T = [[2, 1], [1, 1]] with eigenvalues (3 +- sqrt 5) / 2.
    const full = layerOf('full', 2, [[[1, 1], [0, 1]]]); // biome-ignore format: a matrix
    const kappa = (3 + Math.sqrt(5)) / (3 - Math.sqrt(5));
    assertClose(spreadRegularizer(full).dataSync(), [(kappa - 1) ** 2], { rtol: 1e-6 });
    const round = layerOf('isotropic', 2, [0.3, 5]);
    assert.is(spreadRegularizer(round).item(), 0);
    assertClose(spreadRegularizer([diagonal, full, round]).dataSync(), [(9 + (kappa - 1) ** 2) / 5], { rtol: 1e-6 });
    for (const layer of [diagonal, full, round]) layer.dispose();
  });
  assert.is(memory().tensors, before);
});

test('its gradients are central differences, of one to three axes', async () => {
  for (const covariance of ['diagonal', 'full'] as const) {
    for (const dims of [1, 2, 3]) {
      const layer = new QuadraticAttention({ inputs: 1, heads: 2, dims, covariance, spreadDeviation: 0.3, rng });
      const x = tensor([1]);
      const wanted = (name: string): boolean => name === 'attention_spreads';
      const f = (t: typeof x) => spreadRegularizer(layer).mul(t.sum());
      await checkModuleGradients(layer, f, x, { wanted, tolerance: 1e-4 });
      x.dispose();
      layer.dispose();
    }
  }
});

test('it makes heads rounder, where a step follows its gradient', () => {
  scope(() => {
    const layer = layerOf('full', 2, [[[2, 0.5], [0, 1]]]); // biome-ignore format: a matrix
    const [before, gradients] = valueAndGradOf(new Map([['s', layer.spreads]]), () => spreadRegularizer(layer));
    assign(layer.spreads, layer.spreads.sub(gradients.get('s')!.mul(1e-3)));
    assert.ok(spreadRegularizer(layer).item() < before.item());
    layer.dispose();
  });
});

test('singular heads are left out, of value and gradient', () => {
  scope(() => {
    const layer = layerOf('diagonal', 2, [
      [2, 1],
      [1, 0],
      [0, 0],
    ]);
    const [value, gradients] = valueAndGradOf(new Map([['s', layer.spreads]]), () => spreadRegularizer(layer));
    assertClose(value.dataSync(), [3], { rtol: 1e-6 });
    const s = gradients.get('s')!.dataSync();
    assert.ok(s[0] !== 0 && s.subarray(2).every((v) => v === 0));
    layer.dispose();
  });
});

test('other layers, and none, are refused', () => {
  assertThrows(() => spreadRegularizer([]), OptionError, /takes quadratic attention layers, one or more/);
  assertThrows(() => spreadRegularizer({} as never), OptionError, /takes quadratic attention layers/);
});

test.run();
