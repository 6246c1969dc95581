import { OptionError, Rng } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message, SparseMessage } from '../src/compress/message.js';
import { parseCompressor } from '../src/compress/parse-compressor.js';
import { encode } from '../src/wire/encode.js';
import { encodedBytes } from '../src/wire/encoded-bytes.js';
import { paperBits } from '../src/wire/paper-bits.js';
import { anyMessages, inDouble } from './wire-messages.js';

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

test('a run of single entries is one record', () => {
  const bytes = encode([single(1000, 5), single(1000, 1023 - 24), single(1000, 5, -2)]);
  // Three messages; kind 7; length 1000; three of them; 0000000101 1111100111 0000000101; 1, 1 and -2 in float32.
  const positions = [0b00000001, 0b01111110, 0b01110000, 0b00010100];
  const values = [0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0];
  assert.equal(
    [...bytes.subarray(0, -2)],
    [0xd7, 0b001_0_0000, 0, 3, 0b111_00000, 0xe8, 7, 3, ...positions, ...values],
  );
});

test('64 steps of top-1 of 1,000 in a frame take at most 5.6 bytes each', () => {
  const rng = new Rng(1);
  const top = parseCompressor('top-k:1');
  const run = Array.from({ length: 64 }, (_, step) =>
    top.compress(rng.normal([1000]).dataSync(), rng, { step, stream: 0 }),
  );
  for (const step of [0, 12000, 2 ** 30]) {
    const bytes = encode(run, { step }).length;
    assert.ok(bytes <= 5.6 * 64, `${bytes} bytes`);
    assert.is(encodedBytes(run, { step }), bytes);
  }
});

test('a run ends where the length, the type of values or the number of entries is another', () => {
  const dense: Message = { kind: 'dense', length: 1, values: new Float32Array(1) };
  const other: readonly Message[] = [
    single(999, 5),
    { ...single(1000, 5), valueType: 'float16' },
    { ...single(1000, 5), indices: Int32Array.of(1, 5), values: Float32Array.of(1, 2) },
    { ...single(1000, 5), indices: new Int32Array(0), values: new Float32Array(0) },
    dense,
  ];
  const pair = [single(1000, 1), single(1000, 2)];
  const ends: readonly Message[] = [dense, dense];
  const own = (list: readonly Message[], options = {}): number =>
    encodedBytes([...list, ...ends], options) - encodedBytes(ends);
  for (const message of other) {
    assert.is(own([...pair, message, ...pair]), 2 * own(pair) + own([message]));
    assert.is(encode([...pair, message, ...pair]).length, encodedBytes([...pair, message, ...pair]));
  }
  const wide = { ...single(1000, 5), values: Float64Array.of(0.1) };
  assert.is(own([...pair, wide]), own([...pair, single(1000, 5)]));
  const double = { values: 'float64' } as const;
  assert.is(own([...pair, wide], double), own(pair) + own([wide], double));
});

test('no run where a code of positions is asked for', () => {
  const pair = [single(1000, 1), single(1000, 2)];
  assert.is(encode(pair, { indexCode: 'packed' }).length, 4 + 2 * (3 + 1 + 2 + 4) + 2);
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
    fc.property(anyMessages, fc.record({ ...header, indexCode }), (messages, options) => {
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

test('takes all that rounds to a finite float32', () => {
  const message = (value: number): Message => ({ kind: 'dense', length: 1, values: Float64Array.of(value) });
  const limit = (2 - 2 ** -24) * 2 ** 127;
  assert.is(Math.fround(limit), Number.POSITIVE_INFINITY);
  assertThrows(() => encode([message(-limit)]), OptionError, /too large/);
  assert.is(encode([message(limit - 2 ** 75)]).length, encode([message(1)]).length);
});

test.run();
