/** Metrics, by hand-written values. */
import { DTypeError, OptionError, Rng, ShapeError, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertRejects, assertThrows } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { accuracy, binaryAccuracy, classScores, confusionMatrix, multilabelAccuracy } from '../src/index.js';

const logits = (): Tensor => tensor([[3, 2, 1], [1, 3, 2], [3, 1, 2], [0, 0, 5]]); // biome-ignore format: a table
const labels = (...list: number[]): Tensor => tensor(Int32Array.from(list));

test('labels that do not fit are typed errors', async () => {
  assertThrows(() => accuracy(logits(), labels(0, 1)), ShapeError, /logits \[4, 3\] need labels \[4\], got \[2\]/);
  assertThrows(() => accuracy(logits(), tensor([0, 1, 2, 2])), DTypeError, /labels must be int32, got float32/);
  assertThrows(
    () => accuracy(logits(), labels(0, 1, 2, 2), { top: 4 }),
    OptionError,
    /top must be an integer in \[1, 3\], got 4/,
  );
  assertThrows(() => binaryAccuracy(logits(), labels(0)), ShapeError, /differ in shape/);
  await assertRejects(
    () => confusionMatrix(logits(), labels(0, 1, 5, 2)),
    OptionError,
    /label 5 at position 2 is outside \[0, 3\)/,
  );
});

test('accuracy counts the highest, or the highest so many', () => {
  assert.is(accuracy(logits(), labels(0, 1, 2, 2)).item(), 0.75);
  assert.is(accuracy(logits(), labels(0, 1, 2, 2), { top: 2 }).item(), 1);
  assert.is(accuracy(logits(), labels(2, 0, 1, 2), { top: 3 }).item(), 1);
  assert.is(binaryAccuracy(tensor([1, -1, 2, -2]), tensor([1, 1, 0, 0])).item(), 0.5);
});

test('a multilabel example is right if all its labels are, one by one on request', () => {
  const scores = tensor([[1, -2], [1, 2], [-1, -3]]); // biome-ignore format: a table
  const targets = tensor([[1, 0], [1, 0], [0, 0]]); // biome-ignore format: a table
  assert.ok(Math.abs(multilabelAccuracy(scores, targets).item() - 2 / 3) < 1e-6);
  assert.equal([...multilabelAccuracy(scores, targets, { reduction: 'none' }).dataSync()], [1, 0, 1]);
  assertThrows(() => multilabelAccuracy(scores, tensor([1, 0])), ShapeError, /differ in shape/);
  assertThrows(() => multilabelAccuracy(tensor(1), tensor(1)), ShapeError, /expected \[batch, labels\], got a scalar/);
});

test('a confusion matrix has true classes as rows, and scores follow from it', async () => {
  const confusion = await confusionMatrix(logits(), labels(0, 1, 2, 2));
  assert.equal(confusion, [[1, 0, 0], [0, 1, 0], [1, 0, 1]]); // biome-ignore format: a table
  assert.equal(classScores(confusion), [
    { precision: 0.5, recall: 1, f1: 2 / 3 },
    { precision: 1, recall: 1, f1: 1 },
    { precision: 1, recall: 0.5, f1: 2 / 3 },
  ]);
});

test('the diagonal of the confusion matrix is the accuracy', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(99),
      async (n, k, seed) => {
        const [scores, truth] = [new Rng(seed).normal([n, k]), new Rng(seed).integers([n], 0, k)];
        const confusion = await confusionMatrix(scores, truth);
        const right = confusion.reduce((sum, row, i) => sum + (row[i] as number), 0);
        assert.ok(Math.abs(right / n - scope(() => accuracy(scores, truth).item())) < 1e-6);
      },
    ),
    { numRuns: 50, seed: 1 },
  );
});

test.run();
