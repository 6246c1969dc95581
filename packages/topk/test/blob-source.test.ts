/** Dropped images: those that are read row by row everywhere, and in browsers those that the browser decodes. */
import { decodeImage } from '@saccade/nn';
import { DeviceError, FormatError, OptionError } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tilesFromBlob } from '../src/gigapixel/blob-source.js';
import { noise } from './gigapixel/noise.js';

/** A PNG of one grey pixel. */
const pixel = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=='),
  (character) => character.charCodeAt(0),
);
const one = { top: 0, left: 0, height: 1, width: 1 };
const isBrowser = typeof createImageBitmap === 'function' && typeof OffscreenCanvas === 'function';

test('a PNG is read row by row', async () => {
  const tiles = await tilesFromBlob(new Blob([pixel]));
  const { channels, data } = await tiles.getTile(one, {});
  assert.is(channels, 1);
  assert.equal(data, Uint8Array.of(128));
  await tiles.close();
});

test('what is no Blob, and an aborted signal, are refused', async () => {
  await assertRejects(() => tilesFromBlob(pixel as never), OptionError, /expected a File or Blob/);
  const signal = AbortSignal.abort(new Error('enough'));
  await assertRejects(() => tilesFromBlob(new Blob([pixel]), { signal }), Error, /enough/);
});

if (isBrowser) {
  test('other formats are decoded by the browser: windows are the pixels of the whole', async () => {
    const canvas = new OffscreenCanvas(40, 30);
    const context = canvas.getContext('2d')!;
    const bytes = Uint8ClampedArray.from(noise(40 * 30 * 4), (x, i) => (i % 4 === 3 ? 255 : x));
    context.putImageData(new ImageData(bytes, 40, 30), 0, 0);
    const jpeg = await canvas.convertToBlob({ type: 'image/jpeg' });
    const whole = await decodeImage(jpeg, { channels: 4 });
    const tiles = await tilesFromBlob(jpeg);
    assert.equal([tiles.height, tiles.width], [30, 40]);
    const { data } = await tiles.getTile({ top: 4, left: 7, height: 9, width: 5 }, {});
    const expected = Array.from({ length: 9 }, (_, y) => {
      const at = ((4 + y) * 40 + 7) * 4;
      return Array.from(whole.data.subarray(at, at + 20));
    });
    assert.equal(Array.from(data), expected.flat());
    await tiles.close();
  });

  test('what the browser cannot decode is a typed error', async () => {
    await assertRejects(() => tilesFromBlob(new Blob(['nothing'])), FormatError, /this browser cannot decode/);
  });
} else {
  test('other formats need a browser', async () => {
    await assertRejects(() => tilesFromBlob(new Blob(['nothing at all'])), DeviceError, /decodes no images but PNG/);
  });
}

test.run();
