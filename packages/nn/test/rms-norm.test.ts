/** RMSNorm: its equation, wrong sizes, gradients, memory. */
import { checkGradients, DTypeError, init, OptionError, Rng, ShapeError, scope, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RMSNorm } from '../src/index.js';

onTestDevice(test, init);

test('vectors along the last axis are divided by their root mean square and scaled', async () => {
  await scope(async () => {
    const norm = new RMSNorm(3);
    const x = tensor([[1, 2, 3], [-4, 0, 0.5]]); // biome-ignore format: a table
    norm.loadStateDict({ weight: tensor([1, 0.5, -2]) });
    const expected = [0.46291, 0.46291, -2.777460002, -1.718675539, 0, -0.429668885];
    assertClose(await norm.forward(x).data(), expected);
    assert.equal([...norm.stateDict().keys()], ['weight']);
    norm.dispose();
  });
});

test('epsilon is added to the mean square, and without a scale there is no state', async () => {
  await scope(async () => {
    const norm = new RMSNorm(3, { epsilon: 0.25, affine: false });
    const x = tensor([[[1, 2, 3]], [[-4, 0, 0.5]]]); // biome-ignore format: a table
    const y = norm.forward(x);
    assert.equal([...y.shape], [2, 1, 3]);
    assertClose(await y.data(), [0.450987617, 0.901975234, 1.35296285, -1.680336101, 0, 0.210042013]);
    assert.is(norm.size, 0);
    assertClose(await norm.forward(zeros([1, 3])).data(), [0, 0, 0]);
  });
});

test('sizes and options that make no sense, and tensors that do not fit, are typed errors', () => {
  scope(() => {
    assertThrows(() => new RMSNorm(0), OptionError, /RMSNorm: size must be a whole number from 1, got 0/);
    assertThrows(
      () => new RMSNorm(3, { epsilon: -1 }),
      OptionError,
      /RMSNorm: epsilon must be a number from 0, got -1/,
    );
    assertThrows(() => new RMSNorm(3, { bias: true } as never), OptionError, /RMSNorm: no option 'bias'/);
    const norm = new RMSNorm(3);
    assertThrows(() => norm.forward(zeros([3, 2])), ShapeError, /RMSNorm: expected \[..., 3\], got \[3, 2\]/);
    assertThrows(() => norm.forward([1, 2, 3] as never), DTypeError, /RMSNorm: x must be a tensor/);
    norm.dispose();
  });
});

test('the gradient is that of central differences', async () => {
  const norm = new RMSNorm(4, { affine: false });
  await scope(async () => {
    await checkGradients((x) => norm.forward(x), [new Rng(1).normal([3, 4])]);
  });
});

test.run();
