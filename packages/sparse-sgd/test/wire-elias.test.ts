import { FormatError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ByteReader } from '../src/wire/byte-reader.js';
import { ByteWriter } from '../src/wire/byte-writer.js';
import { type EliasCode, eliasDelta, eliasGamma, eliasOmega } from '../src/wire/elias.js';

const codes = { gamma: eliasGamma, delta: eliasDelta, omega: eliasOmega } as const;
const recorded = new Golden<{ elias: { v: number; gamma: string; delta: string; omega: string }[] }>(
  new URL('golden/extensions', import.meta.url),
);

function bytesOf(code: EliasCode, value: number): Uint8Array {
  const writer = new ByteWriter();
  writer.reserve(20);
  code.write(writer, value);
  writer.align();
  return writer.written.slice();
}

for (const [name, code] of Object.entries(codes)) {
  test(`${name} has the recorded words`, () => {
    for (const entry of recorded.scalars.elias) {
      const word = entry[name as keyof typeof codes];
      const bits = Array.from(bytesOf(code, entry.v), (byte) => byte.toString(2).padStart(8, '0')).join('');
      assert.is(bits.slice(0, word.length), word, `${entry.v}`);
      assert.not.match(bits.slice(word.length), /1/);
      assert.is(code.bits(entry.v), word.length);
    }
  });

  test(`${name} gives every number back, in as many bits as it says`, () => {
    const values = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 31 - 1 })));
    fc.assert(
      fc.property(values, (list) => {
        const writer = new ByteWriter();
        writer.reserve(16 * list.length + 16);
        for (const value of list) code.write(writer, value);
        const bits = list.reduce((sum, value) => sum + code.bits(value), 0);
        writer.align();
        assert.is(writer.written.length, Math.ceil(bits / 8));
        const reader = new ByteReader(writer.written);
        for (const value of list) assert.is(code.read(reader), value);
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test(`${name} refuses what no number has`, () => {
    assertThrows(() => code.read(new ByteReader(new Uint8Array(0))), FormatError, /ends early/);
    for (const fill of [0, 0x02, 0x7f, 0xfe, 0xff]) {
      const reader = new ByteReader(new Uint8Array(40).fill(fill));
      assertThrows(() => {
        for (;;) code.read(reader);
      }, FormatError);
    }
  });
}

test('a number of 2^31 or more is refused', () => {
  assertThrows(
    () => eliasGamma.read(new ByteReader(Uint8Array.of(0, 0, 0, 1, 255, 255, 255, 255))),
    FormatError,
    /2\^31/,
  );
  assertThrows(
    () => eliasOmega.read(new ByteReader(Uint8Array.of(0b10111111, 255, 255, 255, 255, 255))),
    FormatError,
    /2\^31/,
  );
});

test.run();
