import { FormatError, OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../src/compress/message.js';
import { decode } from '../src/wire/decode.js';
import { encode } from '../src/wire/encode.js';
import { indexBits } from '../src/wire/index-bits.js';
import { frame } from './wire-frames.js';
import { anyMessages, inDouble } from './wire-messages.js';

const maxLength = 2 ** 40;
const small: Message = { kind: 'sparse', length: 100, indices: Int32Array.of(3, 7), values: Float32Array.of(1, 2) };

/** As it comes back where numbers travel as float32: without what is the default. */
function expected(message: Message): Message {
  return 'valueType' in message || ['sparse', 'seeded', 'dense'].includes(message.kind)
    ? ({ ...message, valueType: 'valueType' in message ? message.valueType : undefined } as Message)
    : message;
}

test('gives messages, step and rank back', () => {
  const header = { step: fc.oneof(fc.nat(300), fc.maxSafeNat()), rank: fc.oneof(fc.nat(20), fc.nat()) };
  fc.assert(
    fc.property(anyMessages, fc.record(header), (messages, { step, rank }) => {
      const frame = decode(encode(messages, { step, rank }), { lengths: messages.map(({ length }) => length) });
      assert.equal(frame, { step, rank, messages: messages.map(expected) });
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('gives float64 back if it was sent, and float32 of it if not', () => {
  fc.assert(
    fc.property(anyMessages, (messages) => {
      const wide = messages.map(inDouble);
      const exact = decode(encode(wide, { values: 'float64' }), { lengths: wide.map(({ length }) => length) }).messages;
      assert.equal(exact, wide.map(expected));
    }),
    { seed: 2, numRuns: 300 },
  );
  const message = { kind: 'dense', length: 1, values: Float64Array.of(0.1) } as const;
  const [back] = decode(encode([message]), { maxLength }).messages;
  assert.ok(back?.kind === 'dense' && back.values instanceof Float32Array && back.values[0] === Math.fround(0.1));
});

test('positions come back from every code', () => {
  const indices = Int32Array.of(0, 3, 4, 500, 999);
  const message = { kind: 'sparse', length: 1000, indices, values: Float32Array.of(1, 2, 3, 4, 5) } as const;
  for (const indexCode of ['packed', 'bitmap', 'leb128', 'rice', 'gamma', 'delta', 'uint32'] as const) {
    const bytes = encode([message], { indexCode });
    assert.equal(decode(bytes, { maxLength }).messages, [{ ...message, valueType: undefined }]);
    const bits = indexBits(indexCode, indices, 1000);
    const checksum = bytes.length < 66 ? 2 : 4;
    assert.is(bytes.length, 3 + 3 + 1 + Math.ceil(bits / 8) + 20 + checksum);
  }
});

test('NaN and infinities travel if both sides allow it', () => {
  const message = {
    kind: 'dense',
    length: 3,
    values: Float32Array.of(1, Number.NaN, Number.NEGATIVE_INFINITY),
  } as const;
  const bytes = encode([message], { allowNonFinite: true });
  assertThrows(() => decode(bytes, { maxLength }), FormatError, /decode: value 1 is NaN/);
  const [back] = decode(bytes, { maxLength, allowNonFinite: true }).messages;
  assert.ok(back?.kind === 'dense');
  assert.equal(Array.from(back.values, String), ['1', 'NaN', '-Infinity']);
});

test('refuses messages of other lengths or numbers than expected', () => {
  const bytes = encode([small, small]);
  assert.is(decode(bytes, { lengths: [100, 100] }).messages.length, 2);
  assertThrows(() => decode(bytes, { lengths: [100] }), FormatError, /expected 1 messages, got 2/);
  assertThrows(() => decode(bytes, { lengths: [100, 99] }), FormatError, /expected message 1 of length 99, got 100/);
  assert.is(decode(bytes, { maxLength: 200 }).messages.length, 2);
  assertThrows(() => decode(bytes, { maxLength: 199 }), FormatError, /a message of length 100 is too long/);
});

test('each message of a run counts', () => {
  const run = [3, 1, 99].map((index): Message => {
    return { ...small, indices: Int32Array.of(index), values: Float32Array.of(index) } as Message;
  });
  const bytes = encode([...run, small]);
  assert.equal(decode(bytes, { lengths: [100, 100, 100, 100] }).messages, [...run, small].map(expected));
  assertThrows(() => decode(bytes, { lengths: [100, 100] }), FormatError, /expected 2 messages, got 4/);
  assertThrows(() => decode(bytes, { lengths: [100, 100, 9, 100] }), FormatError, /message 2 of length 9, got 100/);
  assert.is(decode(encode(run), { maxLength: 300 }).messages.length, 3);
  assertThrows(() => decode(encode(run), { maxLength: 299 }), FormatError, /a message of length 100 is too long/);
});

test('the messages of a run do not share memory', () => {
  const message: Message = { ...small, indices: Int32Array.of(3), values: Float32Array.of(1) };
  const { messages } = decode(encode([message, message]), { maxLength });
  const [first, second] = messages;
  assert.ok(first?.kind === 'sparse' && second?.kind === 'sparse');
  assert.is.not(first.indices.buffer, second.indices.buffer);
  assert.is.not(first.values.buffer, second.values.buffer);
});

test('single messages written one by one, each with its head, are still read', () => {
  const head = [0b000_000_01, 5];
  const bytes = frame(0b001_0_0000, 0, 2, ...head, 0b01100000, 0, 0x3c, ...head, 0b01100000, 0, 0x3c);
  const single = { kind: 'sparse', length: 5, indices: Int32Array.of(3), values: Float32Array.of(1) } as const;
  assert.equal(decode(bytes, { maxLength }).messages, [
    { ...single, valueType: 'float16' },
    { ...single, valueType: 'float16' },
  ]);
});

test('messages without entries count as one entry, as each takes memory', () => {
  const empty: Message = { kind: 'dense', length: 0, values: new Float32Array(0) };
  const bytes = encode(Array.from({ length: 1000 }, () => empty));
  assert.is(decode(bytes, { maxLength: 1000 }).messages.length, 1000);
  assertThrows(() => decode(bytes, { maxLength: 999 }), FormatError, /a message of length 0 is too long/);
  assert.is(decode(encode([]), { maxLength: 0 }).messages.length, 0);
});

const expectations: readonly [string, unknown, RegExp][] = [
  ['a number', 5, /decode: lengths must be an array of whole numbers, got 5/],
  ['null', null, /got null/],
  ['null for a length', [null], /decode: lengths\[0\] must be a whole number from 0, got null/],
  ['half an entry', [100, 0.5], /lengths\[1\] must be/],
  ['a negative length', [-1], /lengths\[0\] must be/],
  ['a hole', new Array(1), /lengths\[0\] must be a whole number from 0, got undefined/],
];

for (const [what, lengths, message] of expectations) {
  test(`refuses ${what} as what to expect`, () => {
    assertThrows(() => decode(encode([small]), { lengths: lengths as never }), OptionError, message);
    assertThrows(() => decode(encode([small]), { lengths: lengths as never, maxLength }), OptionError, message);
  });
}

test('needs to know what to expect', () => {
  assertThrows(() => decode(encode([small]), {}), OptionError, /pass \{ lengths \} or \{ maxLength \}/);
  assertThrows(
    () => decode(encode([small]), { maxLength: -1 }),
    OptionError,
    /maxLength must be a whole number from 0/,
  );
  assertThrows(
    () => decode(encode([small]), { lengths: [100], maxLength: Number.NaN }),
    OptionError,
    /maxLength must be a whole number from 0, got NaN/,
  );
  assertThrows(
    () => decode(encode([small]), { maxLength, allowNonFinite: 'no' as never }),
    OptionError,
    /allowNonFinite must be true or false, got "no"/,
  );
  assertThrows(() => decode('text' as never, { maxLength }), OptionError, /expected a Uint8Array, got "text"/);
  assertThrows(() => decode(encode([small]), { length: 3 } as never), OptionError, /no option 'length'/);
});

/** As Node's Buffer: `slice` gives no copy. */
class Viewing extends Uint8Array {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end) as Uint8Array<ArrayBuffer>;
  }
}

test('messages do not share memory with bytes whose class gives views for copies', () => {
  const message: Message = { kind: 'signs', length: 8, bits: Uint8Array.of(170), negative: -1, positive: 1 };
  const bytes = Viewing.from(encode([message]));
  const [back] = decode(bytes, { maxLength }).messages;
  bytes.fill(0);
  assert.equal(back, message);
  assert.ok(back?.kind === 'signs' && !(back.bits instanceof Viewing));
});

test('bytes may be a part of others, and messages do not share memory with them', () => {
  const message: Message = { kind: 'signs', length: 8, bits: Uint8Array.of(170), negative: -1, positive: 1 };
  const bytes = encode([message]);
  const outer = new Uint8Array(bytes.length + 7);
  outer.set(bytes, 3);
  const [back] = decode(outer.subarray(3, 3 + bytes.length), { maxLength }).messages;
  outer.fill(0);
  assert.equal(back, message);
});

test.run();
