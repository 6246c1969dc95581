/** Images of TIFF files, with a stand-in of the interface of the package that opens them. */
import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type GeoTiffImage, tilesFromGeoTiff } from '../../src/gigapixel/geotiff-source.js';

/** An image whose value at (y, x, s) is 100 y + 10 x + s. */
function standIn(height: number, width: number, samples = 4): GeoTiffImage & { readonly calls: object[] } {
  const calls: object[] = [];
  return {
    calls,
    getHeight: () => height,
    getWidth: () => width,
    getSamplesPerPixel: () => samples,
    async readRasters(options) {
      calls.push(options);
      const [left, top, right, bottom] = options.window as [number, number, number, number];
      const wanted = options.samples ?? Array.from({ length: samples }, (_, s) => s);
      const values: number[] = [];
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) values.push(...wanted.map((s) => 100 * y + 10 * x + s));
      return Uint16Array.from(values);
    },
  };
}

test('windows are read with their samples together, and the signal is passed on', async () => {
  const image = standIn(6, 8);
  const tiles = tilesFromGeoTiff(image, { samples: [2, 0] });
  assert.equal([tiles.height, tiles.width], [6, 8]);
  const { signal } = new AbortController();
  const { data, ...shape } = await tiles.getTile({ top: 1, left: 2, height: 2, width: 1 }, { signal });
  assert.equal(shape, { height: 2, width: 1, channels: 2 });
  assert.equal(data, Uint16Array.of(122, 120, 222, 220));
  assert.equal(image.calls, [{ window: [2, 1, 3, 3], interleave: true, samples: [2, 0], signal }]);
  assert.is((await tilesFromGeoTiff(image).getTile({ top: 0, left: 0, height: 1, width: 1 }, {})).channels, 4);
});

test('the small picture is made from the smallest version that is large enough', () => {
  const overviews = [standIn(50, 50), standIn(12, 12), standIn(25, 25)];
  const tiles = tilesFromGeoTiff(standIn(100, 100), { overviews });
  assert.is(tiles.getOverview?.(20, 20)?.height, 25);
  assert.is(tiles.getOverview?.(12, 12)?.height, 12);
  assert.is(tiles.getOverview?.(51, 51), undefined);
});

test('what is no such image, and samples that it does not have, are typed errors', () => {
  assertThrows(() => tilesFromGeoTiff({} as never), OptionError, /expected an image of the package geotiff/);
  for (const samples of [[4], [-1], [0.5], []])
    assertThrows(() => tilesFromGeoTiff(standIn(2, 2), { samples }), OptionError, /samples must be some whole numbers/);
});

test.run();
