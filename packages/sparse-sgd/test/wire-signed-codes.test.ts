import { FormatError, Rng } from '@saccade/tensor';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { qsgd } from '../src/compress/qsgd.js';
import { ByteReader } from '../src/wire/byte-reader.js';
import { ByteWriter } from '../src/wire/byte-writer.js';
import { signedCodes, signedPlans } from '../src/wire/signed-bits.js';
import { readSigned, type SignedNumbers, signedBytes, signedNumbers, writeSigned } from '../src/wire/signed-codes.js';
import { signedNumbersOf } from './wire-messages.js';

function bytesOf(numbers: SignedNumbers): Uint8Array {
  const writer = new ByteWriter();
  writeSigned(writer, numbers);
  return writer.written.slice();
}

const lists = fc
  .tuple(fc.integer({ min: 0, max: 80 }), fc.constantFrom(1, 2, 3, 4, 7, 8, 16, 277, 32767))
  .chain(([count, most]) => signedNumbersOf(count, most));

test('each code gives numbers back in as many bytes as it says, and the shortest is taken', () => {
  fc.assert(
    fc.property(lists, (values) => {
      const { most, plan: chosen } = signedNumbers(values);
      for (const plan of signedPlans(values, most)) {
        const bytes = bytesOf({ values, most, plan });
        assert.is(bytes.length, signedBytes({ values, most, plan }));
        const reader = new ByteReader(bytes);
        assert.equal(readSigned(reader, values.length, 32767, plan.code), values);
        assert.is(reader.left, 0);
        assert.ok(Math.ceil(chosen.bits / 8) <= Math.ceil(plan.bits / 8));
      }
    }),
    { seed: 6, numRuns: 500 },
  );
});

test('takes the shortest code: one with runs where zeros are many', () => {
  const rng = new Rng(2);
  const normal = rng.normal([1000]).dataSync();
  assert.is(signedNumbers(qsgd(normal, 256, rng).levels).plan.code, 'rice');
  assert.is(signedNumbers(Int16Array.from({ length: 1000 }, (_, i) => (i % 2 ? 7 : -8))).plan.code, 'packed');
  const rare = rng.bernoulli([10000], 0.01).dataSync();
  assert.is(signedNumbers(Int16Array.from(rare)).plan.code, 'rice-runs');
  assert.is(signedNumbers(Int16Array.from({ length: 1000 }, (_, i) => (i < 50 ? 1 : 0))).plan.code, 'gamma');
});

test('zeros alone take two bytes at most', () => {
  assert.is(bytesOf(signedNumbers(new Int16Array(100000))).length, 1);
});

for (const code of signedCodes) {
  test(`${code} makes a FormatError or numbers in range of any bytes`, () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(60),
        fc.constantFrom(1, 4, 300, 32767),
        (bytes, count, limit) => {
          try {
            const values = readSigned(new ByteReader(bytes), count, limit, code);
            assert.ok(values.every((value) => Math.abs(value) <= limit));
          } catch (error) {
            assert.instance(error, FormatError);
          }
        },
      ),
      { seed: 7, numRuns: 1000 },
    );
  });
}

test.run();
