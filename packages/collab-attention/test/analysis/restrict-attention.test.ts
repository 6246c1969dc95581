/** Attention by content or by context alone. */
import { SGD } from '@saccade/nn';
import { init, OptionError, Rng, scope, sum, type Tensor } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { restrictAttention } from '../../src/analysis/restrict-attention.js';
import { CollaborativeAttention } from '../../src/layer/collaborative-attention.js';

onTestDevice(test, init);

const rng = new Rng(0);
const host = async (t: Tensor): Promise<number[]> => Array.from(await t.data<'float32'>());

test('by content all queries look alike; by context the content bias counts nothing', async () => {
  const x = rng.normal([1, 4, 6]);
  for (const to of ['content', 'context'] as const) {
    const layer = new CollaborativeAttention({ width: 6, heads: 2, sharedDim: 3, rng });
    const plain = new CollaborativeAttention({ ...layer.config, contentBias: false, rng });
    plain.loadStateDict(new Map([...layer.stateDict()].filter(([name]) => name !== 'content_bias.weight')));
    const free = restrictAttention(layer, to);
    const weights = layer.weights(x);
    const rows = await host(weights);
    if (to === 'content') {
      for (let head = 0; head < 2; head++) {
        for (let q = 1; q < 4; q++) {
          const at = (head * 4 + q) * 4;
          assertClose(rows.slice(at, at + 4), rows.slice(head * 16, head * 16 + 4), { rtol: 1e-6 });
        }
      }
    } else {
      const other = plain.weights(x);
      assert.equal(rows, await host(other));
      other.dispose();
    }
    // Training what is free keeps the restriction.
    const held = to === 'content' ? layer.query.weight : (layer.contentBias?.weight as Tensor);
    assert.not.ok([...free.values()].includes(held));
    using optimizer = new SGD(free, { rate: 0.1 });
    optimizer.minimize(() => scope(() => sum(layer.forward(x).square()))).dispose();
    assert.ok((await host(held)).every((value) => value === 0));
    for (const t of [weights, layer, plain]) t.dispose();
  }
  x.dispose();
});

test('other layers, other parts, and a layer that has no content are refused', () => {
  const layer = new CollaborativeAttention({ width: 4, heads: 2, sharedDim: 2, contentBias: false, rng });
  assertThrows(() => restrictAttention(layer, 'content'), OptionError, /has no content biases/);
  assertThrows(
    () => restrictAttention(layer, 'keys' as never),
    OptionError,
    /to must be one of content, context, got "keys"/,
  );
  assertThrows(() => restrictAttention({} as never, 'content'), OptionError, /takes a CollaborativeAttention/);
  layer.dispose();
});

test.run();
