/** The network published for rotated MNIST, at its start: a quarter turn moves the logits of the released encodings and not those of the exact ones. */
import { digits8x8 } from '@saccade/nn';
import { init, memory, Rng, resizeBilinear, scope, type Tensor, tensor } from '@saccade/tensor';
import { onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groups } from '../../src/groups/named-groups.js';
import { released, rotMnistNet } from '../../src/network/published-nets.js';
import { turnError } from '../turns.js';

onTestDevice(test, init);

/** A digit of 28x28. */
function digit(): Tensor {
  return scope(() => {
    const { pixels } = digits8x8();
    const small = tensor(
      Float32Array.from(pixels.subarray(3 * 64, 4 * 64), (v) => v / 16),
      { shape: [1, 8, 8, 1] },
    );
    return resizeBilinear(small, [28, 28]);
  });
}

test('by more than 1e-3 with those of the paper, by less than 1e-5 with ours', () => {
  const before = memory().tensors;
  const x = digit();
  for (const [options, isExact] of [
    [released('paper2021'), false],
    [{}, true],
  ] as const) {
    // biome-ignore format: pairs
    const net = rotMnistNet({ group: 'p4', ...options, rng: new Rng(1) }).eval();
    for (const h of [1, 2, 3]) {
      const error = turnError((y) => net.forward(y), x, groups.p4, h);
      assert.ok(isExact ? error < 1e-5 : error > 1e-3, `element ${h}: ${error}`);
    }
    net.dispose();
  }
  x.dispose();
  assert.is(memory().tensors, before);
});

test.run();
