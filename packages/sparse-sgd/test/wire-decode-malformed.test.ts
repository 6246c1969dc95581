import { FormatError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import type { Message } from '../src/compress/message.js';
import { decode } from '../src/wire/decode.js';
import { encode } from '../src/wire/encode.js';
import { frame, one, sealed } from './wire-frames.js';

const maxLength = 2 ** 40;
/** As `frame` takes them: a frame of two messages, step 0. */
const two = [0b001_0_0000, 0, 2] as const;

const malformed: readonly [string, Uint8Array, RegExp][] = [
  ['nothing', new Uint8Array(0), /0 bytes cannot be a frame/],
  ['three bytes', Uint8Array.of(0xd7, one, 0), /3 bytes cannot be a frame/],
  ['a length that no checksum fits', new Uint8Array(67).fill(0xd7), /67 bytes cannot be a frame/],
  ['another first byte', sealed(Uint8Array.of(1, one, 0, 0, 0, 0)), /not a frame: the first byte is 1, not 215/],
  ['another version', frame(0b010_1_0000, 0, 0, 0, 0), /expected version 1 of the format, got 2/],
  ['a step without end', frame(one, 128), /ends early/],
  ['flags of a run', frame(one, 0, 0b111_00100, 5, 2), /a run of singles has flags 4/],
  ['a run of none', frame(...two, 0b111_00001, 5, 0, 0), /a run of 0 singles where 2 messages are left/],
  ['a run of one', frame(...two, 0b111_00001, 5, 1, 0, 0, 0), /a run of 1 singles where 2 messages are left/],
  ['a run in a frame of one', frame(one, 0, 0b111_00001, 5, 2, 0, 0, 0, 0, 0), /2 singles where 1 messages are left/],
  [
    'a run that goes beyond the frame',
    frame(...two, 0b111_00001, 5, 3, 0, 0, 0, 0, 0, 0, 0),
    /a run of 3 singles where 2 messages are left/,
  ],
  ['a run without its values', frame(...two, 0b111_00001, 5, 2, 0, 0, 0), /ends early: 5 more bytes expected, got 3/],
  ['a run without entries', frame(...two, 0b111_00001, 0, 2, 0, 0, 0, 0), /index 0 is not below the length 0/],
  [
    'an index of a run above the length',
    frame(...two, 0b111_00001, 5, 2, 0b00010100, 0, 0, 0, 0),
    /index 5 is not below/,
  ],
  [
    'a run of too long vectors',
    frame(...two, 0b111_00001, 128, 128, 128, 128, 8, 2, ...new Array(12).fill(0)),
    /too long/,
  ],
  [
    'bits after the positions of a run',
    frame(...two, 0b111_00001, 5, 2, 1, 0, 0, 0, 0),
    /bits between parts are not 0/,
  ],
  ['an infinite value of a run', frame(...two, 0b111_00001, 5, 2, 0, 0, 0, 0, 0x7c), /value 0 is Infinity/],
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
  const small: Message = { kind: 'sparse', length: 100, indices: Int32Array.of(3, 7), values: Float32Array.of(1, 2) };
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

test.run();
