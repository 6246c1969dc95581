/** Patches side by side, and pictures one under the other. */
import { OptionError, ShapeError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type PatchStripInput, patchStrip, stackPictures } from '../../src/pictures/patch-strip.js';

/** Patches of 2 x 3 grey pixels, patch i with value 50 i. */
function patches(count: number): PatchStripInput {
  const data = Uint8Array.from({ length: count * 6 }, (_, i) => 50 * Math.floor(i / 6));
  return { data, count, height: 2, width: 3, channels: 1 };
}

test('patches grow by whole factors and stand side by side on transparent ground', () => {
  const strip = patchStrip(patches(3), { patchSize: 10 });
  assert.equal([strip.height, strip.width], [6, 3 * 9 + 2 * 8]);
  const value = (x: number): number[] => [...strip.data.subarray(4 * x, 4 * x + 4)];
  assert.equal(value(0), [0, 0, 0, 255]);
  assert.equal(value(9), [0, 0, 0, 0]);
  assert.equal(value(17), [50, 50, 50, 255]);
  assert.equal(value(42), [100, 100, 100, 255]);
});

test('large patches are made smaller, and rows are filled one after the other', () => {
  const big = { data: new Float32Array(3 * 40 * 40 * 3), count: 3, height: 40, width: 40, channels: 3 };
  const strip = patchStrip(big, { patchSize: 20, columns: 2 });
  assert.equal([strip.height, strip.width], [48, 48]);
  assert.is(strip.data[4 * (47 * 48 + 47) + 3], 0);
});

test('captions stand below on dark ground, and are cut where they are too long', () => {
  const plain = patchStrip(patches(1), { patchSize: 60 });
  const named = (caption: string): Uint8ClampedArray =>
    patchStrip({ ...patches(1), captions: [caption] }, { patchSize: 60 }).data;
  assert.is(named('1').length / plain.data.length, 62 / 40);
  assert.ok(
    named('AB')
      .subarray(plain.data.length)
      .some((value) => value === 255),
  );
  assert.equal(named('ABCDEFGHIJ'), named('ABC.'));
  assert.not.equal(named('ABC'), named('ABD'));
});

test('pictures are stacked with a gap', () => {
  const [a, b] = [patchStrip(patches(1), { patchSize: 3 }), patchStrip(patches(2), { patchSize: 3 })];
  const stacked = stackPictures([a, b]);
  assert.equal([stacked.height, stacked.width], [2 + 8 + 2, 14]);
});

test('wrong sizes and options are refused', () => {
  assertThrows(() => patchStrip({ ...patches(2), count: 5 }), ShapeError, /12 values are not 5 patches/);
  assertThrows(() => patchStrip({ ...patches(2), width: 2 }), ShapeError, /got 12 for 4 x 2 x 1/);
  assertThrows(
    () => patchStrip({ ...patches(2), count: 0 }),
    OptionError,
    /count must be a whole number from 1, got 0/,
  );
  assertThrows(() => patchStrip(patches(2), { patchSize: 0.5 }), OptionError, /patchSize must be .* got 0.5/);
  assertThrows(
    () => patchStrip({ ...patches(2), captions: ['a'] }),
    OptionError,
    /2 patches need as many captions, got 1/,
  );
  assertThrows(() => stackPictures([]), OptionError, /at least one/);
});

test.run();
