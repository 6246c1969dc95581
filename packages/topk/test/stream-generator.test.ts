/** The random numbers of the generated images. */
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StreamGenerator } from '../src/data/stream-generator.js';

const golden = new Golden<{ prng_seeds: number[] }>(new URL('golden/data_billiard', import.meta.url));

const numbersOf = (stream: StreamGenerator): number[] => Array.from({ length: 8 }, () => stream.next());

test('the numbers are those of the reference, bit for bit', () => {
  const numbers = golden.scalars.prng_seeds.flatMap((seed) => numbersOf(new StreamGenerator(seed)));
  // The stored whole numbers have 32 bits and a sign.
  assert.equal(
    numbers,
    golden.values('prng_u32').map((value) => value >>> 0),
  );
});

test('every seed, split and image has a stream of its own, always the same', () => {
  const first = numbersOf(StreamGenerator.of(7, 'train', 0));
  assert.equal(numbersOf(StreamGenerator.of(7, 'train', 0)), first);
  for (const stream of [
    StreamGenerator.of(8, 'train', 0),
    StreamGenerator.of(7, 'test', 0),
    StreamGenerator.of(7, 'valid', 0),
    StreamGenerator.of(7, 'train', 1),
    StreamGenerator.of(2 ** 32 - 1, 'train', 2 ** 32 - 1),
  ]) {
    assert.not.equal(numbersOf(stream), first);
  }
});

test('numbers below a limit are whole, within it, and reach both ends', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 21), fc.integer({ min: 1, max: 2 ** 21 }), (seed, limit) => {
      const [made, raw] = [new StreamGenerator(seed), new StreamGenerator(seed)];
      for (let i = 0; i < 8; i++) {
        const expected = Number((BigInt(raw.next()) * BigInt(limit)) >> 32n);
        assert.is(made.below(limit), expected);
      }
    }),
  );
  const stream = new StreamGenerator(1);
  const seen = new Set(Array.from({ length: 200 }, () => stream.below(5)));
  assert.equal([...seen].sort(), [0, 1, 2, 3, 4]);
});

test.run();
