/** Billiard images: the reference's, bit for bit; options; windows; data sets. */
import { IndexError, memory, OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type BilliardBatchOptions, billiardDataset, billiardImage, generateBilliard } from '../src/data/billiard.js';
import type { BilliardBall } from '../src/data/billiard-balls.js';
import type { BilliardTask } from '../src/data/billiard-labels.js';

interface Scalars {
  readonly seed: number;
  readonly checksum500: number[];
  readonly label_columns: BilliardTask[];
  readonly objects: BilliardBall[][];
}

const golden = new Golden<Scalars>(new URL('golden/data_billiard', import.meta.url));
const { seed, checksum500, label_columns, objects } = golden.scalars;

const bad = (change: object): BilliardBatchOptions => ({ seed: 1, count: 1, ...change }) as BilliardBatchOptions;

test('images and labels are tensors; labels of all tasks and the balls come along', async () => {
  const batch = generateBilliard({
    seed: 3,
    count: 2,
    height: 60,
    width: 80,
    minBalls: 2,
    maxBalls: 3,
    task: 'sum-all-modulo10',
  });
  assert.equal(batch.images.shape, [2, 60, 80, 3]);
  assert.is(batch.images.dtype, 'uint8');
  assert.is(batch.labels.dtype, 'int32');
  assert.equal(
    [...(await batch.labels.data())],
    batch.objects.map((balls) => balls.reduce((sum, { number }) => sum + number, 0) % 10),
  );
  assert.equal(
    [...(await batch.labels.data())],
    batch.taskLabels.map((labels) => labels['sum-all-modulo10']),
  );
  batch.images.dispose();
  batch.labels.dispose();
});

test('options out of range are refused', () => {
  for (const [change, message] of [
    [{ seed: undefined }, /generateBilliard: seed must be a whole number in \[0, 4294967295\], got undefined/],
    [{ seed: -1 }, /seed .* got -1/],
    [{ seed: 2 ** 32 }, /seed/],
    [{ count: 0 }, /count must be a whole number in \[1, 4294967296\], got 0/],
    [{ count: 1.5 }, /count/],
    [{ first: 2 ** 32 - 1, count: 2 }, /count must be a whole number in \[1, 1\]/],
    [{ split: 'training' }, /split must be one of train, test, valid, got "training"/],
    [{ task: 'rightmost' }, /task must be one of rightmost-number, .*, got "rightmost"/],
    [{ height: 18 }, /height must be a whole number in \[19, 1048576\], got 18/],
    [{ width: 2 ** 20 + 1 }, /width/],
    [{ minBalls: 0 }, /minBalls/],
    [{ minBalls: 5, maxBalls: 4 }, /maxBalls must be a whole number in \[5, /],
    [{ radius: 5 }, /radius must be a whole number in \[6, /],
    [{ balls: 3 }, /no option 'balls'/],
    [{ count: 100_000 }, /100000 images of 128 x 128 have 4915200000 bytes; take fewer, or a data set/],
  ] as const) {
    assertThrows(() => generateBilliard(bad(change)), OptionError, message);
  }
  assertThrows(() => billiardImage({ seed: 1 }, -1), OptionError, /billiardImage: index/);
  assertThrows(() => billiardImage({ seed: 1, count: 1 } as { seed: number }, 0), OptionError, /no option 'count'/);
});

test('balls that cannot fit are refused at once, and those that find no place after many tries', () => {
  const message = /an image of 40 x 40 has no room for 8 balls of radius 9, 4 at most; make the image larger/;
  assertThrows(() => billiardDataset(bad({ height: 40, width: 40 })), OptionError, message);
  // 21 columns leave 3 for centres, which must be two apart.
  assertThrows(
    () => generateBilliard(bad({ height: 500, width: 21, minBalls: 2 })),
    OptionError,
    /no room for 8 balls of radius 9, 2 at most/,
  );
  assertThrows(
    () => generateBilliard(bad({ height: 40, width: 40, minBalls: 4, maxBalls: 4 })),
    OptionError,
    /generateBilliard: no place was found for ball \d of radius 9 in an image of 40 x 40; make the image larger/,
  );
  assert.is(billiardImage({ seed: 1, height: 19, width: 19, minBalls: 1, maxBalls: 1 }, 0).objects.length, 1);
});

test('pixels, labels and balls are those of the reference, bit for bit', async () => {
  const batch = generateBilliard({ seed, count: 4 });
  assert.equal(batch.images.shape, golden.shape('images'));
  assert.equal([...(await batch.images.data())], golden.values('images'));
  assert.equal(batch.objects, objects);
  assert.equal(
    batch.taskLabels.flatMap((labels) => label_columns.map((task) => labels[task])),
    golden.values('labels'),
  );
  batch.images.dispose();
  batch.labels.dispose();
});

test('labels of 500 images and the sums of the pixels of 20 are those of the reference', () => {
  const images = Array.from({ length: 500 }, (_, i) => billiardImage({ seed }, i));
  assert.equal(
    images.flatMap(({ labels }) => label_columns.map((task) => labels[task])),
    golden.values('labels500'),
  );
  assert.equal(
    images.slice(0, 20).map((image) => image.pixels().reduce((sum, value) => sum + value, 0)),
    checksum500,
  );
});

test('the same seed gives the same images, other seeds and splits give others', () => {
  const look = (seed: number, split: 'train' | 'test' | 'valid', index: number): readonly BilliardBall[] =>
    billiardImage({ seed, split }, index).objects;
  assert.equal(look(5, 'test', 3), look(5, 'test', 3));
  for (const other of [look(6, 'test', 3), look(5, 'train', 3), look(5, 'valid', 3), look(5, 'test', 4)]) {
    assert.not.equal(look(5, 'test', 3), other);
  }
});

test('balls lie within the image, apart, and in distinct columns, at every radius', () => {
  const kinds = fc.record({ seed: fc.nat(2 ** 30), radius: fc.integer({ min: 6, max: 30 }), index: fc.nat(2 ** 30) });
  fc.assert(
    fc.property(kinds, ({ seed, radius, index }) => {
      const [height, width] = [9 * radius, 12 * radius];
      const { objects } = billiardImage({ seed, radius, height, width }, index);
      assert.ok(objects.length >= 4 && objects.length <= 8);
      for (const [i, { x, y }] of objects.entries()) {
        assert.ok(x >= radius && x < width - radius && y >= radius && y < height - radius);
        for (const other of objects.slice(0, i)) {
          assert.ok((other.x - x) ** 2 + (other.y - y) ** 2 >= (2 * radius + 2) ** 2);
          assert.ok(Math.abs(other.x - x) >= 2);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('with another radius the number is written larger, within the white disc', () => {
  for (const radius of [6, 18, 31]) {
    const image = billiardImage(
      { seed: 2, radius, height: 12 * radius, width: 12 * radius, minBalls: 1, maxBalls: 1 },
      0,
    );
    const { x, y } = image.objects[0]!;
    const pixels = image.pixels();
    let [ink, disc, outside] = [0, 0, 0];
    for (let i = 0; i < pixels.length / 3; i++) {
      const distance = Math.hypot((i % image.width) - x, Math.floor(i / image.width) - y);
      if (pixels[3 * i] === 10 && distance <= Math.floor((2 * radius) / 3)) ink++;
      else if (pixels[3 * i] === 10) outside++;
      if (pixels[3 * i] !== 16) disc++;
    }
    assert.is(outside, 0);
    assert.is(ink % Math.max(1, Math.floor(radius / 9)) ** 2, 0);
    assert.ok(ink > 0 && Math.abs(disc / (Math.PI * radius ** 2) - 1) < 0.05);
  }
});

test('windows of an image of 20,000 x 20,000 show its balls', () => {
  const image = billiardImage({ seed: 4, radius: 300, height: 20_000, width: 20_000 }, 0);
  const small = image.thumbnail([200, 200]);
  for (const { x, y } of image.objects) {
    const { data } = image.window({ top: y - 300, left: x - 300, height: 601, width: 601 });
    assert.equal([...data.subarray(0, 3)], [16, 84, 52]);
    assert.ok(data.includes(250) && data.includes(10));
    assert.is(small.data[3 * (Math.floor((y - 250) / 100) * 200 + Math.floor(x / 100))] === 16, false);
  }
});

test('a data set gives the images of the batch, in any order, as numbers from 0 to 1', async () => {
  const options = { seed: 9, split: 'test', first: 5, count: 4, task: 'max-left-right' } as const;
  const batch = generateBilliard(options);
  const data = billiardDataset(options);
  const before = memory().tensors;
  assert.is(data.size, 4);
  const { images, labels } = await data.batch(Int32Array.of(3, 1, 3), { rng: new Rng(0) });
  assert.is(memory().tensors, before + 2);
  assert.equal(images.shape, [3, 128, 128, 3]);
  assert.is(images.dtype, 'float32');
  const [all, names] = [await batch.images.data(), await batch.labels.data()];
  const stride = 128 * 128 * 3;
  const expected = [3, 1, 3].flatMap((row) => [...all.subarray(row * stride, (row + 1) * stride)]);
  assertClose(
    await images.data(),
    expected.map((value) => value / 255),
  );
  assert.equal([...(await labels.data())], [names[3], names[1], names[3]]);
  assert.equal(billiardImage({ seed: 9, split: 'test' }, 8).objects, batch.objects[3]);
  assertThrows(
    () => data.batch(Int32Array.of(4), { rng: new Rng(0) }),
    IndexError,
    /billiardDataset: expected rows in \[0, 3\], got 4/,
  );
  for (const t of [images, labels, batch.images, batch.labels]) t.dispose();
});

test.run();
