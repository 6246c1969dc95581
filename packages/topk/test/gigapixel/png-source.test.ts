/** Large PNG files, row by row. */
import { deflateSync } from 'node:zlib';
import { byteStream, decodeImage } from '@saccade/nn';
import { FormatError, memory, OptionError, Rng, SaccadeError } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tilesFromBlob } from '../../src/gigapixel/blob-source.js';
import { tilesFromFile } from '../../src/gigapixel/file-source.js';
import { tilesFromImage } from '../../src/gigapixel/image-source.js';
import { PngTiles } from '../../src/gigapixel/png-source.js';
import { selectFromTiles } from '../../src/gigapixel/select-from-tiles.js';
import { PatchSelector } from '../../src/model/patch-selector.js';
import { noise } from './noise.js';
import { filteredRows, headerBody, type PngPlan, writePng } from './png-writer.js';

const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };
const samplesOf: Readonly<Record<number, number>> = { ...channelsOf, 3: 1 };

function planOf(colorType: number, width: number, height: number): PngPlan {
  const samples = noise(width * height * samplesOf[colorType]!, width);
  return { width, height, colorType, samples, ...(colorType === 3 ? { palette: noise(768, 3) } : {}) };
}

/** The pixels as they should be. */
function pixelsOf({ colorType, samples, palette }: PngPlan): Uint8Array {
  if (palette === undefined || colorType !== 3) return samples;
  return Uint8Array.from({ length: 3 * samples.length }, (_, i) => palette[3 * samples[Math.floor(i / 3)]! + (i % 3)]!);
}

test('windows of every kind of file are its pixels', async () => {
  for (const colorType of [0, 2, 3, 4, 6]) {
    const plan = planOf(colorType, 23, 31);
    const tiles = await tilesFromFile(writePng(plan));
    assert.equal([tiles.height, tiles.width], [31, 23]);
    const whole = tilesFromImage({ height: 31, width: 23, channels: channelsOf[colorType]!, data: pixelsOf(plan) });
    for (const window of [
      { top: 4, left: 0, height: 3, width: 23 },
      { top: 7, left: 5, height: 10, width: 6 },
      { top: 0, left: 22, height: 31, width: 1 },
    ]) {
      assert.equal((await tiles.getTile(window, {})).data, (await whole.getTile(window, {})).data);
    }
    await tiles.close();
  }
});

test('the pixels are those that the decoder of whole files gives', async () => {
  const file = writePng(planOf(2, 40, 30));
  const tiles = await tilesFromBlob(new Blob([new Uint8Array(file)]));
  const { data } = await tiles.getTile({ top: 0, left: 0, height: 30, width: 40 }, {});
  assert.equal(data, (await decodeImage(file, { channels: 3 })).data);
  await tiles.close();
});

test('rows from top to bottom take one pass over the file, chosen windows another', async () => {
  const plan = planOf(0, 30, 50);
  const file = writePng(plan);
  let passes = 0;
  const tiles = await PngTiles.open(() => {
    passes += 1;
    return byteStream(file);
  });
  for (let top = 0; top < 50; top += 10) await tiles.getTile({ top, left: 0, height: 10, width: 30 }, {});
  assert.is(passes, 1);
  const windows = [40, 3, 20, 3].map((top, left) => ({ top, left, height: 9, width: 8 }));
  const together = await tiles.getTiles(windows, {});
  assert.is(passes, 2);
  const whole = tilesFromImage({ height: 50, width: 30, data: plan.samples });
  for (const [i, window] of windows.entries()) assert.equal(together[i]?.data, (await whole.getTile(window, {})).data);
  // Requests that come at the same time wait for each other.
  const both = await Promise.all(windows.map((window) => tiles.getTile(window, {})));
  assert.equal(
    both.map(({ data }) => data),
    together.map(({ data }) => data),
  );
  await tiles.close();
  await assertRejects(async () => tiles.getTile(windows[0]!, {}), SaccadeError, /has been closed/);
});

test('a selector makes the same of the file as of the image in memory', async () => {
  const plan = planOf(2, 120, 90);
  const selector = new PatchSelector({
    height: 90,
    width: 120,
    classes: 3,
    patches: 3,
    patchSize: 12,
    downscale: 3,
    scorer: { kind: 'conv', channels: [3], pool: 3 },
    features: { kind: 'conv', channels: [3], outSize: 4 },
    rng: new Rng(1),
  });
  const before = memory().tensors;
  const tiles = await tilesFromFile(writePng(plan));
  const looks = [
    await selectFromTiles(tiles, selector),
    await selectFromTiles(tilesFromImage({ height: 90, width: 120, data: plan.samples }), selector),
  ];
  assert.equal(looks[0]!.logits.dataSync(), looks[1]!.logits.dataSync());
  for (const { logits, scores, selection, patches } of looks)
    for (const part of [logits, scores, selection, patches]) part.dispose();
  await tiles.close();
  assert.is(memory().tensors, before);
  selector.dispose();
});

test('files that cannot be read row by row say why', async () => {
  const plan = planOf(0, 4, 4);
  const withHeader = (header: Uint8Array): Buffer => writePng({ ...plan, header });
  for (const [file, pattern] of [
    [Buffer.from('GIF89a and more'), /expected a PNG or \.npy file, got another/],
    [withHeader(headerBody(4, 4, 16, 0)), /8 bits a sample and without interlacing .*has 16 bits/],
    [withHeader(headerBody(4, 4, 8, 0, 1)), /is interlaced/],
    [withHeader(headerBody(0, 4, 8, 0)), /a size from 1 x 1/],
    [withHeader(headerBody(4, 4, 8, 5)), /a kind that PNG knows/],
    [withHeader(headerBody(4, 4, 8, 3)), /expected a palette before the data/],
    [withHeader(headerBody(2 ** 31, 2 ** 31, 8, 6)), /rows of at most 16777216 bytes/],
    [writePng({ ...plan, palette: new Uint8Array(4) }), /a palette of 1 to 256 colours, got 4 bytes/],
    [writePng(plan).subarray(0, 40), /got the end of the file/],
  ] as const) {
    await assertRejects(() => tilesFromFile(file), FormatError, pattern);
  }
  await assertRejects(() => tilesFromFile(3 as never), OptionError, /expected a path/);
  await assertRejects(() => tilesFromFile('/no/such.png'), SaccadeError, /cannot be opened/);
});

test('damage in the data is found when it is reached', async () => {
  const plan = planOf(0, 16, 16);
  const all = { top: 0, left: 0, height: 16, width: 16 };
  const rows = filteredRows(plan);
  const odd = rows.slice();
  odd[5 * 17] = 7;
  const sound = deflateSync(rows);
  const flipped = sound.map((byte, i) => (i === 20 ? byte ^ 255 : byte));
  for (const [file, pattern] of [
    [writePng({ ...plan, data: deflateSync(rows.subarray(0, 100)) }), /pixels of row 5 of 16, got the end of the data/],
    [writePng({ ...plan, data: deflateSync(odd) }), /filter 0 to 4 in row 5, got 7/],
    [writePng({ ...plan, data: flipped }), /damaged or end too early|filter|end of the data/],
    [writePng({ ...plan, data: sound.subarray(0, 60) }), /damaged or end too early|end of the data/],
    [writePng({ ...planOf(3, 16, 16), palette: noise(30) }), /a pixel has colour \d+ of a palette of 10/],
  ] as const) {
    const tiles = await tilesFromFile(file);
    await assertRejects(async () => tiles.getTile(all, {}), Error, pattern);
    await tiles.close();
  }
});

test('a file that claims to be huge is opened, and fails where its rows end', async () => {
  const tiles = await tilesFromFile(writePng({ ...planOf(0, 4, 4), header: headerBody(2 ** 20, 2 ** 26, 8, 0) }));
  assert.is(tiles.height, 2 ** 26);
  await assertRejects(async () => tiles.getTile({ top: 0, left: 0, height: 1, width: 4 }, {}), FormatError);
  await tiles.close();
});

test('reading stops with the reason of the signal', async () => {
  const file = writePng(planOf(0, 8, 200));
  const tiles = await tilesFromFile(file);
  const signal = AbortSignal.abort(new Error('enough'));
  const window = { top: 0, left: 0, height: 200, width: 8 };
  await assertRejects(async () => tiles.getTile(window, { signal }), Error, /enough/);
  assert.is((await tiles.getTile(window, {})).height, 200, 'and can begin anew');
  await tiles.close();
  await assertRejects(() => tilesFromFile(file, { signal }), Error, /enough/);
});

test('damaged bytes anywhere give typed errors or pixels, nothing else', async () => {
  const file = writePng(planOf(2, 9, 9));
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = Uint8Array.from(file);
      bytes[at] = bytes[at]! ^ change;
      try {
        const tiles = await tilesFromFile(bytes);
        await tiles.getTile({ top: 0, left: 0, height: Math.min(9, tiles.height), width: 1 }, {});
        await tiles.close();
      } catch (error) {
        assert.instance(error, SaccadeError);
      }
    }),
    { numRuns: 100 },
  );
});

test.run();
