/** Images of digits among strokes: the reference's, bit for bit; options; windows; data sets. */
import { digits8x8 } from '@saccade/nn';
import { IndexError, memory, OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  generateMegapixelDigits,
  type MegapixelDigitsBatchOptions,
  megapixelDigitsDataset,
  megapixelDigitsImage,
} from '../src/data/megapixel-digits.js';

interface Case {
  readonly H: number;
  readonly W: number;
  readonly checksum20: number[];
  readonly classes: number[][];
  readonly noise: number;
  readonly other: number;
  readonly same: number;
  readonly seed: number;
  readonly split: number;
  readonly up: number;
}

const golden = new Golden<Record<'g0' | 'g1', Case>>(new URL('golden/data_digits', import.meta.url));

function optionsOf({ H: height, W: width, same, other, noise, seed, split, up }: Case) {
  return { height, width, same, other, noise, seed, up, split: (['train', 'test', 'valid'] as const)[split]! };
}

const bad = (change: object): MegapixelDigitsBatchOptions => ({ seed: 1, count: 1, ...change });

test('tasks are names for the options that they stand for', () => {
  const needle = { same: 1, other: 0, noise: 12, height: 96, width: 96 };
  const majority = { same: 3, other: 2, noise: 20, height: 128, width: 128 };
  for (const [task, options] of [
    ['needle', needle],
    ['majority', majority],
  ] as const) {
    assert.equal(
      megapixelDigitsImage({ seed: 4, task }, 2).pixels(),
      megapixelDigitsImage({ seed: 4, ...options }, 2).pixels(),
    );
  }
  assert.equal(megapixelDigitsImage({ seed: 4, task: 'majority', noise: 0 }, 0).objects.length, 5);
});

test('options out of range are refused', () => {
  for (const [change, message] of [
    [{ seed: 0.5 }, /generateMegapixelDigits: seed must be a whole number/],
    [{ count: -3 }, /count/],
    [{ first: -1 }, /first/],
    [{ split: 1 }, /split must be one of train, test, valid, got 1/],
    [{ task: 'max' }, /task must be one of needle, majority, got "max"/],
    [{ up: 0 }, /up must be a whole number in \[1, /],
    [{ height: 15 }, /height must be a whole number in \[16, 1048576\], got 15/],
    [{ width: Number.NaN }, /width .* got NaN/],
    [{ same: 0 }, /same/],
    [{ other: -1 }, /other/],
    [{ noise: 1.5 }, /noise/],
    [{ digits: 2 }, /no option 'digits'/],
    [{ count: 1_000_000 }, /bytes; take fewer, or a data set/],
  ] as const) {
    assertThrows(() => generateMegapixelDigits(bad(change)), OptionError, message);
  }
  assertThrows(() => megapixelDigitsImage({ seed: 1 }, 2 ** 32), OptionError, /megapixelDigitsImage: index/);
});

test('digits that cannot fit are refused at once, and those that find no place after many tries', () => {
  assertThrows(
    () => megapixelDigitsDataset(bad({ same: 3, other: 2, height: 40, width: 40 })),
    OptionError,
    /an image of 40 x 40 has no room for 5 digits of 16 x 16, 4 at most; make the image larger/,
  );
  assertThrows(
    () => generateMegapixelDigits(bad({ same: 9, height: 50, width: 50 })),
    OptionError,
    /no place was found for digit \d of 16 x 16 in an image of 50 x 50; make the image larger/,
  );
  assert.equal(megapixelDigitsImage({ seed: 1, height: 16, width: 16 }, 0).objects[0]!.x, 0);
});

for (const name of ['g0', 'g1'] as const) {
  test(`${name}: pixels, labels and digits are those of the reference, bit for bit`, async () => {
    const { scalars, shape, values } = {
      scalars: golden.scalars[name],
      shape: golden.shape(`${name}.images`),
      values: (what: string): number[] => golden.values(`${name}.${what}`),
    };
    const { images, labels, objects } = generateMegapixelDigits({ ...optionsOf(scalars), count: shape[0]! });
    assert.equal(images.shape, [...shape, 1]);
    assert.is(images.dtype, 'uint8');
    assert.equal([...(await images.data())], values('images'));
    assert.equal([...(await labels.data())], values('labels'));
    assert.equal(
      objects.flatMap((digits) => digits.flatMap(({ y, x }) => [y, x])),
      values('positions'),
    );
    assert.equal(
      objects.flatMap((digits) => digits.map(({ source }) => source)),
      values('sources'),
    );
    assert.equal(
      objects.map((digits) => digits.map(({ number }) => number)),
      scalars.classes,
    );
    images.dispose();
    labels.dispose();
    const sums = scalars.checksum20.map((_, i) =>
      megapixelDigitsImage(optionsOf(scalars), i)
        .pixels()
        .reduce((sum, value) => sum + value, 0),
    );
    assert.equal(sums, scalars.checksum20);
  });
}

test('training images show other digits than the other splits', () => {
  for (let i = 0; i < 50; i++) {
    const sources = (split: 'train' | 'test' | 'valid'): number[] =>
      megapixelDigitsImage({ seed: 3, split, task: 'majority' }, i).objects.map(({ source }) => source);
    assert.ok(sources('train').every((source) => source < 1200));
    assert.ok([...sources('test'), ...sources('valid')].every((source) => source >= 1200));
    assert.not.equal(sources('test'), sources('valid'));
  }
});

test('digits show what they say, do not overlap, and lie within the image', () => {
  const kinds = fc.record({
    seed: fc.nat(2 ** 30),
    up: fc.integer({ min: 1, max: 3 }),
    same: fc.integer({ min: 1, max: 3 }),
    other: fc.nat(2),
    noise: fc.nat(5),
  });
  const { labels } = digits8x8();
  fc.assert(
    fc.property(kinds, (kind) => {
      const [height, width, side] = [100, 130, 8 * kind.up];
      const image = megapixelDigitsImage({ ...kind, height, width }, 7);
      assert.is(image.objects.length, kind.same + kind.other);
      for (const [i, { x, y, number, source }] of image.objects.entries()) {
        assert.is(labels[source], number);
        assert.is(number === image.label, i < kind.same);
        assert.ok(x >= 0 && y >= 0 && x + side <= width && y + side <= height);
        for (const other of image.objects.slice(0, i)) {
          assert.ok(Math.abs(other.x - x) >= side || Math.abs(other.y - y) >= side);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('windows and a thumbnail of a large image agree with its pixels', () => {
  const image = megapixelDigitsImage({ seed: 5, task: 'majority', height: 600, width: 400, noise: 60, up: 3 }, 0);
  const whole = image.pixels();
  for (const { x, y } of image.objects) {
    const { data } = image.window({ top: y, left: x, height: 24, width: 24 });
    for (let row = 0; row < 24; row++) {
      const start = (y + row) * 400 + x;
      assert.equal(data.subarray(row * 24, row * 24 + 24), whole.subarray(start, start + 24));
    }
  }
  const { data } = image.thumbnail([60, 40]);
  const means = Array.from({ length: 2400 }, (_, cell) => {
    let sum = 0;
    for (let i = 0; i < 100; i++) {
      sum += whole[(Math.floor(cell / 40) * 10 + Math.floor(i / 10)) * 400 + (cell % 40) * 10 + (i % 10)]!;
    }
    return Math.floor(sum / 100 + 0.5);
  });
  assert.equal([...data], means);
});

test('a data set gives the images of the batch, in any order, as numbers from 0 to 1', async () => {
  const options = { seed: 9, split: 'valid', first: 2, count: 3 } as const;
  const batch = generateMegapixelDigits(options);
  const data = megapixelDigitsDataset(options);
  const before = memory().tensors;
  assert.is(data.size, 3);
  const { images, labels } = await data.batch(Int32Array.of(2, 0), { rng: new Rng(0) });
  assert.is(memory().tensors, before + 2);
  assert.equal(images.shape, [2, 96, 96, 1]);
  const [all, names] = [await batch.images.data(), await batch.labels.data()];
  const stride = 96 * 96;
  const expected = [...all.subarray(2 * stride), ...all.subarray(0, stride)].map((value) => value / 255);
  assertClose(await images.data(), expected);
  assert.equal([...(await labels.data())], [names[2], names[0]]);
  assertThrows(() => data.batch(Int32Array.of(-1), { rng: new Rng(0) }), IndexError, /got -1/);
  for (const t of [images, labels, batch.images, batch.labels]) t.dispose();
});

test.run();
