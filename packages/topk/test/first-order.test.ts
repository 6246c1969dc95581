/** Methods without a second derivative say so. */
import { GradientError, grad, mul, Rng, scope, sum, type Tensor } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fenchelYoungLoss } from '../src/operator/fenchel-young.js';
import { lapSum } from '../src/operator/lapsum.js';
import { Selection } from '../src/operator/selection.js';
import { sinkhornTopK } from '../src/operator/sinkhorn.js';
import { sparseTopK } from '../src/operator/sparse.js';
import { topK } from '../src/operator/top-k.js';
import { extractPatches } from '../src/patches/extract-patches.js';
import { patchGrid } from '../src/patches/patch-grid.js';

const grid = patchGrid({ height: 1, width: 5, rows: 1, columns: 5, patchSize: 1 });

/** Of scores [2, 5], by what their errors call them. */
const methods: Readonly<Record<string, (scores: Tensor) => Tensor>> = {
  lapSum: (scores) => lapSum(scores, 2),
  sparseTopK: (scores) => sparseTopK(scores, 2, { width: 1 }),
  sinkhornTopK: (scores) => sinkhornTopK(scores, 2, { epsilon: 0.1 }).rows,
  'topK: exact': (scores) => topK(scores, { k: 2, sigma: 0.5 }).toDense(),
  'topK: perturbed': (scores) =>
    topK(scores, { k: 2, sigma: 0.5, method: 'perturbed', samples: 50, rng: new Rng(2) }).toDense(),
  fenchelYoungLoss: (scores) =>
    fenchelYoungLoss(scores, new Rng(3).uniform([2, 5]), { k: 2, method: 'perturbed', samples: 50, rng: new Rng(2) }),
  extractPatches: (scores) =>
    extractPatches(new Rng(4).uniform([2, 1, 5, 1]), Selection.fromDense(scores.reshape([2, 1, 5])), grid),
};

test('the gradient of a gradient is an error that names the method; the gradient itself is none', () => {
  scope(() => {
    const scores = new Rng(1).uniform([2, 5]);
    for (const [name, method] of Object.entries(methods)) {
      const first = grad((x: Tensor) => {
        const y = method(x);
        return sum(mul(y, y));
      });
      assert.ok([...first(scores).dataSync()].some((value) => value !== 0));
      const second = grad((x: Tensor) => sum(first(x)));
      assertThrows(() => second(scores), GradientError, new RegExp(`^${name}: has no second derivative$`));
    }
  });
});

test.run();
