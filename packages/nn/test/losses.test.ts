/** Properties of losses, and what they refuse. */
import {
  DTypeError,
  grad,
  IndexError,
  OptionError,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  binaryCrossEntropy,
  binaryCrossEntropyOfProbabilities,
  crossEntropy,
  huberLoss,
  meanAbsoluteError,
  meanSquaredError,
  type Reduction,
} from '../src/index.js';

const scores = (): Tensor => new Rng(1).normal([3, 4]);

test('a label outside the classes is an IndexError that names it and its place', () => {
  scope(() => {
    const labels = (...list: number[]): Tensor => tensor(Int32Array.from(list));
    assertThrows(
      () => crossEntropy(scores(), labels(0, 4, 1)),
      IndexError,
      /crossEntropy: label 4 at position 1 is outside \[0, 4\)/,
    );
    assertThrows(() => crossEntropy(scores(), labels(0, 1, -1)), IndexError, /label -1 at position 2/);
    const weights = tensor([1, 1, 1, 1]);
    assertThrows(() => crossEntropy(scores(), labels(0, 9, 1), { weights }), IndexError, /label 9 at position 1/);
    assert.ok(Number.isFinite(crossEntropy(scores(), labels(0, -1, 1), { ignore: -1 }).item()));
  });
});

test('shapes and options that do not fit are typed errors', () => {
  scope(() => {
    const labels = tensor(Int32Array.of(0, 1));
    assertThrows(() => crossEntropy(scores(), labels), ShapeError, /logits \[3, 4\] need labels \[3\], got \[2\]/);
    const three = tensor(Int32Array.of(0, 1, 2));
    assertThrows(() => crossEntropy(scores(), three, { smoothing: 2 }), OptionError, /smoothing .* \[0, 1\], got 2/);
    assertThrows(() => crossEntropy(scores(), three, { weights: tensor([1]) }), ShapeError, /weights must be \[4\]/);
    assertThrows(() => crossEntropy(scores(), three, { reduction: 'max' as Reduction }), OptionError, /'mean', 'sum'/);
    for (const loss of [meanSquaredError, meanAbsoluteError, huberLoss, binaryCrossEntropy]) {
      assertThrows(() => loss(scores(), scores().at(0)), ShapeError, /\[3, 4\] and targets \[4\] differ in shape/);
    }
  });
});

test('labels and their one-hot probabilities give the same loss', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 }), fc.nat(99), (ids, seed) => {
      scope(() => {
        const logits = new Rng(seed).normal([ids.length, 5], { deviation: 4 });
        const hot = tensor(ids.map((id) => Array.from({ length: 5 }, (_, j) => Number(j === id))));
        const plain = crossEntropy(logits, tensor(Int32Array.from(ids)), { smoothing: 0.2 });
        assertClose(plain.item(), crossEntropy(logits, hot, { smoothing: 0.2 }).item(), { rtol: 1e-5, atol: 1e-6 });
      });
    }),
    { numRuns: 50, seed: 7 },
  );
});

test('targets may be of another type, and the second derivative of the Huber loss at 0 is that of the square', () => {
  scope(() => {
    const p = tensor([0.2, 0.7]);
    const slope = grad((x: Tensor) => binaryCrossEntropyOfProbabilities(x, tensor(Int32Array.of(0, 1))))(p);
    assertClose(slope.dataSync(), [0.5 / 0.8, -0.5 / 0.7]);
    const bend = grad((x: Tensor) => grad((t: Tensor) => huberLoss(t, tensor([1])))(x).sum())(tensor([1]));
    assert.is(bend.item(), 1);
    for (const loss of [crossEntropy, binaryCrossEntropy, meanSquaredError, huberLoss]) {
      assertThrows(() => loss(undefined as never, p), DTypeError, /must be a tensor, got undefined/);
    }
    assertThrows(() => crossEntropy(p, p, { ignore: 1 }), OptionError, /ignore is for labels/);
  });
});

test.run();
