import { OptionError, Rng } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyMessage, messageVector } from '../src/compress/apply-message.js';
import { entriesAt } from '../src/compress/entries.js';
import { randK, randKCompressor, sharedRandKCompressor } from '../src/compress/rand-k.js';
import { randomPositions, seededIndices } from '../src/compress/random-positions.js';
import { extensions, precisions, spread } from './compress-vectors.js';

const ascending = (indices: Int32Array, length: number): boolean =>
  indices.every((index, i) => index >= 0 && index < length && (i === 0 || index > indices[i - 1]!));

test('keeps k entries, ascending, each once, few or many of a vector', () => {
  const vector = Float64Array.from({ length: 1000 }, (_, i) => i + 1);
  for (const k of [1, 2, 10, 31, 32, 500, 999]) {
    const { indices, values } = randK(vector, k, new Rng(k));
    assert.is(indices.length, k);
    assert.ok(ascending(indices, 1000));
    assert.equal(
      [...values],
      Array.from(indices, (i) => i + 1),
    );
  }
});

test('keeps all of a vector that is no longer than k', () => {
  assert.equal([...randK(Float32Array.of(1, 2), 2, new Rng(0)).indices], [0, 1]);
  assert.equal([...randK(Float32Array.of(1, 2), 9, new Rng(0), { unbiased: true }).values], [1, 2]);
});

test('unbiased multiplies by d / k', () => {
  const { values } = randK(Float32Array.of(3, 3, 3, 3), 2, new Rng(0), { unbiased: true });
  assert.equal([...values], [6, 6]);
});

test('all subsets come equally often', () => {
  for (const [length, k] of [
    [5, 2],
    [65, 2],
  ] as const) {
    // 65 entries take the way of few positions; only those that fall below 5 tell about the subsets.
    const counts = new Map<string, number>();
    const rng = new Rng(9);
    const draws = length === 5 ? 5000 : 20000;
    for (let i = 0; i < draws; i++) {
      const key =
        length === 5 ? randomPositions('test', length, k, rng).join() : fifths(randomPositions('test', length, k, rng));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    if (length === 5) assert.is(counts.size, 10);
    for (const [key, count] of counts) {
      const expected = length === 5 ? draws / 10 : draws * fifthsProbability(key);
      assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `${key}: ${count}, expected ${expected}`);
    }
  }
});

/** Which fifths of 65 positions two are in. */
function fifths(indices: Int32Array): string {
  return Array.from(indices, (i) => Math.floor(i / 13)).join();
}

function fifthsProbability(key: string): number {
  const [a, b] = key.split(',');
  return a === b ? (13 * 12) / (65 * 64) : (2 * 13 * 13) / (65 * 64);
}

test('positions of a seed are the same on every call, and others for another seed, step or stream', () => {
  const first = seededIndices(10000, 20, 7, 3, 1);
  assert.ok(ascending(first, 10000));
  assert.equal(seededIndices(10000, 20, 7, 3, 1), first);
  for (const [seed, step, stream] of [
    [8, 3, 1],
    [7, 4, 1],
    [7, 3, 2],
    [7, 1, 3],
  ] as const) {
    assert.not.equal(seededIndices(10000, 20, seed, step, stream), first);
  }
});

test('positions of a seed never change from one release to the next', () => {
  assert.equal([...seededIndices(1000, 5, 42, 0, 0)], [139, 276, 334, 359, 406]);
  assert.equal([...seededIndices(20, 5, 2 ** 53 - 1, 12, 3)], [2, 3, 4, 9, 14]);
});

test('shared rand-k sends values at the positions that everybody can draw', () => {
  const vector = Float32Array.from({ length: 50 }, (_, i) => i);
  const message = sharedRandKCompressor({ k: 4 }, { seed: 5 }).compress(vector, new Rng(0), { step: 6, stream: 7 });
  assert.ok(message.kind === 'seeded');
  assert.equal([message.seed, message.step, message.stream], [5, 6, 7]);
  const indices = seededIndices(50, 4, 5, 6, 7);
  assert.equal([...message.values], [...indices]);
  assert.equal(messageVector(message), spread({ indices, values: message.values }, 50));
});

test('refuses what cannot be', () => {
  const x = Float32Array.of(1, 2, 3);
  assertThrows(() => randK(x, 0, new Rng(0)), OptionError, /randK: k must be a whole number from 1, got 0/);
  assertThrows(() => randK(x, 1, undefined as never), OptionError, /such as new Rng\(seed\)/);
  assertThrows(() => randK(x, 1, new Rng(0), { scaled: true } as never), OptionError, /no option 'scaled'/);
  assertThrows(
    () => randK(x, 1, new Rng(0), { unbiased: 'no' as never }),
    OptionError,
    /randK: unbiased must be true or false, got "no"/,
  );
  assertThrows(() => randK(Float32Array.of(Number.NaN), 1, new Rng(0)), OptionError, /got NaN at 0/);
  assertThrows(
    () => randKCompressor({ k: 1 }, { unbiased: 1 as never }),
    OptionError,
    /unbiased must be true or false/,
  );
  assertThrows(() => randKCompressor({ k: 1 }, null as never), OptionError, /randKCompressor: expected options/);
  assertThrows(
    () => randKCompressor({ k: 1 }, { unbiassed: true } as never),
    OptionError,
    /there are unbiased, values/,
  );
  assertThrows(() => sharedRandKCompressor({ k: 1 }, { seed: -1 }), OptionError, /seed must be a whole number from 0/);
  assertThrows(() => seededIndices(3, 4, 0, 0, 0), OptionError, /k must be a whole number in \[0, 3\], got 4/);
  assertThrows(() => entriesAt(x, Int32Array.of(2, 1)), OptionError, /indices must ascend and be below 3, got 1 at 1/);
  assertThrows(() => entriesAt(x, Int32Array.of(3)), OptionError, /below 3, got 3/);
  assertThrows(() => entriesAt(x, Int32Array.of(-1)), OptionError, /below 3, got -1/);
  assertThrows(
    () => entriesAt(x, [0.5] as never),
    OptionError,
    /entriesAt: indices must be an Int32Array, got \[0.5\]/,
  );
  assertThrows(() => entriesAt(x, Float64Array.of(0.5) as never), OptionError, /must be an Int32Array/);
  assertThrows(
    () => entriesAt([1, 2] as never, Int32Array.of(0)),
    OptionError,
    /expected a Float32Array or Float64Array/,
  );
});

for (const { name, of, tolerance } of precisions) {
  test(`gives the recorded results at the recorded positions in ${name}`, () => {
    const x = of(extensions.values('x'));
    const indices = Int32Array.from(extensions.values('rand_k.indices')).sort();
    assertClose(spread(entriesAt(x, indices), 12), extensions.values('rand_k'), tolerance);
    assertClose(spread(entriesAt(x, indices, 12 / 2), 12), extensions.values('rand_k_unbiased'), tolerance);
  });
}

test('the mean of unbiased messages is the vector', () => {
  const vector = Float64Array.of(1, -2, 3, 0.5, 4);
  const compressor = randKCompressor({ k: 2 }, { unbiased: true });
  const mean = new Float64Array(5);
  const rng = new Rng(11);
  for (let i = 0; i < 4000; i++) applyMessage(compressor.compress(vector, rng, { step: 0, stream: 0 }), mean, 1 / 4000);
  // The deviation of an entry is |x| sqrt(d / k - 1); six of them.
  assertClose(mean, vector, { rtol: 6 * Math.sqrt(1.5 / 4000), atol: 0 });
});

test.run();
