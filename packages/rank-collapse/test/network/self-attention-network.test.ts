/** The network of the paper's experiments against the release's, by the release's names. */
import { Adam, crossEntropy, StateDictError } from '@saccade/nn';
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SelfAttentionNetworkOptions } from '../../src/network/network-options.js';
import { SelfAttentionNetwork } from '../../src/network/self-attention-network.js';
import { goldenNetwork, goldenState, type NetworkGolden, networkGolden } from './golden-network.js';

onTestDevice(test, init);

const rng = new Rng(3);
const sizes = { labels: 5, width: 8, depth: 2, heads: 2, rng };
const make = (options: Partial<SelfAttentionNetworkOptions> = {}): SelfAttentionNetwork =>
  new SelfAttentionNetwork({ vocabulary: 7, positions: 6, ...sizes, ...options } as SelfAttentionNetworkOptions);

/** Within a share of the largest magnitude of the expected values. */
async function assertNear(actual: Tensor, golden: NetworkGolden, name: string, share: number): Promise<void> {
  const expected = golden.values(name);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // The softmax does not see the biases of the keys: their gradients are 0 but for rounding.
  assertClose(await actual.data(), expected, { rtol: 0, atol: share * largest + 1e-8 }, name);
}

test('ids and points become logits of each token', () => {
  const before = memory().tensors;
  scope(() => {
    const ids = make();
    assert.equal([...ids.forward(rng.integers([3, 4], 0, 7)).shape], [3, 4, 5]);
    const points = new SelfAttentionNetwork({ coordinates: 3, ffn2: true, mlp: true, ...sizes });
    assert.equal([...points.forward(rng.normal([2, 6, 3])).shape], [2, 6, 5]);
    ids.dispose();
    points.dispose();
  });
  assert.is(memory().tensors, before);
});

test('defaults are the release’s', () => {
  const network = new SelfAttentionNetwork({ vocabulary: 7, ...sizes });
  assert.equal(network.config, {
    ...{ vocabulary: 7, positions: 512, labels: 5, width: 8, depth: 2, heads: 2 },
    ...{ mlp: false, skip: true, dropout: 0.1, epsilon: 1e-12 },
  });
  network.dispose();
});

test('dropout is for training alone', async () => {
  const network = make();
  await scope(async () => {
    const ids = rng.integers([2, 4], 0, 7);
    const [a, b] = [await network.forward(ids).data(), await network.forward(ids).data()];
    assert.not.equal(a, b);
    network.eval();
    assert.equal(await network.forward(ids).data(), await network.forward(ids).data());
    network.train();
    const seen = network.hiddenStates(ids, { attention: true });
    assert.equal([seen.hidden.length, seen.attention.length], [3, 2]);
    assert.equal([...seen.attention[1]!.shape], [2, 2, 4, 4]);
    assert.equal(await seen.hidden[2]!.data(), await network.hiddenStates(ids).hidden[2]!.data());
    assert.ok(network.training);
  });
  network.dispose();
});

test('without the skip a layer gives the norm of its heads alone', async () => {
  const network = make({ skip: false, dropout: 0 });
  const twin = make({ dropout: 0 });
  await scope(async () => {
    twin.loadStateDict(network.stateDict());
    const ids = rng.integers([2, 4], 0, 7);
    const { self, output } = network.bert.encoder.layer[0]!.attention;
    const [start, first] = network.hiddenStates(ids).hidden as [Tensor, Tensor];
    const expected = output.norm.forward(output.forward(self.forward(start)));
    assertClose(await first.data(), await expected.data(), { atol: 1e-6 });
    const withSkip = twin.hiddenStates(ids).hidden[1]!;
    assert.not.equal(await first.data(), await withSkip.data());
  });
  network.dispose();
  twin.dispose();
});

test('wrong options are OptionErrors that leave nothing behind', () => {
  const before = memory().tensors;
  const bad = (options: object, message: RegExp): void => {
    assertThrows(() => new SelfAttentionNetwork({ ...sizes, ...options } as never), OptionError, message);
  };
  bad({}, /^SelfAttentionNetwork: expected either a vocabulary of ids or coordinates of points, got neither$/);
  bad({ vocabulary: 3, coordinates: 2 }, /either a vocabulary of ids or coordinates of points, got both/);
  bad({ vocabulary: 3, heads: 3 }, /^SelfAttentionNetwork: heads must divide 8 channels, got 3$/);
  bad({ vocabulary: 3, depth: 0 }, /depth must be a whole number from 1, got 0/);
  bad({ vocabulary: 0 }, /vocabulary must be a whole number from 1, got 0/);
  bad({ vocabulary: 3, ffn2: true }, /no option 'ffn2'; there are vocabulary, positions, padding, labels/);
  bad({ coordinates: 2, positions: 3 }, /no option 'positions'; there are coordinates, ffn2, labels/);
  bad({ vocabulary: 3, padding: 3 }, /padding must be a whole number in \[0, 2\], got 3/);
  bad({ vocabulary: 3, dropout: 2 }, /dropout must be a number in \[0, 1\], got 2/);
  bad({ vocabulary: 3, skip: 1 }, /skip must be true or false, got 1/);
  bad({ vocabulary: 3, epsilon: -1 }, /epsilon must be a number from 0, got -1/);
  bad({ vocabulary: 3, rng: 1 }, /needs a source of random numbers/);
  assertThrows(() => new SelfAttentionNetwork(undefined as never), OptionError, /got neither/);
  assert.is(memory().tensors, before);
});

test('wrong inputs are ShapeErrors', () => {
  const ids = make();
  const points = new SelfAttentionNetwork({ coordinates: 2, ...sizes });
  scope(() => {
    const shape = (network: SelfAttentionNetwork, input: Tensor, message: RegExp): void => {
      assertThrows(() => network.forward(input), ShapeError, message);
    };
    shape(ids, zeros([4], { dtype: 'int32' }), /tokens must be \[batch, tokens\], got \[4\]/);
    shape(ids, zeros([1, 7], { dtype: 'int32' }), /^SelfAttentionNetwork: there are 6 positions, got 7 tokens$/);
    shape(points, zeros([1, 4, 3]), /points must be \[batch, tokens, 2\], got \[1, 4, 3\]/);
    assertThrows(() => points.hiddenStates(zeros([1, 4, 2]), { attention: 1 } as never), OptionError, /true or false/);
  });
  ids.dispose();
  points.dispose();
});

for (const name of ['san_sort', 'san_hull_mlp'] as const) {
  const golden = networkGolden(name);

  test(`${name}: the release's tensors load as they are, and no other names are there`, () => {
    const before = memory().tensors;
    scope(() => {
      const network = goldenNetwork(golden);
      assert.equal([...network.stateDict().keys()].sort(), golden.names('w.').sort());
      const state = goldenState(golden);
      state.delete('classifier.bias');
      const message = /classifier\.bias/;
      assertThrows(() => network.loadStateDict(state), StateDictError, message);
      network.dispose();
    });
    assert.is(memory().tensors, before);
  });

  test(`${name}: tokens, attention and logits are the release's`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const network = goldenNetwork(golden);
      const input = golden.tensor('input');
      const { hidden, attention } = network.hiddenStates(input, { attention: true });
      for (const [l, x] of hidden.entries()) await assertNear(x, golden, `hidden${l}`, 1e-5);
      for (const [l, p] of attention.entries()) await assertNear(p, golden, `attention${l}`, 1e-5);
      await assertNear(network.forward(input), golden, 'logits', 1e-5);
      network.dispose();
    });
    assert.is(memory().tensors, before);
  });

  test(`${name}: the loss and all gradients are the release's`, async () => {
    await scope(async () => {
      const network = goldenNetwork(golden);
      const [input, labels] = [golden.tensor('input'), golden.tensor('labels')];
      using optimizer = new Adam(network, { rate: 1e-3 });
      const { value, gradients } = optimizer.gradients(() => crossEntropy(network.forward(input), labels));
      assertClose((await value.data())[0] as number, golden.scalars.loss, { rtol: 1e-6 });
      assert.equal([...gradients.keys()].sort(), golden.names('g.').sort());
      for (const [parameter, gradient] of gradients) await assertNear(gradient, golden, `g.${parameter}`, 1e-4);
      network.dispose();
    });
  });
}

test('points have no order: shuffled tokens give shuffled logits', async () => {
  const network = new SelfAttentionNetwork({ coordinates: 2, mlp: true, ...sizes, dropout: 0 });
  await scope(async () => {
    const x = rng.normal([1, 4, 2]);
    const order = tensor(Int32Array.of(2, 0, 3, 1));
    const shuffled = network.forward(x.at(':', order));
    const expected = network.forward(x).at(':', order);
    assertClose(await shuffled.data(), await expected.data(), { rtol: 1e-5, atol: 1e-6 });
  });
  network.dispose();
});

test.run();
