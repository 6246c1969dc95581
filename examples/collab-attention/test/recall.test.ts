/** The task, and the model that learns it. */
import { CollaborativeAttention } from '@saccade/collab-attention';
import { memory, Rng, scope } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OrdinaryAttention } from '../src/ordinary-attention.js';
import { HEADS, percentRight, RecallModel, train, WIDTH } from '../src/recall-model.js';
import { KEYS, recallBatch, VALUES } from '../src/recall-task.js';

test('every key stands once, is asked for once, and the answer is its value', () => {
  scope(() => {
    const { keys, values, queries, targets } = recallBatch(new Rng(1), 3);
    const rows = (t: typeof keys): number[][] =>
      Array.from({ length: 3 }, (_, i) => Array.from(t.dataSync<'int32'>().subarray(i * KEYS, (i + 1) * KEYS)));
    const [k, v, q, t] = [rows(keys), rows(values), rows(queries), rows(targets)];
    for (let i = 0; i < 3; i++) {
      const all = Array.from({ length: KEYS }, (_, key) => key);
      assert.equal(
        [...k[i]!].sort((a, b) => a - b),
        all,
      );
      assert.equal(
        [...q[i]!].sort((a, b) => a - b),
        all,
      );
      assert.ok(v[i]!.every((value) => value >= 0 && value < VALUES));
      assert.equal(
        t[i],
        q[i]!.map((query) => v[i]![k[i]!.indexOf(query)]),
      );
    }
    assert.not.equal(k[0], k[1]);
  });
});

test('a model learns, and its attention in the shared form at full rank answers alike', async () => {
  const before = memory().tensors;
  const rng = new Rng(2);
  const attention = new OrdinaryAttention(WIDTH, HEADS, 32, rng);
  const model = new RecallModel(attention, rng);
  const losses: number[] = [];
  const signal = new AbortController().signal;
  const onStep = async (_: number, loss: number): Promise<void> => void losses.push(loss);
  await train(model, { steps: 40, rate: 3e-3, seed: 2, signal, onStep });
  assert.ok(losses.at(-1)! < 0.8 * losses[0]!, `${losses[0]} and ${losses.at(-1)}`);
  const right = await percentRight(model);
  const { layer, error } = await CollaborativeAttention.fromConcatenated(attention.weights, { heads: HEADS, rank: 32 });
  model.attention = layer;
  assert.is(error, 0);
  assertClose([await percentRight(model)], [right], { atol: 0.2 });
  for (const one of [attention, model]) one.dispose();
  assert.is(memory().tensors, before);
});

test('training stops at a signal', async () => {
  const rng = new Rng(3);
  const model = new RecallModel(new OrdinaryAttention(WIDTH, HEADS, 8, rng), rng);
  const stop = AbortSignal.abort(new Error('enough'));
  try {
    await train(model, { steps: 2, rate: 1e-3, seed: 1, signal: stop });
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'enough');
  }
  model.dispose();
});

test.run();
