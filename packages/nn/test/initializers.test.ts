/** Start values have the spread that they promise. */
import { matmul, OptionError, Rng, scope, type Tensor } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  Conv2d,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  Linear,
  lecunNormal,
  normalInitializer,
  orthogonal,
  xavierNormal,
  xavierUniform,
} from '../src/index.js';

const fan = { in: 200, out: 100 };
const draw = (initializer: Initializer): Tensor => initializer([100, 200], fan, new Rng(3));

test('a gain that is no positive number is refused', () => {
  for (const bad of [0, -1, NaN, Infinity]) {
    for (const make of [kaimingUniform, kaimingNormal, xavierUniform, xavierNormal, orthogonal])
      assertThrows(() => make(bad), OptionError, /gain must be a number above 0/);
    assertThrows(() => normalInitializer(bad), OptionError, /deviation must be a number above 0/);
  }
});

for (const [name, initializer, deviation] of [
  ['kaimingUniform', kaimingUniform(), Math.sqrt(2 / 200)],
  ['kaimingNormal', kaimingNormal(), Math.sqrt(2 / 200)],
  ['kaimingNormal with gain 1', kaimingNormal(1), Math.sqrt(1 / 200)],
  ['lecunNormal', lecunNormal(), Math.sqrt(1 / 200)],
  ['xavierUniform', xavierUniform(), Math.sqrt(2 / 300)],
  ['xavierNormal', xavierNormal(), Math.sqrt(2 / 300)],
  ['normalInitializer', normalInitializer(), 0.02],
] as const) {
  test(`${name} has mean 0 and deviation ${deviation.toFixed(4)}`, () => {
    scope(() => {
      const values = draw(initializer);
      assertClose(values.mean().item(), 0, { atol: deviation / 40 });
      assertClose(values.square().mean().sqrt().item(), deviation, { rtol: 0.03 });
      if (name.includes('Uniform')) assert.ok(values.abs().max().item() <= deviation * Math.sqrt(3) * 1.0001);
      if (name === 'lecunNormal') assert.ok(values.abs().max().item() <= (2 * deviation) / 0.8796);
    });
  });
}

test('orthogonal gives orthonormal rows, or columns, whichever are fewer', () => {
  scope(() => {
    for (const shape of [
      [5, 9],
      [9, 5],
      [4, 4],
      [3, 2, 4],
    ]) {
      // biome-ignore format: a list
      const rows = shape[0] as number;
      const flat = orthogonal(2)(shape, fan, new Rng(1)).reshape([rows, -1]);
      const wide = rows <= (flat.shape[1] as number);
      const products = matmul(flat, flat, wide ? { transposeB: true } : { transposeA: true });
      const size = products.shape[0] as number;
      const identity = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 4 : 0));
      assertClose(products.dataSync(), identity, { atol: 1e-5 });
    }
  });
});

test("layers start as PyTorch's do, and the same seed gives the same weights", () => {
  scope(() => {
    const [a, b] = [new Linear(16, 1000, { rng: new Rng(1) }), new Linear(16, 1000, { rng: new Rng(1) })];
    assert.equal(a.weight.dataSync(), b.weight.dataSync());
    const largest = a.weight.abs().max().item();
    assert.ok(largest <= 0.25 && largest > 0.249);
    assertClose(a.weight.square().mean().sqrt().item(), 0.25 / Math.sqrt(3), { rtol: 0.02 });
    for (const layer of [a, b]) layer.dispose();
  });
});

test('filters of convolutions are orthogonal over outputs, as in the layout of PyTorch', () => {
  scope(() => {
    const layer = new Conv2d(4, 8, 3, { rng: new Rng(1), initializer: orthogonal() });
    const rows = (layer.stateDict().get('weight') as Tensor).reshape([8, 36]);
    const identity = Float32Array.from({ length: 64 }, (_, i) => Number(i % 9 === 0));
    assertClose(matmul(rows, rows, { transposeB: true }).dataSync(), identity, { atol: 1e-5 });
    const made = () => new Linear(2, 3, { rng: new Rng(1), initializer: () => layer.weight });
    assertThrows(made, OptionError, /initializer must be a function that makes a tensor \[3, 2\], got \[3, 3, 4, 8\]/);
    layer.dispose();
  });
});

test.run();
