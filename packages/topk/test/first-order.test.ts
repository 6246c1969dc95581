/** Methods without a second derivative say so. */
import { GradientError, grad, mul, Rng, scope, sum, type Tensor } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { requireFirstOrder } from '../src/operator/first-order.js';
import { lapSum } from '../src/operator/lapsum.js';
import { sinkhornTopK } from '../src/operator/sinkhorn.js';
import { sparseTopK } from '../src/operator/sparse.js';

const methods: Readonly<Record<string, (scores: Tensor) => Tensor>> = {
  lapSum: (scores) => lapSum(scores, 2),
  sparseTopK: (scores) => sparseTopK(scores, 2, { width: 1 }),
  sinkhornTopK: (scores) => sinkhornTopK(scores, 2, { epsilon: 0.1 }).rows,
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

test('outside of what is recorded nothing is refused', () => {
  requireFirstOrder('topK');
  scope(() => {
    const one = grad((x: Tensor) => {
      assertThrows(() => requireFirstOrder('topK'), GradientError, /^topK: has no second derivative$/);
      return sum(x);
    })(new Rng(1).uniform([2]));
    assert.equal([...one.dataSync()], [1, 1]);
  });
});

test.run();
