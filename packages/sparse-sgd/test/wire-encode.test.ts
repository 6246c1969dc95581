import { OptionError, Rng, ShapeError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message, SparseMessage } from '../src/compress/message.js';
import { parseCompressor } from '../src/compress/parse-compressor.js';
import { encode } from '../src/wire/encode.js';
import { encodedBytes } from '../src/wire/encoded-bytes.js';
import { paperBits } from '../src/wire/paper-bits.js';
import { anyMessage, inDouble } from './wire-messages.js';

function single(length: number, index: number, value = 1): SparseMessage {
  return { kind: 'sparse', length, indices: Int32Array.of(index), values: Float32Array.of(value) };
}

test('a frame is as it is described', () => {
  const bytes = encode([single(1000, 5)], { step: 300, rank: 2 });
  // Magic; version 1, one message, rank 2; step 300; kind and flags; length 1000; ten bits of index; 1 in float32; checksum.
  assert.equal(
    [...bytes.subarray(0, 13)],
    [0xd7, 0b001_1_0010, 0xac, 2, 0, 0xe8, 7, 0b00000001, 0b01_000000, 0, 0, 0x80, 0x3f],
  );
  assert.is(bytes.length, 15);
  const two = encode([single(1000, 5), single(1000, 5)], { rank: 20 });
  assert.equal([...two.subarray(0, 5)], [0xd7, 0b001_0_1111, 5, 0, 2]);
});

test('top-1 of 1,000 takes 14 bytes at first and 16 after two million steps', () => {
  assert.is(encode([single(1000, 999)], { step: 100 }).length, 14);
  assert.is(encode([single(1000, 999)], { step: 16383, rank: 14 }).length, 15);
  assert.is(encode([single(1000, 999)], { step: 2097151, rank: 14 }).length, 16);
});

test('never takes more bits than the paper counts, from a few entries on', () => {
  const rng = new Rng(1);
  const x = rng.normal([2000]).dataSync();
  for (const k of [4, 10, 100, 1000]) {
    const bytes = encodedBytes(parseCompressor(`top-k:${k}`).compress(x, rng, { step: 0, stream: 0 }));
    assert.ok(8 * bytes < paperBits('sparse', { k }), `${8 * bytes} bits for k = ${k}`);
  }
  for (const bits of [4, 8]) {
    const message = parseCompressor(`qsgd:${2 ** bits}`).compress(x, rng, { step: 0, stream: 0 });
    assert.ok(8 * encodedBytes(message) < paperBits('qsgd', { length: 2000, bits }) + 200);
  }
});

test('says how many bytes it makes, for messages of any kind, steps and ranks', () => {
  const header = { step: fc.oneof(fc.nat(300), fc.maxSafeNat()), rank: fc.oneof(fc.nat(20), fc.nat()) };
  const indexCode = fc.constantFrom(undefined, 'packed', 'leb128', 'rice', 'gamma', 'delta', 'uint32');
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 5 }), fc.record({ ...header, indexCode }), (messages, options) => {
      assert.is(encodedBytes(messages, options as object), encode(messages, options as object).length);
      const wide = messages.map(inDouble);
      const double = { ...options, values: 'float64' } as object;
      assert.is(encodedBytes(wide, double), encode(wide, double).length);
      if (messages.length === 1)
        assert.is(encodedBytes(messages[0]!, options as object), encodedBytes(messages, options as object));
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('the same messages give the same bytes, and these are not of a shared buffer', () => {
  const message = single(10, 3);
  const first = encode([message]);
  assert.is(first.buffer.byteLength, first.length);
  encode([single(10, 4)]);
  assert.equal(encode([message]), first);
});

const header: readonly [object, RegExp][] = [
  [{ step: -1 }, /encode: step must be a whole number from 0, got -1/],
  [{ rank: 0.5 }, /rank must be a whole number/],
  [{ values: 'float16' }, /values must be 'float64' or left out/],
  [{ round: 1 }, /no option 'round'; there are step, rank/],
];

for (const [options, message] of header) {
  test(`refuses ${JSON.stringify(options)}`, () => {
    assertThrows(() => encode([single(10, 1)], options), OptionError, message);
  });
}

const dense = { kind: 'dense', length: 2, values: Float32Array.of(1, 2) } as const;
const levels = {
  kind: 'levels',
  length: 2,
  s: 2,
  bucket: 2,
  norms: Float32Array.of(1),
  levels: Int16Array.of(1, 2),
} as const;
const signs = { kind: 'signs', length: 3, bits: Uint8Array.of(7), negative: -1, positive: 1 } as const;
const bad: readonly [string, Message, typeof OptionError | typeof ShapeError, RegExp][] = [
  [
    'an index twice',
    { ...single(9, 1), indices: Int32Array.of(1, 1), values: new Float32Array(2) },
    OptionError,
    /indices must ascend/,
  ],
  ['a single index that is too large', single(9, 9), OptionError, /be below 9, got 9 at 0/],
  [
    'more values than indices',
    { ...single(9, 1), values: new Float32Array(2) },
    OptionError,
    /as many values as indices/,
  ],
  ['no kind', { kind: 'x' } as never, OptionError, /no kind of messages "x"/],
  [
    'a length that is none',
    { ...dense, length: -2 },
    OptionError,
    /length must be a whole number from 0 to 2147483647/,
  ],
  ['a length that is too long', single(2 ** 31, 0), OptionError, /length must be/],
  [
    'too few dense values',
    { ...dense, length: 3 },
    ShapeError,
    /dense message of length 3 needs as many values, got 2/,
  ],
  [
    'a type of values that there is not',
    { ...dense, valueType: 'int8' as never },
    OptionError,
    /no type of values 'int8'/,
  ],
  [
    'more seeded values than entries',
    { kind: 'seeded', length: 1, seed: 0, step: 0, stream: 0, values: dense.values },
    ShapeError,
    /at most/,
  ],
  [
    'a rank that does not divide',
    { ...dense, kind: 'factor', rank: 3 },
    ShapeError,
    /rank of a factor of 2 must divide/,
  ],
  ['a level above s', { ...levels, s: 1 }, OptionError, /levels must be from -s to s/],
  ['too many levels', { ...levels, s: 40000 }, OptionError, /s from 1 to 32767/],
  ['too few norms', { ...levels, bucket: 1 }, ShapeError, /norm a bucket, got 2 and 1/],
  ['a bucket of nothing', { ...levels, bucket: 0 }, ShapeError, /buckets of 0/],
  ['bits after the last sign', { ...signs, bits: Uint8Array.of(8) }, ShapeError, /with 0 after the last/],
  ['too few signs', { ...signs, length: 9 }, ShapeError, /need 2 bytes/],
  ['powers that there are not', { kind: 'powers', length: 1, codes: Int16Array.of(384) }, OptionError, /107 to 383/],
  ['too small powers', { kind: 'powers', length: 2, codes: Int16Array.of(-106, 200) }, OptionError, /107 to 383/],
  ['too few powers', { kind: 'powers', length: 2, codes: Int16Array.of(256) }, ShapeError, /as many codes, got 1/],
  ['NaN', single(9, 1, Number.NaN), OptionError, /value NaN at 0 is not finite/],
  [
    'infinity in float16',
    { ...single(9, 1, Number.POSITIVE_INFINITY), valueType: 'float16' },
    OptionError,
    /is not finite/,
  ],
  ['what float16 does not hold', { ...single(9, 1, 1e6), valueType: 'float16' }, OptionError, /too large for its type/],
  [
    'what float32 does not hold',
    { ...dense, values: Float64Array.of(1, 1e300) },
    OptionError,
    /value 1e\+300 at 1 is too large .* 'float64'/,
  ],
  ['an infinite norm', { ...levels, norms: Float64Array.of(1e300) }, OptionError, /too large/],
  ['NaN signs', { ...signs, positive: Number.NaN }, OptionError, /not finite/],
];

for (const [what, message, errorClass, text] of bad) {
  test(`refuses ${what}`, () => {
    assertThrows(() => encode([message]), errorClass, text);
  });
}

test('takes all that rounds to a finite float32', () => {
  const message = (value: number): Message => ({ kind: 'dense', length: 1, values: Float64Array.of(value) });
  const limit = (2 - 2 ** -24) * 2 ** 127;
  assert.is(Math.fround(limit), Number.POSITIVE_INFINITY);
  assertThrows(() => encode([message(-limit)]), OptionError, /too large/);
  assert.is(encode([message(limit - 2 ** 75)]).length, encode([message(1)]).length);
});

test('refuses what is no list', () => {
  assertThrows(() => encode(single(9, 1) as never), OptionError, /expected a list of messages, got an object/);
});

test.run();
