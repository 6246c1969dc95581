/** Hard and random rows in the training of a selector. */
import { memory, Rng, scope, sum, type Tensor, valueAndGrad } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mixSelection, randomSelection } from '../src/model/mixing.js';
import { topK } from '../src/operator/top-k.js';

const scoresOf = (seed: number, batch = 2, n = 12): Tensor => new Rng(seed).uniform([batch, n]);
const soft = (scores: Tensor) => topK(scores, { k: 3, sigma: 0.5 });

test('without probabilities a selection is left as it is', () => {
  scope(() => {
    const scores = scoresOf(1);
    const selection = soft(scores);
    const never = { hardProbability: 0, randomProbability: 0 };
    assert.is(mixSelection(selection, scores, never, 'position', new Rng(1)), selection);
  });
});

test('with probability 1 all is hard, or all is random', () => {
  scope(() => {
    const scores = scoresOf(1);
    const hard = mixSelection(
      soft(scores),
      scores,
      { hardProbability: 1, randomProbability: 0 },
      'position',
      new Rng(1),
    );
    assertClose(hard.toDense().dataSync(), topK(scores, { k: 3, method: 'hard' }).toDense().dataSync());
    const random = mixSelection(
      soft(scores),
      scores,
      { hardProbability: 1, randomProbability: 1 },
      'position',
      new Rng(1),
    );
    assert.equal(new Set(random.toDense().dataSync()), new Set([0, 1]));
    assert.not.equal(random.toDense().dataSync(), hard.toDense().dataSync());
  });
});

test('images become hard whole, rows become random one by one, as often as asked for', () => {
  scope(() => {
    const scores = scoresOf(2, 400, 6);
    const plain = soft(scores);
    const rows = (mixing: { hardProbability: number; randomProbability: number }): Uint8Array => {
      const mixed = mixSelection(plain, scores, mixing, 'position', new Rng(5)).toDense();
      // One-hot rows have squares that sum to 1.
      return Uint8Array.from(sum(mixed.square(), { axis: 2 }).dataSync(), (value) => (value > 0.999 ? 1 : 0));
    };
    const before = rows({ hardProbability: 1e-9, randomProbability: 0 }).reduce((a, b) => a + b, 0);
    assert.is(before, 0);
    const hard = rows({ hardProbability: 0.3, randomProbability: 0 });
    for (let i = 0; i < 400; i++) assert.is(new Set(hard.subarray(3 * i, 3 * i + 3)).size, 1);
    assertClose(hard.reduce((a, b) => a + b, 0) / 1200, 0.3, { atol: 0.07 });
    const random = rows({ hardProbability: 0, randomProbability: 0.3 });
    assertClose(random.reduce((a, b) => a + b, 0) / 1200, 0.3, { atol: 0.05 });
  });
});

test('random choices are distinct, in the order of positions, and take each element equally often', () => {
  scope(() => {
    const scores = scoresOf(3, 1000, 5);
    const { indices } = randomSelection(scores, 2, 'position', new Rng(1));
    const list = indices.dataSync();
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 2000; i += 2) {
      assert.ok((list[i] as number) < (list[i + 1] as number));
      for (const at of [list[i], list[i + 1]]) counts[at as number]! += 1;
    }
    assertClose(counts, [400, 400, 400, 400, 400], { atol: 60 });
    const any = randomSelection(scores, 2, 'value', new Rng(1)).indices.dataSync();
    assert.ok(
      Array.from({ length: 1000 }, (_, i) => (any[2 * i] as number) > (any[2 * i + 1] as number)).some(Boolean),
    );
  });
});

test('no gradient flows through what was replaced', () => {
  scope(() => {
    const gradient = (hardProbability: number): number => {
      const mixing = { hardProbability, randomProbability: 0 };
      const [, g] = valueAndGrad((x: Tensor) =>
        sum(mixSelection(soft(x), x, mixing, 'position', new Rng(1)).toDense().square()),
      )(scoresOf(4));
      return g.abs().max().item();
    };
    assert.ok(gradient(0) > 0);
    assert.is(gradient(1), 0);
  });
});

test('mixing leaves its result and nothing else', () => {
  const scores = scoresOf(5);
  const selection = soft(scores);
  const before = memory().tensors;
  mixSelection(selection, scores, { hardProbability: 0.5, randomProbability: 0.5 }, 'position', new Rng(1)).dispose();
  assert.is(memory().tensors, before);
  selection.dispose();
  scores.dispose();
});

test.run();
