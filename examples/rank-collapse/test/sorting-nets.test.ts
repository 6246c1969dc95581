/** The sorting networks, and what their tokens have in common. */
import type { Context } from '@saccade/lab';
import { memory } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gaps } from '../src/circle-nets.js';
import { freeNet, residualRatios, sortingNet, trainNet } from '../src/sorting-nets.js';

const context: Context = {
  seed: 1,
  full: true,
  signal: new AbortController().signal,
  data: (name) => name,
  progress: async () => {},
  log: () => {},
};

test('six layers without skips lose what tells tokens apart, with skips they keep it', async () => {
  const before = memory().tensors;
  for (const skip of [false, true]) {
    const net = sortingNet(1, skip);
    const ratios = await residualRatios(net);
    assert.is(ratios.length, 7);
    assert.ok(ratios[0]! > 0.9, `${ratios[0]}`);
    if (skip) assert.ok(ratios[6]! > 0.8, `${ratios[6]}`);
    else assert.ok(ratios[2]! < 1e-4 && ratios[6]! < 1e-6, `${ratios}`);
    freeNet(net);
  }
  assert.is(memory().tensors, before);
});

test('training tells each step, within its part of the experiment, and begins with the same examples for one seed', async () => {
  const before = memory().tensors;
  const shares: number[] = [];
  const losses: number[] = [];
  for (let i = 0; i < 2; i++) {
    const net = sortingNet(2, true);
    const steps: number[] = [];
    const trained = await trainNet(
      net,
      { epochs: 1, part: [0.5, 1], watch: async ({ step }) => void steps.push(step) },
      { ...context, progress: async (share) => void shares.push(share) },
    );
    assert.equal([trained.steps, steps.length, steps.at(-1)], [32, 32, 32]);
    losses.push(trained.loss);
    freeNet(net);
  }
  assert.ok(shares[0]! > 0.5 && shares.at(-1) === 1);
  assert.is(losses[0], losses[1]);
  assert.is(memory().tensors, before);
});

test('gaps are the distances of two tokens', () => {
  const places = [[[0, 0], [3, 4]], [[1, 1], [1, 1]]] as const; // biome-ignore format: points
  assert.equal(gaps({ name: '', skip: false, mlp: false, places }), [5, 0]);
});

test.run();
