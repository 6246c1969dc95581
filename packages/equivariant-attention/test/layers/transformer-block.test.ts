/** The block against the reference's. */
import { init, memory, Rng, scope } from '@saccade/tensor';
import { onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TransformerBlock } from '../../src/layers/transformer-block.js';
import { assertGradients, assertNear, pullBack, Vectors } from '../reference.js';

onTestDevice(test, init);

test('output and gradients are those of the reference', async () => {
  const before = memory().tensors;
  const parity = { encoding: 'paper2021', encodingEps: 1e-12, normEps: 1e-12 } as const;
  const block = new TransformerBlock(4, 6, { group: 'p4', heads: 2, patch: 3, crop: 1, ...parity, rng: new Rng(0) });
  const vectors = new Vectors('transformer_block');
  await scope(async () => {
    vectors.fill(block, 'w.');
    const x = vectors.channelsLast('x');
    const wanted = new Map([['x', x], ...block.parameters()]);
    const { y, gradients } = pullBack(() => block.forward(x), vectors.channelsLast('cotangent'), wanted);
    await assertNear(y, vectors.channelsLast('y'), 2e-5, 'y');
    const expected = vectors.own(block, 'g.').set('x', vectors.channelsLast('grad_x'));
    await assertGradients(gradients, expected, 'block');
  });
  block.dispose();
  assert.is(memory().tensors, before);
});

test.run();
