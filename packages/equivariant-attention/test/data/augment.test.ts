/** Augmentation, turned test sets, normalisation, and half the size. */
import { batches, inMemory, mapBatches } from '@saccade/nn';
import { DTypeError, init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type AugmentOptions, augment } from '../../src/data/augment.js';
import { halveImages } from '../../src/data/halve-images.js';
import { normalisations, normalise } from '../../src/data/normalisation.js';
import { turnedBy } from '../../src/data/turned-by.js';
import { actOnImages } from '../../src/groups/act.js';
import { type GroupName, groups } from '../../src/groups/named-groups.js';

onTestDevice(test, init);

const host = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

test('each image is turned by an element of its own, in its own place', async () => {
  const property = fc.asyncProperty(
    fc.nat(1e6),
    fc.constantFrom<GroupName>('p4', 'mz2', 'p4m', 'z2'),
    fc.integer({ min: 1, max: 9 }),
    async (seed, name, batch) => {
      const before = memory().tensors;
      const rng = new Rng(seed);
      const x = rng.normal([batch, 3, 3, 2]) as Tensor;
      const y = augment(x, { rng, group: name });
      const got = await host(y);
      const group = groups[name];
      const turned: number[][] = [];
      for (let h = 0; h < group.order; h++) {
        const all = actOnImages(x, group, h);
        turned.push(await host(all));
        all.dispose();
      }
      for (let i = 0; i < batch; i++) {
        const own = (all: readonly number[]): string => String(all.slice(i * 18, (i + 1) * 18));
        assert.ok(
          turned.some((all) => own(all) === own(got)),
          `image ${i}`,
        );
      }
      for (const t of [x, y]) t.dispose();
      assert.is(memory().tensors, before);
    },
  );
  await fc.assert(property, { numRuns: testDevice === 'wasm' ? 30 : 3 });
});

test('all elements are drawn, about as often; the same seed draws the same', async () => {
  const marks = tensor(Float32Array.from([1, 2, 3, 4]), { shape: [1, 2, 2, 1] });
  const x = scope(() => marks.mul(tensor(new Float32Array(800).fill(1), { shape: [800, 1, 1, 1] })));
  const y = augment(x, { rng: new Rng(1), group: 'p4m' });
  const [values, again] = [await host(y), augment(x, { rng: new Rng(1), group: 'p4m' })];
  assert.equal(await host(again), values);
  const seen = new Map<string, number>();
  for (let i = 0; i < 800; i++) {
    const key = String(values.slice(4 * i, 4 * i + 4));
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  assert.is(seen.size, 8);
  assert.ok(
    [...seen.values()].every((count) => count > 60 && count < 140),
    String([...seen.values()]),
  );
  for (const t of [marks, x, y, again]) t.dispose();
});

test('any angle, a range of angles, and mirrors', async () => {
  const x = new Rng(2).normal([6, 5, 5, 1]) as Tensor;
  const same = augment(x, { rng: new Rng(1), angles: [0, 0] });
  assertClose(await host(same), await host(x), { atol: 1e-6 });
  const quarter = augment(x, { rng: new Rng(1), angles: [Math.PI / 2, Math.PI / 2] });
  const exact = actOnImages(x, groups.p4, 1);
  assertClose(await host(quarter), await host(exact), { atol: 1e-5 });
  const mirrored = augment(x, { rng: new Rng(1), angles: [0, 0], mirror: true });
  const [plain, flipped, got] = [await host(x), scope(() => actOnImages(x, groups.mz2, 1)), await host(mirrored)];
  const other = await host(flipped);
  const kinds = Array.from({ length: 6 }, (_, i) => {
    const near = (all: readonly number[]): boolean =>
      all.slice(25 * i, 25 * i + 25).every((v, j) => Math.abs(v - got[25 * i + j]!) < 1e-5);
    return near(plain) ? 'plain' : near(other) ? 'mirrored' : 'neither';
  });
  assert.equal([...new Set(kinds)].sort(), ['mirrored', 'plain']);
  const any = augment(x, { rng: new Rng(3), angles: true });
  assert.not.equal(await host(any), await host(x));
  for (const t of [x, same, quarter, exact, mirrored, flipped, any]) t.dispose();
});

test('in a data set, by the stream of each batch', async () => {
  const images = new Rng(4).normal([10, 4, 4, 1]) as Tensor;
  const data = mapBatches(
    inMemory({ images, labels: tensor(Int32Array.from({ length: 10 }, (_, i) => i)) }),
    ({ images: x, labels }, { rng }) => ({ images: augment(x, { rng, group: 'p4' }), labels }),
  );
  const epoch = async (): Promise<number[]> => {
    const all: number[] = [];
    for await (const batch of batches(data, { size: 4, seed: 1 }).epoch(0)) all.push(...(await host(batch.images)));
    return all;
  };
  const first = await epoch();
  assert.is(first.length, 160);
  assert.equal(await epoch(), first);
  images.dispose();
});

test('images that cannot be turned, and options that do not fit, are refused', () => {
  scope(() => {
    const rng = new Rng(5);
    const wide = rng.normal([2, 4, 6, 1]) as Tensor;
    const refused = (
      options: object,
      kind: typeof OptionError | typeof ShapeError | typeof DTypeError,
      message: RegExp,
      x: unknown = wide,
    ) => assertThrows(() => augment(x as Tensor, options as AugmentOptions), kind, message);
    refused(
      { rng, group: 'p4' },
      ShapeError,
      /^augment: p4 has quarter turns, which exchange the sides of 4 x 6 pixels$/,
    );
    assert.equal([...augment(wide, { rng, group: 'mz2' }).shape], [2, 4, 6, 1]);
    refused({ rng }, OptionError, /^augment: expected a group or angles, got neither$/);
    refused({ rng, group: 'p4', angles: true }, OptionError, /^augment: expected a group or angles, got both$/);
    refused({ group: 'p4' }, OptionError, /^augment: needs a source of random numbers/);
    refused(
      { rng, angles: [1, 0] },
      OptionError,
      /^augment: angles must be true, or two numbers, the lower first, got \[1, 0\]$/,
    );
    refused({ rng, angles: 'any' }, OptionError, /^augment: angles must be/);
    refused(
      { rng, angles: true, interpolation: 'cubic' },
      OptionError,
      /^augment: angles are interpolated bilinearly, got "cubic"$/,
    );
    refused({ rng, group: 'mz2', mirror: true }, OptionError, /^augment: mirror goes with angles/);
    refused({ rng, turn: 1 }, OptionError, /^augment: no option 'turn'/);
    refused(
      { rng, group: 'p4' },
      ShapeError,
      /^augment: images must be \[batch, height, width, channels\], got \[4, 6, 1\]$/,
      wide.at(0),
    );
    refused({ rng, group: 'p4' }, DTypeError, /^augment: images must be a tensor/, [1]);
  });
});

test('a test set turned by each element of a group', async () => {
  const before = memory().tensors;
  const images = new Rng(6).normal([5, 4, 4, 2]) as Tensor;
  const labels = tensor(Int32Array.from([3, 1, 4, 1, 5]));
  for (const given of [{ images, labels }, inMemory({ images, labels })]) {
    const sets = turnedBy(given, 'p4m');
    assert.equal(
      sets.map(({ name }) => name),
      ['0°', '90°', '180°', '270°', 'mirror', 'mirror, 90°', 'mirror, 180°', 'mirror, 270°'],
    );
    for (const { element, data } of sets) {
      assert.is(data.size, 5);
      const batch = await data.batch(Int32Array.from([4, 0]), { rng: new Rng(0) });
      const expected = scope(() => actOnImages(images, groups.p4m, element));
      const all = await host(expected);
      assert.equal(await host(batch.images), [...all.slice(128), ...all.slice(0, 32)]);
      assert.equal(await host(batch.labels), [5, 3]);
      for (const t of [expected, batch.images, batch.labels]) t.dispose();
    }
  }
  const wrong = turnedBy({ labels } as unknown as { images: Tensor }, 'p4')[0]!.data;
  await assertRejects(
    async () => wrong.batch(Int32Array.from([0]), { rng: new Rng(0) }),
    OptionError,
    /^turnedBy: batches must have images, got undefined$/,
  );
  assertThrows(() => turnedBy({} as { images: Tensor }, 'p4'), OptionError, /^inMemory: expected tensors/);
  for (const t of [images, labels]) t.dispose();
  assert.is(memory().tensors, before);
});

test('normalisation by the constants of the three data sets', async () => {
  const x = tensor(Float32Array.from([0.4914, 0.4822, 0.4465, 1, 1, 1]), { shape: [1, 1, 2, 3] });
  const y = normalise(x, normalisations['CIFAR-10']);
  assertClose(await host(y), [0, 0, 0, 0.5086 / 0.2023, 0.5178 / 0.1994, 0.5535 / 0.201], { atol: 1e-6 });
  assert.equal(normalisations.rotMNIST, { mean: [0.1307], deviation: [0.3081] });
  assert.equal(normalisations.PCam, { mean: [0.701, 0.538, 0.692], deviation: [0.235, 0.277, 0.213] });
  assertThrows(
    () => normalise(x, normalisations.rotMNIST),
    ShapeError,
    /^normalise: images must be \[\.\.\., 1\], got \[1, 1, 2, 3\]$/,
  );
  assertThrows(
    () => normalise(x, { mean: [0], deviation: [0] }),
    OptionError,
    /^normalise: expected a mean and a positive deviation of each channel, got \[0\] and \[0\]$/,
  );
  for (const t of [x, y]) t.dispose();
});

test('half the size by means of 2 x 2, which turn with the image', async () => {
  const x = new Rng(7).normal([2, 4, 6, 3]) as Tensor;
  const y = halveImages(x);
  assert.equal([...y.shape], [2, 2, 3, 3]);
  const mean = scope(() => x.at(0, '0:2', '0:2', 0).mean());
  assertClose((await host(y))[0]!, (await host(mean))[0]!, { atol: 1e-6 });
  const [first, last] = scope(() => [halveImages(actOnImages(x, groups.p4, 1)), actOnImages(y, groups.p4, 1)] as const);
  assertClose(await host(first), await host(last), { atol: 1e-6 });
  assertThrows(
    () => halveImages(scope(() => x.at(':', '1:'))),
    ShapeError,
    /^halveImages: sides must be even, got 3 x 6$/,
  );
  for (const t of [x, y, mean, first, last]) t.dispose();
});

test.run();
