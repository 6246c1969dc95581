import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crc16, portableCrc32 } from '../src/wire/checksum.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('are those that are in use elsewhere', () => {
  assert.is(portableCrc32(bytesOf('123456789')), 0xcbf43926);
  assert.is(crc16(bytesOf('123456789')), 0x29b1);
  assert.is(portableCrc32(new Uint8Array(0)), 0);
  assert.is(crc16(new Uint8Array(0)), 0xffff);
});

test('the fast way over four bytes at once is the definition', () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 7919) >> 3);
  for (const length of [1, 2, 3, 4, 5, 63, 64, 299, 300]) {
    let crc = 0xffffffff;
    for (const byte of bytes.subarray(0, length)) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    assert.is(portableCrc32(bytes.subarray(0, length)), ~crc >>> 0);
  }
});

test('the short one finds any one, two or three wrong bits of a short frame', () => {
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
