/** The small trainer, and what paths of what it trained can do. */
import { dispose, init, layerNorm, memory, OptionError, Rng, scope, stack, type Tensor } from '@saccade/tensor';
import { assertRejects, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelOf } from '../../src/model/model-of.js';
import { CircleNetwork } from '../../src/network/circle-network.js';
import { SelfAttentionNetwork } from '../../src/network/self-attention-network.js';
import { pathContributions } from '../../src/paths/path-contributions.js';
import { circleTask } from '../../src/tasks/circle-task.js';
import { pathEffectiveness } from '../../src/tasks/path-effectiveness.js';
import { sortingTask } from '../../src/tasks/sorting-task.js';
import type { TokenTask } from '../../src/tasks/task.js';
import { tokenAccuracy } from '../../src/tasks/token-accuracy.js';
import { trainCircle, trainTask } from '../../src/tasks/train-task.js';

onTestDevice(test, init);

const small = (): { task: TokenTask; network: SelfAttentionNetwork } => {
  const task = sortingTask({ rng: new Rng(1), letters: 4, length: 4, train: 320, test: 300 });
  const network = new SelfAttentionNetwork({
    ...task.form,
    width: 16,
    depth: 2,
    heads: 2,
    dropout: 0,
    rng: new Rng(2),
  });
  return { task, network };
};

test('a network learns to sort four letters, tells how far it is, and leaves nothing behind', async () => {
  const before = memory().tensors;
  const { task, network } = small();
  const done: number[] = [];
  const onProgress = (share: number): void => void done.push(share);
  const trained = await trainTask(network, task, { epochs: 25, rate: 5e-3, onProgress });
  assert.is(trained.steps, 250);
  assert.equal([done.length, done.at(-1)], [250, 1]);
  assert.ok(trained.accuracy > 0.85 && trained.accuracy > task.trivial + 0.4, `${trained.accuracy}`);
  assert.ok(trained.loss < 0.5);
  const own = await tokenAccuracy(task.test, (inputs) => network.eval().forward(inputs));
  assert.is(own, trained.accuracy);
  dispose(task);
  network.dispose();
  assert.is(memory().tensors, before);
});

test('the same seed trains the same network', async () => {
  const runs = [small(), small()];
  const losses: number[] = [];
  for (const { task, network } of runs) losses.push((await trainTask(network, task, { epochs: 2, seed: 3 })).loss);
  assert.is(losses[0], losses[1]);
  for (const { task, network } of runs) {
    dispose(task);
    network.dispose();
  }
});

test('a circle is learnt', async () => {
  const before = memory().tensors;
  const task = circleTask({ points: 128, advance: 2 });
  const network = new CircleNetwork({ skip: true, width: 8, rng: new Rng(1) });
  const { loss, steps } = await trainCircle(network, task, { epochs: 60, rate: 1e-2 });
  assert.is(steps, 240);
  assert.ok(loss < 1e-3, `${loss}`);
  network.dispose();
  dispose(task);
  assert.is(memory().tensors, before);
});

test('a signal ends training', async () => {
  const { task, network } = small();
  const stop = new AbortController();
  const onProgress = (share: number): void => {
    if (share > 0.2) stop.abort(new Error('enough'));
  };
  await assertRejects(
    () => trainTask(network, task, { epochs: 2, signal: stop.signal, onProgress }),
    Error,
    /^enough$/,
  );
  await assertRejects(
    () => pathEffectiveness(network, task, { rng: new Rng(0), signal: stop.signal }),
    Error,
    /^enough$/,
  );
  dispose(task);
  network.dispose();
});

test('wrong options of training are OptionErrors', async () => {
  const { task, network } = small();
  const bad = (options: object, message: RegExp): Promise<Error> =>
    assertRejects(() => trainTask(network, task, options as never), OptionError, message);
  await bad({ epochs: 0 }, /^trainTask: epochs must be a whole number from 1, got 0$/);
  await bad({ batch: 0 }, /batch must be a whole number from 1, got 0/);
  await bad({ rate: 0 }, /rate must be a number above 0, got 0/);
  await bad({ epochs: 1, warmUp: 10 }, /^trainTask: warmUp must be a whole number in \[0, 9\], got 10$/);
  await bad({ onProgress: 1 }, /expected a function, got 1/);
  await bad({ steps: 1 }, /no option 'steps'; there are epochs/);
  const other = new SelfAttentionNetwork({ vocabulary: 4, labels: 5, width: 4, depth: 1, heads: 1, rng: new Rng(0) });
  await assertRejects(() => trainTask(other, task), OptionError, /^trainTask: the task has 4 labels, the network 5$/);
  await assertRejects(
    () => trainTask({} as never, task),
    OptionError,
    /expected a SelfAttentionNetwork, got an object/,
  );
  dispose(task);
  for (const one of [network, other]) one.dispose();
});

test('paths of each length answer the test examples, the same for the same seed', async () => {
  const before = memory().tensors;
  const { task, network } = small();
  const done: number[] = [];
  const onProgress = (share: number): void => void done.push(share);
  const options = { paths: 2, repeats: 3, onProgress };
  const found = await pathEffectiveness(network, task, { ...options, rng: new Rng(4) });
  assert.equal(
    found.map(({ length, accuracies }) => [length, accuracies.length]),
    [[0, 3], [1, 3], [2, 3]], // biome-ignore format: pairs
  );
  for (const { accuracies, mean, deviation } of found) {
    assert.ok(accuracies.every((accuracy) => accuracy >= 0 && accuracy <= 1));
    assert.ok(Math.abs(mean - accuracies.reduce((a, b) => a + b) / 3) < 1e-12);
    assert.ok((deviation ?? -1) >= 0);
  }
  // There is one path of length 0.
  assert.is(found[0]!.deviation, 0);
  assert.equal([done.length, done.at(-1)], [9, 1]);
  if (testDevice === 'wasm')
    assert.equal(await pathEffectiveness(network, task, { ...options, rng: new Rng(4) }), found);
  const [once] = await pathEffectiveness(network, task, { lengths: [2], repeats: 1, skip: true, rng: new Rng(4) });
  assert.is(once!.deviation, undefined);
  dispose(task);
  network.dispose();
  assert.is(memory().tensors, before);
});

test('with attention of the full pass the one path of a layer answers as what it contributes', async () => {
  const task = sortingTask({ rng: new Rng(1), letters: 4, length: 4, train: 8, test: 40 });
  const network = new SelfAttentionNetwork({ ...task.form, width: 16, depth: 1, heads: 1, rng: new Rng(2) });
  const before = memory().tensors;
  const options = { lengths: [1], paths: 1, repeats: 1, mode: 'frozen' as const, rng: new Rng(4) };
  const [one] = await pathEffectiveness(network, task, options);
  assert.is(memory().tensors, before);
  await scope(async () => {
    const contributed: Tensor[] = [];
    for (let i = 0; i < 40; i++) {
      const { sources } = await pathContributions(modelOf(network), task.test.inputs.at(`${i}:${i + 1}`));
      contributed.push(sources[0]!.byLength.at(1));
    }
    const logits = network.classifier.forward(layerNorm(stack(contributed), { epsilon: 1e-12 }));
    assert.is(one!.mean, await tokenAccuracy(task.test, () => logits));
  });
  dispose(task);
  network.dispose();
});

test('wrong options of paths are OptionErrors', async () => {
  const { task, network } = small();
  const bad = (options: object, message: RegExp): Promise<Error> =>
    assertRejects(() => pathEffectiveness(network, task, { rng: new Rng(0), ...options }), OptionError, message);
  await bad({ lengths: [1, 3] }, /^pathEffectiveness: length must be a whole number in \[0, 2\], got 3$/);
  await bad({ lengths: [] }, /lengths must be a list of at least one length, got \[\]/);
  await bad({ paths: 0 }, /paths must be a whole number from 1, got 0/);
  await bad({ repeats: 0 }, /repeats must be a whole number from 1, got 0/);
  await bad({ mode: 'rerun' }, /mode must be one of reRun, frozen, got "rerun"/);
  await bad({ rng: undefined }, /source of random numbers/);
  dispose(task);
  network.dispose();
});

test('labels that do not count are left out', async () => {
  await scope(async () => {
    const { task, network } = small();
    const { inputs } = task.test;
    const labels = task.test.labels.mul(0).sub(1).cast('int32');
    assert.ok(Number.isNaN(await tokenAccuracy({ inputs, labels }, (x) => network.forward(x))));
    network.dispose();
  });
});

test.run();
