import { TransformerEncoder } from '@saccade/nn';
import { dispose, memory, OptionError, Rng, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { residualCurve } from '../../src/curve/residual-curve.js';
import { modelOf } from '../../src/model/model-of.js';
import { runLayer } from '../../src/model/run-layer.js';
import { SelfAttentionNetwork } from '../../src/network/self-attention-network.js';
import { pathContributions } from '../../src/paths/path-contributions.js';

const numbers = async (t: Tensor): Promise<number[]> => Array.from((await t.data()) as ArrayLike<number>);

for (const normFirst of [false, true]) {
  test(`layers of an encoder of nn give what the encoder gives, norms ${normFirst ? 'first' : 'last'}`, async () => {
    using encoder = new TransformerEncoder(3, 8, 2, { rng: new Rng(1), normFirst, activation: 'gelu' });
    const x = new Rng(2).normal([2, 5, 8]);
    const before = memory().tensors;
    const model = modelOf(encoder);
    await scope(async () => {
      const { output, check } = await pathContributions(model, x.at(0));
      assertClose(await numbers(output), await numbers(encoder.forward(x).at(0)), { rtol: 1e-5, atol: 1e-5 });
      assert.ok(check!.holds);
    });
    assert.is(memory().tensors, before);
  });
}

for (const options of [
  { vocabulary: 7, labels: 3, width: 8, depth: 2, heads: 2 },
  { vocabulary: 7, labels: 3, width: 8, depth: 2, heads: 2, mlp: true, skip: false },
]) {
  test(`layers of a network give its hidden states${options.mlp ? ', with an MLP and without skips' : ''}`, async () => {
    using network = new SelfAttentionNetwork({ ...options, rng: new Rng(1) });
    const ids = [[1, 5, 2, 6, 0]];
    const { hidden } = network.hiddenStates(tensor(ids, { dtype: 'int32' }));
    const model = modelOf(network);
    let { states } = await model.embed!(ids);
    for (let i = 0; i < 2; i++) {
      assertClose(await numbers(states), await numbers(hidden[i]!), { rtol: 1e-5, atol: 1e-6 });
      states = await model.withLayer(i, (layer) => runLayer(states, layer));
    }
    assertClose(await numbers(states), await numbers(hidden[2]!), { rtol: 1e-5, atol: 1e-6 });
    const { points } = await residualCurve(model, ids);
    assert.is(points.length, 3);
  });
}

test('points go in as a tensor', async () => {
  using network = new SelfAttentionNetwork({
    coordinates: 2,
    labels: 2,
    width: 8,
    depth: 1,
    heads: 2,
    rng: new Rng(1),
  });
  const points = new Rng(3).normal([2, 4, 2]);
  assert.is((await residualCurve(modelOf(network), points)).samples, 2);
  await assertRejects(() => residualCurve(modelOf(network), [[1, 2]]), OptionError, /this network reads points/);
  dispose(points);
});

test('anything else is refused', () => {
  assertThrows(
    () => modelOf({} as never),
    OptionError,
    /^modelOf: expected a SelfAttentionNetwork or a TransformerEncoder, got an object$/,
  );
});

test.run();
