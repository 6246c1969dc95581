/** ResNet-18 with PyTorch's names and padding. */
import { memory, OptionError, Rng, ShapeError, scope, zeros } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TorchResNet, TorchResNetScorer } from '../src/model/torch-resnet.js';

const rng = new Rng(1);

test('it has as many values as torchvision’s, without the classifier', () => {
  const network = new TorchResNet({ rng });
  assert.is(network.size, 11_689_512 - 513 * 1000);
  assert.is(network.outSize, 512);
  network.dispose();
});

test('names and shapes are torchvision’s', () => {
  scope(() => {
    const network = new TorchResNet({ rng, width: 4, inChannels: 1 });
    const state = network.stateDict();
    const block = ['bn1', 'bn2'].flatMap((bn) =>
      ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'].map((name) => `${bn}.${name}`),
    );
    for (const name of ['conv1.weight', 'conv2.weight', ...block]) {
      for (const layer of [1, 2, 3, 4]) assert.ok(state.has(`layer${layer}.1.${name}`), name);
    }
    assert.equal([...(state.get('conv1.weight')?.shape ?? [])], [4, 1, 7, 7]);
    assert.equal([...(state.get('layer3.0.downsample.0.weight')?.shape ?? [])], [16, 8, 1, 1]);
    assert.not.ok(state.has('layer1.0.downsample.0.weight'));
    network.dispose();
  });
});

test('the scorer gives the grid that it says, at the port’s size 24 x 32', () => {
  const scorer = new TorchResNetScorer({ rng, width: 2, inChannels: 1 }).eval();
  assert.equal(scorer.gridOf(400, 533), { rows: 24, columns: 32 });
  for (const [height, width] of [
    [25, 40],
    [41, 56],
    [48, 33],
    [57, 64],
  ] as const) {
    scope(() => {
      const { rows, columns } = scorer.gridOf(height, width);
      assert.equal([...scorer.forward(zeros([1, height, width, 1])).shape], [1, rows, columns]);
    });
  }
  scorer.dispose();
});

test('pictures that are too small, and bad options, are typed errors', () => {
  const scorer = new TorchResNetScorer({ rng, width: 2, downscale: 3 });
  const message = /TorchResNetScorer: images must be at least 75 x 75 pixels; one of 24 x 90 leaves no score/;
  assertThrows(() => scorer.gridOf(24, 90), ShapeError, message);
  scorer.dispose();
  const before = memory().tensors;
  assertThrows(() => new TorchResNet({ rng, width: 0 }), OptionError, /width must be a whole number from 1, got 0/);
  assertThrows(() => new TorchResNet({} as never), OptionError, /needs a source of random numbers/);
  assert.is(memory().tensors, before);
});

test('forward passes leave their results and nothing else', () => {
  const [network, scorer] = [new TorchResNet({ rng, width: 2 }), new TorchResNetScorer({ rng, width: 2 })];
  const x = zeros([2, 33, 40, 3]);
  const before = memory().tensors;
  for (const module of [network, scorer]) module.forward(x).dispose();
  assert.is(memory().tensors, before);
  for (const one of [network, scorer, x]) one.dispose();
});

test.run();
