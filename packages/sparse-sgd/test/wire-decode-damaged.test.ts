import { FormatError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../src/compress/message.js';
import { decode } from '../src/wire/decode.js';
import { encode } from '../src/wire/encode.js';
import { frame, sealed } from './wire-frames.js';
import { anyMessage, anyMessages, anySingles } from './wire-messages.js';

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

/** Entries that the receiver expects at most. */
const expected = 4096;

const messageLists = {
  'messages of all kinds': fc.oneof(
    { weight: 3, arbitrary: fc.array(anyMessage, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: anyMessages },
  ),
  'runs of single entries': fc
    .array(anySingles, { minLength: 1, maxLength: 3 })
    .map((lists) => lists.flat())
    .filter((list) => list.reduce((sum, { length }) => sum + length, 0) <= expected),
} as const;

/** Decodes 10,000 damaged frames; those of them that were read must be sound. */
function decodeDamaged(lists: fc.Arbitrary<Message[]>) {
  const valid = fc.sample(lists, { seed: 3, numRuns: 400 }).map((list) => encode(list));
  // Numbers that are the same everywhere; good ones are not needed.
  let state = 12345;
  const random = (bound: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
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
  return { largest, sound, reasons: [...reasons.keys()] };
}

for (const [what, lists] of Object.entries(messageLists)) {
  test(`10,000 damaged, cut and invented frames of ${what} give a FormatError or sound messages, and take little memory`, () => {
    const { largest, sound, reasons } = decodeDamaged(lists);
    // Two bytes a level; four a sparse value that takes one bit and one byte at least; and the frames themselves.
    assert.ok(largest <= 8 * expected, `${largest} bytes`);
    // The parsers were reached, not only the checksum.
    assert.ok(sound > 300 && reasons.length > 15, `${sound} sound, ${reasons.length} reasons`);
    const wanted = [/a run of # singles where/, /a run of singles has flags/, /ends early: # more bytes/];
    for (const reason of wanted)
      assert.ok(
        reasons.some((found) => reason.test(found)),
        `${reason} never came`,
      );
  });
}

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

test('a run cannot ask for more than its bytes and what is expected', () => {
  // A million of vectors of one entry, which have no bits of position: the values would be 2 MB, and are not there.
  const run = [0b111_00001, 1, 192, 132, 61, ...new Array(40).fill(0)];
  const largest = largestArray(() => {
    const alone = frame(0b001_0_0000, 0, 22, ...run);
    assertThrows(() => decode(alone, { maxLength: 2 ** 40 }), FormatError, /a run of 1000000 singles where 22/);
    const long = frame(0b001_0_0000, 0, 2, 0b111_00001, 128, 128, 4, 2, ...new Array(8).fill(0));
    assertThrows(() => decode(long, { maxLength: 131071 }), FormatError, /a message of length 65536 is too long/);
    assert.is(decode(long, { maxLength: 131072 }).messages.length, 2);
  });
  assert.ok(largest <= 4096, `${largest} bytes`);
});

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
