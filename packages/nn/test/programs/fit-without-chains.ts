/** Runs that overlap, stop and go on, on a host that cannot tell asynchronous call chains apart. Prints ok. */
import { keep, memory, Rng, scope, type Tensor } from '@saccade/tensor';
import * as assert from 'uvu/assert';
import {
  Adam,
  accuracy,
  batches,
  type CheckpointStore,
  crossEntropy,
  type Dataset,
  ExponentialAverage,
  fit,
  inMemory,
  MLP,
  mapBatches,
} from '../../src/index.js';

// The first scope asks for it.
process.getBuiltinModule = (() => undefined) as never;

type Points = { readonly x: Tensor; readonly y: Tensor };

const data: Points = keep(
  scope(() => {
    const x = new Rng(1).uniform([60, 2], { low: -1, high: 1 });
    return { x, y: x.square().sum({ axis: 1 }).less(0.6).cast('int32') };
  }),
);

/** Mostly waits for other promises only, so that the ends of several scopes meet in one task. */
async function pause(rng: Rng): Promise<void> {
  if (rng.number() < 0.05) await new Promise((resolve) => setImmediate(resolve));
  for (let turns = Math.floor(8 * rng.number()); turns > 0; turns--) await undefined;
}

/** The points in batches that take their time, and that make more tensors than they give. */
function slow(chance: Rng): Dataset<Points> {
  return mapBatches(inMemory(data), async ({ x, y }) => {
    const twice = x.mul(2);
    await pause(chance);
    const same = twice.mul(0.5);
    await pause(chance);
    return { x: same, y };
  });
}

function slowStore(chance: Rng): CheckpointStore {
  let stored: Uint8Array | undefined;
  return {
    async load() {
      await pause(chance);
      return stored;
    },
    async save(bytes) {
      await pause(chance);
      stored = bytes.slice();
    },
  };
}

interface Way {
  readonly points: Dataset<Points>;
  readonly to?: CheckpointStore;
  readonly stopAfter?: number;
  /** Gets the number of tensors alive at each step. */
  readonly live?: number[];
}

/** One run; resolves to its weights, or to undefined if it was stopped. */
async function train({ points, to, stopAfter = Infinity, live }: Way): Promise<number[] | undefined> {
  const model = new MLP([2, 6, 2], { rng: new Rng(1), dropout: 0.1 });
  const average = new ExponentialAverage(model, { decay: 0.9 });
  const optimizer = new Adam(model, { rate: 0.02 });
  const controller = new AbortController();
  let steps = 0;
  try {
    await fit(model, {
      data: batches(points, { size: 10, prefetch: 3 }),
      validation: batches(points, { size: 25, prefetch: 2 }),
      loss: ({ x, y }) => crossEntropy(model.forward(x), y),
      metrics: { accuracy: ({ x, y }) => accuracy(model.forward(x), y) },
      earlyStopping: { patience: 9 },
      optimizer,
      average,
      epochs: 4,
      checkpoint: to && { to, everySteps: 4 },
      signal: controller.signal,
      onStep: () => {
        live?.push(memory().tensors);
        if (++steps === stopAfter) controller.abort(new Error('stopped'));
      },
    });
    return [...model.parameters().values()].flatMap((t) => [...t.dataSync()]);
  } catch (error) {
    assert.is((error as Error).message, 'stopped');
    return undefined;
  } finally {
    for (const part of [model, average, optimizer]) part.dispose();
  }
}

async function trainInPieces(chance: Rng): Promise<number[]> {
  const to = slowStore(chance);
  for (;;) {
    const weights = await train({ points: slow(chance), to, stopAfter: 1 + Math.floor(9 * chance.number()) });
    if (weights !== undefined) return weights;
  }
}

const before = memory().tensors;
const expected = await train({ points: inMemory(data) });
for (let seed = 0; seed < 8; seed++) {
  const chance = new Rng(seed);
  const runs = [train({ points: slow(chance) }), trainInPieces(chance), trainInPieces(chance)];
  for (const weights of await Promise.all(runs)) assert.equal(weights, expected);
  assert.is(memory().tensors, before);
}

// A scope around a run holds its small values until it ends, one loss a step and some at the end of an epoch, no gradients.
const live: number[] = [];
await scope(() => train({ points: inMemory(data), live }));
assert.ok(
  live.slice(0, 6).every((count, i) => i === 0 || count <= (live[i - 1] as number) + 1),
  `alive: ${live}`,
);
assert.is(memory().tensors, before);

// Another scope ends so many turns after a check point was asked for: none of them frees what was loaded.
const whole = slowStore(new Rng(1));
await train({ points: inMemory(data), to: whole });
for (let turns = 0; turns < 24; turns++) {
  let asked = (): void => {};
  const other = scope(async () => {
    await new Promise<void>((resolve) => {
      asked = resolve;
    });
    for (let turn = 0; turn < turns; turn++) await undefined;
  });
  const load = async (): Promise<Uint8Array | undefined> => {
    const stored = await whole.load();
    asked();
    return stored;
  };
  assert.equal(await train({ points: inMemory(data), to: { load, save: whole.save } }), expected);
  await other;
  assert.is(memory().tensors, before);
}
console.log('ok');
