import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crc32, portableCrc32 } from '../src/formats/crc32.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

for (const [name, sum] of [
  ['the fastest there is', crc32],
  ['the portable one', portableCrc32],
] as const) {
  test(`${name} is the checksum of zip and png`, () => {
    assert.is(sum(bytesOf('123456789')), 0xcbf43926);
    assert.is(sum(bytesOf('IEND')), 0xae426082);
    assert.is(sum(new Uint8Array(0)), 0);
  });

  test(`${name} over many bytes at once is the definition, wherever they lie in their memory`, () => {
    const all = Uint8Array.from({ length: 1003 }, (_, i) => (i * 7919) >> 3);
    for (const [from, length] of [
      [0, 1],
      [0, 2],
      [1, 3],
      [3, 4],
      [2, 5],
      [0, 63],
      [1, 64],
      [5, 299],
      [3, 1000],
    ] as const) {
      const bytes = all.subarray(from, from + length);
      let crc = 0xffffffff;
      for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
      }
      assert.is(sum(bytes), ~crc >>> 0);
    }
  });
}

test.run();
