/** Our inflate undoes zlib's deflate, and refuses damaged data. */
import { constants, deflateRawSync } from 'node:zlib';
import { FormatError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inflate } from '../src/wasm/inflate.js';

const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE];

test('inflate undoes zlib, whatever its level and strategy', () => {
  const repetitive = fc
    .array(fc.constantFrom(0, 1, 65, 66, 255), { maxLength: 3000 })
    .map((list) => Uint8Array.from(list));
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 3000 }), repetitive);
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 9 }), fc.constantFrom(...strategies), (data, level, strategy) => {
      const packed = deflateRawSync(data, { level, strategy });
      assert.equal(Buffer.from(inflate(packed, data.length)), Buffer.from(data));
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('inflate copies long runs and distances up to 32 KiB', () => {
  const data = Uint8Array.from({ length: 90_000 }, (_, i) => ((i % 32_768) * 2654435761) >>> 24);
  assert.equal(Buffer.from(inflate(deflateRawSync(data), data.length)), Buffer.from(data));
});

test('inflate refuses a wrong size and cut or broken data', () => {
  const packed = deflateRawSync(Uint8Array.from({ length: 500 }, (_, i) => i * i));
  assertThrows(() => inflate(packed, 499), FormatError, /inflate/);
  assertThrows(() => inflate(packed, 501), FormatError, /500 bytes, expected 501/);
  assertThrows(() => inflate(packed.subarray(0, 40), 500), FormatError, /inflate/);
  assertThrows(() => inflate(Uint8Array.of(7), 1), FormatError, /not DEFLATE/);
});

test.run();
