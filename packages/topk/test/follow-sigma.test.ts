/** Sigma along a schedule, and training that goes on bit for bit. */
import { Adam, batches, type CheckpointStore, fit } from '@saccade/nn';
import { OptionError, Rng, scope, tensor } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { followSigma } from '../src/model/follow-sigma.js';
import { PatchSelector } from '../src/model/patch-selector.js';
import type { SelectionOptions } from '../src/model/patch-selector-options.js';
import { cosineSigma, linearSigma } from '../src/model/sigma-schedule.js';

function build(seed: number, selection: SelectionOptions = {}): PatchSelector {
  return new PatchSelector({
    height: 24,
    width: 24,
    channels: 1,
    classes: 2,
    patches: 2,
    patchSize: 8,
    downscale: 1,
    rng: new Rng(seed),
    scorer: { kind: 'conv', channels: [2], pool: 5 },
    features: { kind: 'conv', channels: [2], outSize: 4 },
    aggregation: { kind: 'transformer', layers: 1, heads: 1, dropout: 0.2 },
    hardProbability: 0.2,
    randomProbability: 0.3,
    selection,
  });
}

function memoryStore(): CheckpointStore {
  let kept: Uint8Array | undefined;
  return {
    load: async () => kept,
    save: async (bytes) => {
      kept = bytes;
    },
  };
}

/** Trains 2 steps an epoch on 8 examples, from a check point if there is one. */
async function train(selector: PatchSelector, epochs: number, to: CheckpointStore, multipliers: number[] = []) {
  const images = new Rng(9).uniform([8, 24, 24, 1]);
  const labels = tensor(Int32Array.of(0, 1, 0, 1, 1, 0, 1, 0));
  const optimizer = new Adam(selector, { rate: 0.01 });
  const follow = followSigma(selector, linearSigma({ steps: 4 }));
  await fit(selector, {
    data: batches({ images, labels }, { size: 4, seed: 1 }),
    loss: (batch) => selector.loss(batch.images, batch.labels),
    optimizer,
    epochs,
    checkpoint: { to },
    onStep(event) {
      multipliers.push(selector.sigmaMultiplier);
      follow(event);
    },
  });
  for (const one of [images, labels, optimizer]) one.dispose();
}

const weightsOf = (selector: PatchSelector): number[] =>
  scope(() => [...selector.stateDict().values()].flatMap((t) => Array.from(t.dataSync(), Number)));

test('sigma goes from step to step as the schedule says, and ends at its end', async () => {
  const [selector, multipliers] = [build(1), [] as number[]];
  await train(selector, 2, memoryStore(), multipliers);
  assertClose(multipliers, [1, 0.75, 0.5, 0.25], { atol: 1e-7 });
  assert.is(selector.sigmaMultiplier, 0);
  selector.dispose();
});

test('the schedule is of sigma itself, whatever the selector began with', () => {
  const selector = build(1, { sigma: 0.1 });
  const follow = followSigma(selector, cosineSigma({ sigma: 0.05, steps: 10, final: 0.01 }));
  assertClose(selector.sigmaMultiplier, 0.5, { rtol: 1e-6 });
  follow({ epoch: 4, step: 2, steps: 2 });
  assertClose(selector.sigmaMultiplier, 0.1, { rtol: 1e-6 });
  selector.dispose();
});

for (const method of ['exact', 'perturbed'] as const) {
  test(`${method}: four steps, and two steps, an end and two more from the check point give the same weights`, async () => {
    const selection: SelectionOptions = { method, samples: 20 };
    const whole = build(1, selection);
    await train(whole, 2, memoryStore());
    const store = memoryStore();
    const first = build(1, selection);
    await train(first, 1, store);
    const second = build(2, selection); // other weights and streams, all of which the check point replaces
    await train(second, 2, store);
    assert.equal(weightsOf(second), weightsOf(whole));
    assert.not.equal(weightsOf(first), weightsOf(whole));
    assert.is(second.sigmaMultiplier, 0);
    for (const one of [whole, first, second]) one.dispose();
  });
}

test('bad input is an OptionError', () => {
  const [selector, still] = [build(1), build(1, { sigma: 0 })];
  assertThrows(() => followSigma({} as never, () => 1), OptionError, /followSigma: expected a PatchSelector/);
  assertThrows(() => followSigma(selector, 3 as never), OptionError, /followSigma: expected a function/);
  assertThrows(() => followSigma(still, () => 1), OptionError, /sigma must be a number above 0, got 0/);
  assertThrows(
    () => {
      selector.sigmaMultiplier = -1;
    },
    OptionError,
    /sigmaMultiplier must be a number from 0, got -1/,
  );
  for (const one of [selector, still]) one.dispose();
});

test.run();
