import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crc16 } from '../src/wire/crc16.js';

test('is the one that is in use elsewhere', () => {
  assert.is(crc16(new TextEncoder().encode('123456789')), 0x29b1);
  assert.is(crc16(new Uint8Array(0)), 0xffff);
});

test('it finds any one, two or three wrong bits of a short frame', () => {
  // The difference that a wrong bit makes does not depend on the other bits.
  const length = 15;
  const zero = crc16(new Uint8Array(length));
  const differences = Array.from({ length: 8 * length }, (_, bit) => {
    const bytes = new Uint8Array(length);
    bytes[bit >> 3] = 1 << (bit & 7);
    return crc16(bytes) ^ zero;
  });
  // Wrong bits of the checksum itself.
  for (let bit = 0; bit < 16; bit++) differences.push(1 << bit);
  const single = new Set(differences);
  assert.is(single.size, differences.length);
  assert.not(single.has(0));
  for (let a = 0; a < differences.length; a++) {
    for (let b = 0; b < a; b++) {
      const third = differences[a]! ^ differences[b]!;
      assert.not(single.has(third) && third !== differences[a] && third !== differences[b], `bits ${a} and ${b}`);
    }
  }
});

test.run();
