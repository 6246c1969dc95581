import { FormatError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ByteReader } from '../src/wire/byte-reader.js';
import { ByteWriter, varintBytes } from '../src/wire/byte-writer.js';

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.written.slice();
}

test('numbers are little-endian, bits highest first', () => {
  assert.equal([...written((writer) => writer.uint16(Uint16Array.of(0x1234)))], [0x34, 0x12]);
  assert.equal([...written((writer) => writer.uint32(0x89abcdef))], [0xef, 0xcd, 0xab, 0x89]);
  assert.equal([...written((writer) => writer.float32(Float32Array.of(1)))], [0, 0, 0x80, 0x3f]);
  const bits = written((writer) => {
    writer.reserve(2);
    writer.bits(0b101, 3);
    writer.zeros(4);
    writer.bits(0b11, 2);
    writer.align();
  });
  assert.equal([...bits], [0b10100001, 0b10000000]);
});

test('varints take 7 bits a byte', () => {
  for (const [value, bytes] of [
    [0, [0]],
    [127, [127]],
    [128, [128, 1]],
    [300, [0xac, 2]],
  ] as const) {
    assert.equal([...written((writer) => writer.varint(value))], [...bytes]);
  }
  assert.is(varintBytes(2 ** 53 - 1), 8);
});

test('reading beyond the end says what is missing', () => {
  const reader = (): ByteReader => new ByteReader(Uint8Array.of(0x80));
  assertThrows(() => reader().uint16(1), FormatError, /decode: ends early: 2 more bytes expected, got 1/);
  assertThrows(() => reader().varint(), FormatError, /ends early/);
  assertThrows(() => reader().bits(9), FormatError, /ends early: 9 more bits expected, got 8/);
  assertThrows(() => reader().bits(32), FormatError, /ends early/);
  assertThrows(() => new ByteReader(Uint8Array.of(0)).zeros(9), FormatError, /ends early/);
  assertThrows(() => reader().raw(2), FormatError, /ends early/);
});

test('a varint that is too large or longer than it needs to be is refused', () => {
  const read = (...bytes: number[]): number => new ByteReader(Uint8Array.from(bytes)).varint();
  assert.is(read(255, 255, 255, 255, 255, 255, 255, 15), 2 ** 53 - 1);
  assertThrows(() => read(255, 255, 255, 255, 255, 255, 255, 16), FormatError, /2\^53 or more/);
  assertThrows(() => read(...Array(20).fill(255)), FormatError, /2\^53 or more/);
  assertThrows(() => read(128, 0), FormatError, /more bytes than it needs/);
});

test('bits between parts must be 0', () => {
  const reader = new ByteReader(Uint8Array.of(0b10100000, 7, 0b10010000));
  assert.is(reader.bits(3), 0b101);
  reader.align();
  assert.is(reader.byte(), 7);
  assert.is(reader.bits(3), 0b100);
  assertThrows(() => reader.align(), FormatError, /bits between parts are not 0/);
});

test('zeros end at the limit without taking the bit after', () => {
  const reader = new ByteReader(Uint8Array.of(0b00010011));
  assert.is(reader.zeros(2), 2);
  assert.is(reader.zeros(5), 1);
  assert.is(reader.zeros(2), 2);
  assert.is(reader.zeros(1), 0);
  assert.is(reader.zeros(0), 0);
  assert.is(reader.bits(1), 1);
});

test('what was written is read, in any order of parts', () => {
  const part = fc.oneof(
    fc.record({ kind: fc.constant('varint' as const), value: fc.maxSafeNat() }),
    fc.record({ kind: fc.constant('float64' as const), value: fc.double({ noNaN: true }) }),
    fc.record({ kind: fc.constant('zeros' as const), value: fc.nat(100) }),
    fc
      .integer({ min: 0, max: 32 })
      .chain((count) =>
        fc.record({ kind: fc.constant('bits' as const), count: fc.constant(count), value: fc.nat(2 ** count - 1) }),
      ),
    fc.constant({ kind: 'align' as const, value: 0 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
      let inBits = false;
      const bytes = written((writer) => {
        for (const part of parts) {
          writer.reserve(20);
          if (inBits && (part.kind === 'varint' || part.kind === 'float64')) writer.align();
          inBits = part.kind === 'bits' || part.kind === 'zeros';
          if (part.kind === 'varint') writer.varint(part.value);
          else if (part.kind === 'float64') writer.float64(Float64Array.of(part.value));
          else if (part.kind === 'bits') writer.bits(part.value, part.count);
          else if (part.kind === 'zeros') {
            writer.zeros(part.value);
            writer.bits(1, 1);
          } else writer.align();
        }
        writer.align();
      });
      const reader = new ByteReader(bytes);
      inBits = false;
      for (const part of parts) {
        if (inBits && (part.kind === 'varint' || part.kind === 'float64')) reader.align();
        inBits = part.kind === 'bits' || part.kind === 'zeros';
        if (part.kind === 'varint') assert.is(reader.varint(), part.value);
        else if (part.kind === 'float64') assert.ok(Object.is(reader.float64(1)[0], part.value));
        else if (part.kind === 'bits') assert.is(reader.bits(part.count), part.value);
        else if (part.kind === 'zeros') assert.is(reader.zeros(1000), part.value);
        else reader.align();
      }
      reader.align();
      assert.is(reader.left, 0);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test.run();
