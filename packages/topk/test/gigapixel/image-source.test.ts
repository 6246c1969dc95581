/** Images in memory and generated ones, as sources of tiles. */
import { OptionError, ShapeError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { billiardImage } from '../../src/data/billiard.js';
import { tilesFromGenerated, tilesFromImage } from '../../src/gigapixel/image-source.js';
import { noise } from './noise.js';

test('windows of an image in memory are its pixels, of any element type', async () => {
  const data = noise(5 * 7 * 2);
  for (const pixels of [data, new Float32Array(data)]) {
    const tiles = tilesFromImage({ height: 5, width: 7, channels: 2, data: pixels });
    const part = await tiles.getTile({ top: 1, left: 2, height: 2, width: 3 }, {});
    assert.equal(Array.from(part.data), [...data.slice(18, 24), ...data.slice(32, 38)]);
    assert.is(part.data.constructor, pixels.constructor);
    const rows = await tiles.getTile({ top: 3, left: 0, height: 2, width: 7 }, {});
    assert.equal(Array.from(rows.data), Array.from(data.slice(42)));
  }
});

test('an image with too few numbers, or none, is a typed error', () => {
  const data = new Uint8Array(10);
  assertThrows(() => tilesFromImage({ height: 3, width: 3, data }), ShapeError, /3 x 3 pixels .*got 10 numbers/);
  assertThrows(() => tilesFromImage({ height: 2, width: 5, channels: 3, data }), ShapeError, /got 10 numbers/);
  assertThrows(() => tilesFromImage({ height: 0, width: 5, data }), OptionError, /height must be/);
  assertThrows(() => tilesFromImage({ height: 2, width: 5, data: [1] as never }), OptionError, /must be a typed array/);
});

test('a generated image gives its windows, and its own small picture unless all pixels shall be read', async () => {
  const image = billiardImage({ seed: 2, height: 200, width: 150 }, 0);
  const tiles = tilesFromGenerated(image);
  assert.equal([tiles.height, tiles.width], [200, 150]);
  const window = { top: 20, left: 30, height: 40, width: 50 };
  assert.equal(await tiles.getTile(window, {}), image.window(window));
  assert.equal(await tiles.getThumbnail?.(20, 15, {}), image.thumbnail([20, 15]));
  assert.is(tilesFromGenerated(image, { thumbnail: 'resize' }).getThumbnail, undefined);
  assertThrows(() => tilesFromGenerated(image, { thumbnail: 'max' as never }), OptionError, /'mean' or 'resize'/);
});

test.run();
