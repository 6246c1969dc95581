import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { portableCrc32 as portable } from '../src/wire/checksum.js';
import { crc32 } from '../src/wire/crc32.js';

test('whichever check sum the host has, it is the same', () => {
  for (const length of [0, 1, 3, 4, 7, 8, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 255);
    assert.is(crc32(bytes), portable(bytes));
    assert.is(crc32(bytes.subarray(length >> 1)), portable(bytes.slice(length >> 1)));
  }
  assert.is(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
});

test.run();
