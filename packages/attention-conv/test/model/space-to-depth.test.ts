/** Patches to channels. */
import { checkGradients, init, memory, OptionError, Rng, ShapeError, scope, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { spaceToDepth } from '../../src/model/space-to-depth.js';
import { cases } from '../reference.js';

onTestDevice(test, init);

const golden = cases<unknown>('bert_image');

test('patches are those of the release', async () => {
  const before = memory().tensors;
  const sizes = golden.names('downsample.k');
  assert.ok(sizes.length > 0);
  await scope(async () => {
    const x = golden.tensor('downsample.x');
    for (const size of sizes) {
      const y = spaceToDepth(x, Number(size));
      assert.equal([...y.shape], [...golden.shape(`downsample.k${size}`)]);
      assert.equal(Array.from(await y.data()), golden.values(`downsample.k${size}`));
    }
  });
  assert.is(memory().tensors, before);
});

test('along one axis and three, a patch holds its pixels in the order of the axes', async () => {
  await scope(async () => {
    const signal = tensor([0, 1, 2, 3, 4, 5]).reshape([1, 6, 1]);
    assertClose(await spaceToDepth(signal, 3).data(), [0, 1, 2, 3, 4, 5]);
    assert.equal([...spaceToDepth(signal, 3).shape], [1, 2, 3]);
    const cube = tensor(Array.from({ length: 8 }, (_, i) => i)).reshape([1, 2, 2, 2, 1]);
    assertClose(await spaceToDepth(cube, 2).data(), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.equal([...spaceToDepth(cube, 2).shape], [1, 1, 1, 1, 8]);
    assert.equal([...spaceToDepth(cube, 1).shape], [...cube.shape]);
  });
});

test('a patch that does not divide the image, and what is no image, are refused', () => {
  scope(() => {
    const message = /spaceToDepth: images must be .* with extents that 2 divides, got \[1, 4, 5, 1\]/;
    assertThrows(() => spaceToDepth(zeros([1, 4, 5, 1]), 2), ShapeError, message);
    assertThrows(() => spaceToDepth(zeros([4, 4]), 2), ShapeError, /got \[4, 4\]/);
    assertThrows(() => spaceToDepth(undefined as never, 2), ShapeError, /got no tensor/);
    assertThrows(() => spaceToDepth(zeros([1, 4, 4, 1]), 0), OptionError, /patch must be a whole number from 1, got 0/);
  });
});

test('gradients go back to the pixels', async () => {
  const x = new Rng(1).normal([2, 4, 6, 1]);
  await checkGradients((t) => spaceToDepth(t, 2).square(), [x]);
  x.dispose();
});

test.run();
