import { OptionError, ShapeError, tensor } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type LinearData, linearRows, unitRows } from '../src/training/linear-data.js';
import { linearLoss, linearProbabilities, linearScore } from '../src/training/linear-loss.js';

const sparse: LinearData = {
  labels: [1, -1, 1],
  rowStart: Int32Array.of(0, 2, 2, 3),
  columns: Int32Array.of(0, 2, 1),
  values: Float32Array.of(3, 4, 2),
  shape: [3, 3],
};
const dense: LinearData = { labels: [1, -1, 1], values: Float32Array.of(3, 0, 4, 0, 0, 0, 0, 2, 0), shape: [3, 3] };
const weights = Float64Array.of(0.5, -1, 0.25);

test('sparse and dense forms of the same rows have the same loss, probabilities and accuracy', async () => {
  const logits = [2.5, 0, -2];
  const losses = logits.map((z, i) => Math.log(1 + Math.exp(-[1, -1, 1][i]! * z)));
  const expected = losses.reduce((a, b) => a + b) / 3 + (0.1 / 2) * (0.25 + 1 + 0.0625);
  for (const data of [sparse, dense]) {
    assertClose(await linearLoss(data, weights, { lambda: 0.1 }), expected, { rtol: 1e-12 });
    assertClose(
      await linearProbabilities(data, weights),
      logits.map((z) => 1 / (1 + Math.exp(-z))),
      { rtol: 1e-12 },
    );
    // The empty row has logit 0, which counts as +1 and is told apart.
    assert.equal(await linearScore(data, weights), { accuracy: 1 / 3, undecided: 1 });
  }
});

test('values and labels may be tensors', async () => {
  const labels = tensor([1, -1, 1]);
  const values = tensor(dense.values as Float32Array);
  assertClose(
    await linearLoss({ labels: labels as never, values: values as never, shape: [3, 3] }, weights),
    await linearLoss(dense, weights),
  );
});

test('the loss of enormous margins is finite', async () => {
  const data: LinearData = { labels: [1, -1], values: Float32Array.of(1, 1), shape: [2, 1] };
  assert.is(await linearLoss(data, Float64Array.of(1e6), { lambda: 0 }), 5e5);
  assert.is(await linearLoss(data, Float64Array.of(-1e6), { lambda: 0 }), 5e5);
  assert.is(await linearLoss(data, Float64Array.of(1e200), { lambda: 0 }), 5e199);
});

test('labels -1 and 1, 0 and 1, false and true are understood, others with help', async () => {
  const labelsOf = async (labels: LinearData['labels'], positive?: number | string): Promise<number[]> =>
    Array.from((await linearRows('test', { ...dense, labels }, { positive })).labels);
  assert.equal(await labelsOf([0, 1, 0]), [-1, 1, -1]);
  assert.equal(await labelsOf([true, false, true]), [1, -1, 1]);
  assert.equal(await labelsOf([-1, -1, -1]), [-1, -1, -1]);
  assert.equal(await labelsOf([1, 2, 2], 1), [1, -1, -1]);
  assert.equal(await labelsOf(['spam', 'ham', 'spam'], 'spam'), [1, -1, 1]);
  await assertRejects(() => labelsOf([1, 2, 1]), OptionError, /labels are 1, 2: say which one counts as \+1/);
  await assertRejects(() => labelsOf([1, 2, 3]), OptionError, /expected two labels, got 3 .*softmax/);
  await assertRejects(() => labelsOf(['a', 'b', 'a'], 'c'), OptionError, /no row has the positive label "c"/);
});

test('softmax takes classes from 0', async () => {
  const rows = await linearRows('test', { ...dense, labels: [0, 2, 1] }, { loss: 'softmax' });
  assert.is(rows.classes, 3);
  assert.is(rows.size, 9);
  const wrong = { ...dense, labels: [0, 2, 0.5] };
  await assertRejects(
    () => linearRows('test', wrong, { loss: 'softmax' }),
    OptionError,
    /whole numbers from 0, got 0.5/,
  );
  await assertRejects(
    () => linearLoss({ ...dense, labels: [0, 5, 1] }, new Float64Array(9), { loss: 'softmax' }),
    OptionError,
    /weights of 3 classes, but labels up to 5/,
  );
});

test('softmax of two classes is logistic in the difference of their weights', async () => {
  const two = Float64Array.of(0.2, 0.7, -0.3, -1.3, 0.1, 0.35);
  const loss = await linearLoss({ ...dense, labels: [1, 0, 1] }, two, { loss: 'softmax', lambda: 0 });
  assertClose(loss, await linearLoss(dense, Float64Array.of(0.5, -1, 0.25), { lambda: 0 }), { rtol: 1e-12 });
});

test('what does not fit together is refused', async () => {
  const cases: readonly (readonly [Partial<LinearData>, RegExp])[] = [
    [{ shape: [0, 3] }, /shape must be \[rows, features\]/],
    [{ labels: [1, -1] }, /expected 3 labels, got 2/],
    [{ columns: undefined }, /both rowStart and columns/],
    [{ rowStart: Int32Array.of(0, 2, 3) }, /expected 4 row starts/],
    [{ rowStart: Int32Array.of(0, 2, 1, 3) }, /rowStart must rise from 0/],
    [{ rowStart: Int32Array.of(0, 2, 2, 2) }, /to the number of values, 3/],
    [{ columns: Int32Array.of(0, 3, 1) }, /columns must lie in \[0, 2\], got 3/],
    [{ columns: Int32Array.of(0, -1, 1) }, /got -1/],
    [{ values: Float32Array.of(3, Number.NaN, 2) }, /value number 1 is NaN/],
  ];
  for (const [change, message] of cases) {
    await assertRejects(() => linearRows('test', { ...sparse, ...change }, {}), Error, message);
  }
  await assertRejects(() => linearRows('test', { ...dense, shape: [3, 2] }, {}), ShapeError, /6 values, got 9/);
  await assertRejects(() => linearLoss(dense, new Float64Array(2)), ShapeError, /expected 3 weights, got 2/);
  await assertRejects(() => linearLoss(dense, weights, { lambda: -1 }), OptionError, /lambda must be a number from 0/);
});

test('rows are brought to length 1, empty ones left empty', () => {
  const unit = unitRows(sparse);
  assertClose(unit.values, [0.6, 0.8, 1]);
  assertClose(unitRows(dense).values, [0.6, 0, 0.8, 0, 0, 0, 0, 1, 0]);
  assert.equal(Array.from(sparse.values as Float32Array), [3, 4, 2]);
  assertClose(unitRows({ labels: [1], values: Float64Array.of(3e200, 4e200), shape: [1, 2] }).values, [0.6, 0.8]);
  assertThrows(() => unitRows({ ...dense, values: tensor([1, 2, 3]) as never }), OptionError, /must be an array/);
});

test.run();
