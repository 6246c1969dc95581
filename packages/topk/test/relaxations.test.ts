/** NeuralSort, SoftSort and DFTopK. */
import {
  checkGradients,
  grad,
  memory,
  mul,
  OptionError,
  Rng,
  scope,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dfTopK } from '../src/operator/dftopk.js';
import { neuralSort } from '../src/operator/neural-sort.js';
import { softSort } from '../src/operator/soft-sort.js';
import type { TemperatureOptions } from '../src/operator/temperature.js';

type Method = (scores: Tensor, k: number, options?: TemperatureOptions) => Tensor;
const methods: Readonly<Record<string, Method>> = { neuralsort: neuralSort, softsort: softSort, dftopk: dfTopK };
const golden = new Golden<Record<string, { k: number; tau: number }>, Tensor>(
  new URL('golden/relaxations', import.meta.url),
  tensor,
);

test('ordered methods give rows that sum to 1 with the best first, DFTopK a mask', () => {
  scope(() => {
    const scores = tensor([[0.1, 0.9, 0.5, 0.7]]);
    for (const method of [neuralSort, softSort]) {
      const rows = method(scores, 2, { tau: 1e-3 });
      assert.equal(rows.shape, [1, 2, 4]);
      assertClose(rows.dataSync(), [0, 1, 0, 0, 0, 0, 0, 1]);
    }
    assertClose(dfTopK(scores, 2, { tau: 1e-3 }).dataSync(), [0, 1, 0, 1]);
    assert.equal(neuralSort(zeros([0, 4]), 2).shape, [0, 2, 4]);
    assertClose(neuralSort(tensor([[3]]), 1).dataSync(), [1]);
  });
});

test('infinite scores are selected always or never, without NaN in values or gradients', () => {
  scope(() => {
    const scores = tensor([[0.5, -Infinity, Infinity, 0.4, -Infinity]]);
    for (const [name, method] of Object.entries(methods)) {
      const y = method(scores, 3, { tau: 1e-3 });
      const mask = y.rank === 3 ? sum(y, { axis: 1 }) : y;
      assertClose(mask.dataSync(), [1, 0, 1, 1, 0], {}, name);
      const gradient = grad((x: Tensor) => sum(mul(method(x, 3), new Rng(1).normal(y.shape))))(scores);
      assert.ok([...gradient.dataSync()].every(Number.isFinite), `${name}: ${gradient.dataSync()}`);
    }
  });
});

test('a temperature that is no number above 0 is refused', () => {
  scope(() => {
    const scores = zeros([1, 3]);
    for (const method of Object.values(methods)) {
      for (const tau of [0, -1, Number.NaN, Infinity, '1' as never]) {
        assertThrows(() => method(scores, 1, { tau }), OptionError, /tau must be a number above 0, got/);
      }
      assertThrows(() => method(scores, 1, { temperature: 1 } as never), OptionError, /no option 'temperature'/);
    }
  });
});

test('NeuralSort equals its definition by pairs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(99), fc.boolean(), (n, seed, tied) => {
      scope(() => {
        const x = tied ? new Rng(seed).integers([2, n], 0, 4).cast('float32') : new Rng(seed).normal([2, n]);
        const k = 1 + (seed % n);
        const values = x.dataSync();
        const expected: number[] = [];
        for (const row of [values.slice(0, n), values.slice(n)]) {
          const apart = [...row].map((a) => row.reduce((total, b) => total + Math.abs(a - b), 0));
          for (let r = 1; r <= k; r++) {
            const powers = [...row].map((a, j) => Math.exp((n + 1 - 2 * r) * a - (apart[j] as number)));
            const total = powers.reduce((a, b) => a + b);
            expected.push(...powers.map((power) => power / total));
          }
        }
        assertClose(neuralSort(x, k, { tau: 1 }).dataSync(), expected, { rtol: 1e-4, atol: 1e-6 });
      });
    }),
    { numRuns: 60, seed: 3 },
  );
});

test('values and gradients are those of the reference', () => {
  for (const [name, { k, tau }] of Object.entries(golden.scalars)) {
    for (const [method, apply] of Object.entries(methods)) {
      scope(() => {
        const cotangent = golden.tensor(`${name}.grad_${method === 'dftopk' ? 'mask' : 'rows'}`);
        const scores = golden.tensor(`${name}.x`).reshape([1, -1]);
        const label = `${name} ${method}`;
        const tolerance = { rtol: 0, atol: 2e-5 };
        assertClose(apply(scores, k, { tau }).dataSync(), golden.values(`${name}.${method}`), tolerance, label);
        const expected = golden.values(`${name}.${method}_grad_x`);
        const gradient = grad((x: Tensor) => sum(mul(apply(x, k, { tau }).reshape(cotangent.shape), cotangent)))(
          scores,
        );
        assertClose(gradient.dataSync(), expected, { rtol: 2e-5, atol: 2e-5 }, `${label} gradient`);
      });
    }
  }
});

test('gradients hold against differences, and can be differentiated again', async () => {
  const scores = new Rng(5).normal([2, 7]);
  for (const method of Object.values(methods)) {
    await checkGradients((x) => method(x, 3, { tau: 0.7 }), [scores]);
    await checkGradients((x) => grad((t: Tensor) => sum(mul(method(t, 3, { tau: 0.7 }), 0.5).square()))(x), [scores]);
  }
});

test('tied scores share the gradient of NeuralSort', () => {
  scope(() => {
    const gradient = grad((x: Tensor) => sum(neuralSort(x, 1, { tau: 1 }).at(0, 0, 0)))(tensor([[1, 1, 1, 0]]));
    const [a, b, c] = gradient.dataSync();
    assertClose([b as number], [c as number]);
    const step = 1e-2;
    const at = (shift: number): number =>
      neuralSort(tensor([[1 + shift, 1, 1, 0]]), 1, { tau: 1 }).dataSync()[0] as number;
    assertClose([a as number], [(at(step) - at(-step)) / (2 * step)], { rtol: 1e-2 });
  });
});

test('for a temperature near 0 each selects the k best', () => {
  fc.assert(
    fc.property(fc.nat(999), (seed) => {
      scope(() => {
        const scores = new Rng(seed).permutation(64).cast('float32').reshape([1, 64]);
        const hard = [...scores.dataSync()].map((value) => Number(value >= 56));
        for (const method of Object.values(methods)) {
          const y = method(scores, 8, { tau: 0.05 });
          assertClose((y.rank === 3 ? sum(y, { axis: 1 }) : y).dataSync(), hard, { atol: 1e-4 });
        }
      });
    }),
    { numRuns: 10, seed: 1 },
  );
});

test('nothing is left behind', () => {
  const scores = new Rng(1).normal([2, 9]);
  const before = memory().tensors;
  for (const method of Object.values(methods)) {
    method(scores, 4).dispose();
    grad((x: Tensor) => sum(method(x, 4).square()))(scores).dispose();
  }
  assert.is(memory().tensors, before);
  scores.dispose();
});

test.run();
