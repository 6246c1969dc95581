import { FormatError, OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../src/compress/message.js';
import { crc16, crc32 } from '../src/wire/checksum.js';
import { decode } from '../src/wire/decode.js';
import { encode } from '../src/wire/encode.js';
import { indexBits } from '../src/wire/index-bits.js';
import { anyMessage, inDouble } from './wire-messages.js';

const maxLength = 2 ** 40;

/** As it comes back where numbers travel as float32: without what is the default. */
function expected(message: Message): Message {
  return 'valueType' in message || ['sparse', 'seeded', 'dense'].includes(message.kind)
    ? ({ ...message, valueType: 'valueType' in message ? message.valueType : undefined } as Message)
    : message;
}

test('gives messages, step and rank back', () => {
  const header = { step: fc.oneof(fc.nat(300), fc.maxSafeNat()), rank: fc.oneof(fc.nat(20), fc.nat()) };
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 5 }), fc.record(header), (messages, { step, rank }) => {
      const frame = decode(encode(messages, { step, rank }), { lengths: messages.map(({ length }) => length) });
      assert.equal(frame, { step, rank, messages: messages.map(expected) });
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('gives float64 back if it was sent, and float32 of it if not', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const wide = inDouble(message);
      const exact = decode(encode([wide], { values: 'float64' }), { maxLength }).messages[0]!;
      assert.equal(exact, expected(wide));
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

const small: Message = { kind: 'sparse', length: 100, indices: Int32Array.of(3, 7), values: Float32Array.of(1, 2) };

/** Bytes before the checksum, with one that is right. */
function sealed(body: Uint8Array): Uint8Array {
  const short = body.length < 64;
  const bytes = new Uint8Array(body.length + (short ? 2 : 4));
  bytes.set(body);
  const view = new DataView(bytes.buffer);
  if (short) view.setUint16(body.length, crc16(body), true);
  else view.setUint32(body.length, crc32(body), true);
  return bytes;
}

const frame = (...bytes: number[]): Uint8Array => sealed(Uint8Array.of(0xd7, ...bytes));
const one = 0b001_1_0000;

const malformed: readonly [string, Uint8Array, RegExp][] = [
  ['nothing', new Uint8Array(0), /0 bytes cannot be a frame/],
  ['three bytes', Uint8Array.of(0xd7, one, 0), /3 bytes cannot be a frame/],
  ['a length that no checksum fits', new Uint8Array(67).fill(0xd7), /67 bytes cannot be a frame/],
  ['another first byte', sealed(Uint8Array.of(1, one, 0, 0, 0, 0)), /not a frame: the first byte is 1, not 215/],
  ['another version', frame(0b010_1_0000, 0, 0, 0, 0), /expected version 1 of the format, got 2/],
  ['a step without end', frame(one, 128), /ends early/],
  ['a kind that there is not', frame(one, 0, 7 << 5, 0), /no kind of messages 7/],
  ['no message where there should be one', frame(one, 0), /1 messages do not fit into 0 bytes/],
  [
    'more messages than there is room for',
    frame(0b001_0_0000, 0, 200, 1, 0, 0),
    /200 messages do not fit into 2 bytes/,
  ],
  ['one message that does not say so', frame(0b001_0_0000, 0, 1, 0b010_00000, 0), /one message is not written as such/],
  ['a vector that is too long', frame(one, 0, 0b010_00000, 255, 255, 255, 255, 255, 127), /too long/],
  ['more values than bytes', frame(one, 0, 0b010_00000, 100, 0, 0), /ends early: 400 more bytes expected, got 2/],
  ['more entries than the vector has', frame(one, 0, 0b000_001_00, 5, 6), /6 entries of a vector of length 5/],
  [
    'an index above the length',
    frame(one, 0, 0b000_000_00, 5, 0b11100000, 0, 0, 0, 0),
    /index 7 is not below the length 5/,
  ],
  ['an index twice', frame(one, 0, 0b000_001_01, 5, 2, 0b01001000, 0, 0, 0, 0), /index 2 comes after 2/],
  ['a distance beyond the end', frame(one, 0, 0b000_011_01, 5, 1, 5, 0, 0), /an index is not below the length 5/],
  ['a bitmap of too many', frame(one, 0, 0b000_010_01, 5, 1, 3, 0, 0), /does not have 1 bits below 5/],
  ['a bitmap bit above the length', frame(one, 0, 0b000_010_01, 5, 1, 32, 0, 0), /does not have 1 bits below 5/],
  ['an infinite value', frame(one, 0, 0b010_000_01, 1, 0, 0x7c), /value 0 is Infinity/],
  ['bytes after the last message', frame(one, 0, 0b010_000_01, 0, 9), /1 bytes after the last message/],
  ['flags of dense values', frame(one, 0, 0b010_100_00, 0), /flags 16/],
  ['flags of seeded values', frame(one, 0, 0b001_100_00, 0, 0, 0), /flags 16/],
  ['flags of signs', frame(one, 0, 0b100_00100, 0, 0, 0, 0, 0), /flags 4/],
  ['flags of levels', frame(one, 0, 0b011_00110, 0, 1, 0), /flags 6/],
  ['flags of powers', frame(one, 0, 0b101_01000, 0, 0, 0), /flags 8/],
  ['flags of a factor', frame(one, 0, 0b110_00001, 0, 1), /flags 1/],
  ['a rank that does not divide', frame(one, 0, 0b110_00000, 3, 2), /factor of 3 has rank 2/],
  ['a rank of 0', frame(one, 0, 0b110_00000, 0, 0), /rank 0/],
  ['no levels', frame(one, 0, 0b011_00000, 0, 0, 0), /0 levels: expected 1 to 32767/],
  ['a bucket of nothing', frame(one, 0, 0b011_10000, 5, 1, 0, 0), /a bucket of 0 entries/],
  ['a level above s', frame(one, 0, 0b011_00000, 1, 2, 0, 0, 0, 0, 3, 0), /magnitude 3, above 2/],
  [
    'a packed level above the largest',
    frame(one, 0, 0b011_00000, 1, 2, 0, 0, 0, 0, 2, 0b11100000),
    /a number is 5, above 2/,
  ],
  [
    'more levels than the vector has',
    frame(one, 0, 0b011_00010, 1, 2, 0, 0, 0, 0, 2, 2, 0),
    /2 of 1 numbers are not 0/,
  ],
  [
    'a run that goes on',
    frame(one, 0, 0b011_00010, 1, 1, 0, 0, 0, 0, 1, 1, 0b01000000),
    /numbers go on after the last of 1/,
  ],
  ['bits after the last sign', frame(one, 0, 0b100_00000, 3, 0, 0, 0, 0, 8), /bits after the last sign are not 0/],
  ['a power that there is not', frame(one, 0, 0b101_00000, 0, 5, 0), /5 is the code of no power/],
  ['ranks of no power', frame(one, 0, 0b101_00000, 0, 0, 1), /magnitude 1, above 0/],
  ['bits between parts', frame(one, 0, 0b000_000_01, 5, 0b00000001, 0, 0), /bits between parts are not 0/],
];

for (const [what, bytes, message] of malformed) {
  test(`refuses ${what}`, () => {
    assertThrows(() => decode(bytes, { maxLength }), FormatError, message);
  });
}

test('refuses a wrong checksum, short or long', () => {
  const long: Message = { kind: 'dense', length: 20, values: new Float32Array(20) };
  for (const message of [small, long]) {
    const bytes = encode([message]);
    for (let i = 2; i < bytes.length; i++) {
      const wrong = bytes.slice();
      wrong[i]! ^= 16;
      assertThrows(() => decode(wrong, { maxLength }), FormatError, /checksum of \d+ bytes is wrong/);
    }
  }
});

test('refuses messages of other lengths or numbers than expected', () => {
  const bytes = encode([small, small]);
  assert.is(decode(bytes, { lengths: [100, 100] }).messages.length, 2);
  assertThrows(() => decode(bytes, { lengths: [100] }), FormatError, /expected 1 messages, got 2/);
  assertThrows(() => decode(bytes, { lengths: [100, 99] }), FormatError, /expected message 1 of length 99, got 100/);
  assert.is(decode(bytes, { maxLength: 200 }).messages.length, 2);
  assertThrows(() => decode(bytes, { maxLength: 199 }), FormatError, /a message of length 100 is too long/);
});

test('needs to know what to expect', () => {
  assertThrows(() => decode(encode([small]), {}), OptionError, /pass \{ lengths \} or \{ maxLength \}/);
  assertThrows(
    () => decode(encode([small]), { maxLength: -1 }),
    OptionError,
    /maxLength must be a whole number from 0/,
  );
  assertThrows(() => decode('text' as never, { maxLength }), OptionError, /expected a Uint8Array, got "text"/);
  assertThrows(() => decode(encode([small]), { length: 3 } as never), OptionError, /no option 'length'/);
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

/** Runs `body`, and tells how many bytes of typed arrays and buffers it made at most at once. */
function largestArray(body: () => void): number {
  const names = [
    'Uint8Array',
    'Int16Array',
    'Uint16Array',
    'Int32Array',
    'Float32Array',
    'Float64Array',
    'ArrayBuffer',
  ] as const;
  const before = names.map((name) => globalThis[name]);
  let largest = 0;
  for (const [i, name] of names.entries()) {
    const counting = new Proxy(before[i] as new (...args: unknown[]) => { byteLength: number }, {
      construct(target, args, newTarget) {
        if (typeof args[0] === 'number') largest = Math.max(largest, args[0]);
        const made = Reflect.construct(target, args, newTarget) as { byteLength: number };
        largest = Math.max(largest, made.byteLength);
        return made;
      },
    });
    Object.assign(globalThis, { [name]: counting });
  }
  try {
    body();
  } finally {
    for (const [i, name] of names.entries()) Object.assign(globalThis, { [name]: before[i] });
  }
  return largest;
}

test('10,000 damaged, cut and invented frames give a FormatError or sound messages, and take little memory', () => {
  const valid = fc
    .sample(fc.array(anyMessage, { minLength: 1, maxLength: 3 }), { seed: 3, numRuns: 400 })
    .map((list) => encode(list));
  // Numbers that are the same everywhere; good ones are not needed.
  let state = 12345;
  const random = (bound: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const expected = 4096;
  const reasons = new Map<string, number>();
  let sound = 0;
  const largest = largestArray(() => {
    for (let i = 0; i < 10000; i++) {
      const bytes = damaged(valid[random(valid.length)]!, i % 5, random);
      try {
        const { messages } = decode(bytes, { maxLength: expected });
        sound++;
        for (const message of messages) checkSound(message);
      } catch (error) {
        assert.instance(error, FormatError);
        const reason = (error as Error).message.replace(/-?\d+/g, '#');
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
  });
  // Two bytes a level; four a sparse value that takes one bit and one byte at least; and the frames themselves.
  assert.ok(largest <= 8 * expected, `${largest} bytes`);
  // The parsers were reached, not only the checksum.
  assert.ok(sound > 300 && reasons.size > 20, `${sound} sound, ${reasons.size} reasons`);
});

/** Bytes that are damaged: as they are, with a right checksum in most cases, so that what is behind it is reached. */
function damaged(valid: Uint8Array, way: number, random: (bound: number) => number): Uint8Array {
  const checksum = valid.length < 66 ? 2 : 4;
  const body = valid.slice(0, valid.length - checksum);
  const change = (bytes: Uint8Array): void => {
    for (let n = 1 + random(3); n > 0; n--) bytes[random(bytes.length)] = random(256);
  };
  if (way === 0) {
    const bytes = valid.slice();
    change(bytes);
    return bytes;
  }
  if (way === 1) return valid.slice(0, random(valid.length));
  if (way === 2) {
    const bytes = Uint8Array.from({ length: random(120) }, () => random(256));
    bytes[0] = 0xd7;
    bytes[1] = 0b001_00000 | random(32);
    return random(4) === 0 ? bytes : sealed(bytes);
  }
  if (way === 3) return sealed(body.slice(0, 3 + random(body.length - 2)));
  for (let n = 1 + random(3); n > 0; n--) body[2 + random(Math.min(24, body.length - 2))] = random(256);
  return sealed(body);
}

/** What everybody who gets a message relies on. */
function checkSound(message: Message): void {
  const finite = (values: ArrayLike<number>): boolean => Array.from(values).every(Number.isFinite);
  if (message.kind === 'sparse') {
    const { indices, values, length } = message;
    assert.is(values.length, indices.length);
    assert.ok(indices.every((index, i) => index < length && index > (i === 0 ? -1 : indices[i - 1]!)));
  }
  if (message.kind === 'levels') {
    assert.ok(
      message.levels.every((level) => Math.abs(level) <= message.s) && message.levels.length === message.length,
    );
    assert.ok(finite(message.norms));
  }
  if (message.kind === 'powers') {
    assert.ok(message.codes.every((code) => code === 0 || (Math.abs(code) >= 107 && Math.abs(code) <= 383)));
  }
  if (message.kind === 'signs') assert.ok(finite([message.negative, message.positive]));
  if ('values' in message) assert.ok(finite(message.values) && message.values.length <= message.length);
}

test('a frame of many messages cannot ask for more than is expected of all together', () => {
  // Levels that are all 0 take a few bytes, whatever their length.
  const zeros = [0b011_00000, 128, 8, 1, 0, 0, 0, 0, 0];
  const body = [0b001_0_0000, 0, 100, ...Array.from({ length: 100 }, () => zeros).flat()];
  assert.is(decode(frame(...body), { maxLength: 102400 }).messages.length, 100);
  const largest = largestArray(() => {
    assertThrows(() => decode(frame(...body), { maxLength: 2047 }), FormatError, /too long/);
  });
  assert.ok(largest <= 4096);
});

test.run();
