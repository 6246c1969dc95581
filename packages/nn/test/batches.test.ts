/** Data sets and batches: order, coverage, prefetching, memory, errors. */
import { memory, OptionError, Rng, range, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertRejects, assertThrows } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Batches, batches, type Dataset, inMemory, mapBatches, randomSplit, subset } from '../src/index.js';

type Numbers = { readonly x: Tensor };

const numbers = (count: number): Numbers => ({ x: range(0, count) });

async function read(data: Batches<Numbers>, epoch = 0, from = 0): Promise<number[][]> {
  const seen: number[][] = [];
  for await (const { x } of data.epoch(epoch, { from })) seen.push([...(await x.data())]);
  return seen;
}

test('an empty data set, no tensors, different counts and bad options are typed errors', () => {
  assertThrows(() => batches(numbers(0), { size: 2 }), OptionError, /the data set is empty/);
  assertThrows(() => batches({}, { size: 2 }), OptionError, /expected tensors, such as \{ images, labels \}/);
  assertThrows(() => batches({ a: zeros([2]), b: zeros([3]) }, { size: 2 }), ShapeError, /got \[2\], \[3\]/);
  assertThrows(() => batches({ a: tensor(3) }, { size: 2 }), ShapeError, /must count the same examples/);
  assertThrows(() => batches({ size: 0, batch: () => ({}) }, { size: 2 }), OptionError, /the data set is empty/);
  assertThrows(
    () => batches(numbers(3), { size: 4, dropLast: true }),
    OptionError,
    /3 examples do not fill a batch of 4/,
  );
  assertThrows(() => batches(numbers(3), { size: 0 }), OptionError, /size must be a whole number from 1, got 0/);
  assertThrows(() => batches(numbers(3), { size: 1, prefetch: -1 }), OptionError, /prefetch/);
  assertThrows(() => batches(numbers(3), { size: 1, seed: -1 }), OptionError, /seed must be a whole number/);
  assertThrows(() => batches(undefined as never, { size: 1 }), OptionError, /expected a data set, got undefined/);
  assertThrows(() => subset(inMemory(numbers(3)), Int32Array.of(0, 3)), OptionError, /position 3 is outside \[0, 3\)/);
});

test('every epoch has every example once, in an order of its own that the seed gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.nat(3),
      async (count, size, prefetch) => {
        const data = batches(numbers(count), { size, seed: 4, prefetch });
        const epochs = [await read(data, 0), await read(data, 1), await read(data, 0)];
        for (const epoch of epochs) {
          assert.equal(
            epoch.flat().sort((a, b) => a - b),
            Array.from({ length: count }, (_, i) => i),
          );
          assert.is(epoch.length, data.steps);
          epoch.forEach((batch, step) => {
            assert.is(batch.length, data.count(step));
          });
        }
        assert.equal(epochs[0], epochs[2]);
      },
    ),
    { numRuns: 30, seed: 2 },
  );
  const data = batches(numbers(100), { size: 10 });
  assert.not.equal(await read(data, 0), await read(data, 1));
  assert.not.equal(await read(data, 0), await read(batches(numbers(100), { size: 10, seed: 1 }), 0));
});

test('an epoch can begin in the middle, keep its order, and leave out a last short batch', async () => {
  const data = batches(numbers(10), { size: 3, seed: 2 });
  assert.equal(await read(data, 1, 2), (await read(data, 1)).slice(2));
  assert.equal(await read(data, 1, 4), []);
  const plain = batches(numbers(5), { size: 2, shuffle: false, dropLast: true });
  assert.equal(await read(plain), [[0, 1], [2, 3]]); // biome-ignore format: pairs
  assert.equal([plain.steps, plain.examples], [2, 4]);
});

test('batches draw from streams of their own, however many are loaded ahead', async () => {
  const noisy = mapBatches(inMemory(numbers(12)), ({ x }, { rng }) => ({ x: x.add(rng.normal([x.size])) }));
  const runs = await Promise.all([0, 1, 5].map((prefetch) => read(batches(noisy, { size: 4, prefetch }))));
  assert.equal(runs[0], runs[1]);
  assert.equal(runs[0], runs[2]);
  const again = await read(batches(noisy, { size: 4 }), 0, 2);
  assert.equal(again, runs[0]?.slice(2));
});

test('so many batches are asked for ahead, and a subset asks for its own rows', async () => {
  const asked: number[][] = [];
  const source: Dataset<Numbers> = {
    size: 10,
    batch: async (rows) => {
      asked.push([...rows]);
      return { x: tensor(rows.slice()) };
    },
  };
  const epoch = batches(subset(source, Int32Array.of(9, 7, 5, 3, 1)), { size: 1, shuffle: false, prefetch: 2 }).epoch(
    0,
  );
  await epoch.next();
  assert.equal(asked, [[9], [7], [5]]);
  await epoch.return();
});

test('a batch is freed when the next one is asked for, and all are when the loop ends early or fails', async () => {
  const data = numbers(20);
  const before = memory().tensors;
  let last: Tensor | undefined;
  for await (const { x } of batches(data, { size: 2, prefetch: 3 }).epoch(0)) {
    assert.ok(last === undefined || last.disposed);
    if (last !== undefined) break;
    last = x;
  }
  assert.is(memory().tensors, before);
  const failing = mapBatches(inMemory(data), ({ x }, { rng }) => {
    if (rng.number() < 0.5) throw new Error('unreadable');
    return { x: scope(() => x.add(1)) };
  });
  await assertRejects(() => read(batches(failing, { size: 1, prefetch: 4 })), Error, /unreadable/);
  assert.is(memory().tensors, before);
});

test('an aborted signal ends the loop with its reason', async () => {
  const controller = new AbortController();
  let count = 0;
  await assertRejects(
    async () => {
      for await (const _ of batches(numbers(9), { size: 1 }).epoch(0, { signal: controller.signal })) {
        if (++count === 3) controller.abort(new Error('enough'));
      }
    },
    Error,
    /enough/,
  );
  assert.is(count, 3);
});

test('tensors of several types and shapes go together', async () => {
  const data = {
    images: new Rng(1).normal([6, 2, 2, 1]),
    labels: tensor(Int32Array.of(0, 1, 2, 3, 4, 5)),
    list: [zeros([6], { dtype: 'bool' })],
  };
  for await (const batch of batches(data, { size: 4, shuffle: false }).epoch(0)) {
    assert.equal([...batch.images.shape], [batch.labels.size, 2, 2, 1]);
    assert.is(batch.labels.dtype, 'int32');
    assert.is(batch.list[0]?.dtype, 'bool');
  }
});

test('tensors in a class instance, which could not be split, are refused and stay alive', () => {
  class Points {
    readonly x = zeros([10, 2]);
  }
  const points = new Points();
  for (const data of [points, { inner: points }, { set: new Set([points.x]) }]) {
    assertThrows(() => batches(data, { size: 4 }), OptionError, /tensors must be in arrays, plain objects and maps/);
  }
  assert.not(points.x.disposed);
  assertThrows(() => mapBatches(points as never, (batch) => batch), OptionError, /mapBatches: expected a data set/);
  assertThrows(() => subset(inMemory(numbers(3)), [0] as never), OptionError, /rows must be an Int32Array/);
});

test('a random split has every example once, by the seed', async () => {
  const data = inMemory(numbers(10));
  const parts = randomSplit(data, 0.7, new Rng(1));
  const rows = await Promise.all(parts.map((part) => read(batches(part, { size: 10, shuffle: false }))));
  assert.equal(
    rows.map((part) => part.flat().length),
    [7, 3],
  );
  assert.equal(
    rows.flat(2).sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  const again = randomSplit(data, 0.7, new Rng(1));
  assert.equal(await read(batches(again[1], { size: 10, shuffle: false })), rows[1]);
  for (const share of [0, 1, NaN, 0.01]) {
    assertThrows(() => randomSplit(data, share, new Rng(1)), OptionError, /leaves a part empty/);
  }
});

test.run();
