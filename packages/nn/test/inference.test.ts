/** Using a model: evaluation mode, and nothing left behind. */
import { memory, ones, Rng } from '@saccade/tensor';
import { assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Dropout, inference, Linear, Sequential } from '../src/index.js';

const rng = new Rng(1);

test('inference runs in evaluation mode and sets each part back to its own', async () => {
  const frozen = new Dropout(0.5, { rng });
  const model = new Sequential(new Linear(4, 4, { rng }), frozen, new Dropout(0.5, { rng }));
  frozen.eval();
  const x = ones([2, 4]);
  const before = memory().tensors;
  const values = await inference(model, async () => {
    assert.not(model.training);
    return (await model.forward(x).data()).slice();
  });
  assert.equal(values, await inference(model, () => model.forward(x).data()));
  assert.equal([model.training, frozen.training, model.layers[2]?.training], [true, false, true]);
  assert.is(memory().tensors, before);
});

test('of inferences that overlap, the last one to end sets the mode back', async () => {
  const model = new Sequential(new Dropout(0.5, { rng }));
  const ends: (() => void)[] = [];
  const inferences = [0, 1].map(() =>
    inference(model, async () => {
      await new Promise<void>((resolve) => ends.push(resolve));
      return model.layers[0]?.training;
    }),
  );
  ends[0]?.();
  assert.not(await inferences[0]);
  assert.equal([model.training, model.layers[0]?.training], [false, false]);
  ends[1]?.();
  assert.not(await inferences[1]);
  assert.equal([model.training, model.layers[0]?.training], [true, true]);
});

test('the mode is set back after an error, thrown or rejected', async () => {
  const model = new Dropout(0.5, { rng });
  const fail = (): never => {
    throw new Error('no');
  };
  assertThrows(() => inference(model, fail), Error, /no/);
  assert.ok(model.training);
  await assertRejects(() => inference(model, async () => fail()), Error, /no/);
  assert.ok(model.training);
});

test('a result that is returned lives on', () => {
  using layer = new Linear(2, 1, { rng });
  const y = inference(layer, () => layer.forward(ones([1, 2])).mul(2));
  assert.not(y.disposed);
  y.dispose();
});

test.run();
