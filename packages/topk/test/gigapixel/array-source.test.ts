/** Pixels that lie uncompressed in files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNpy, FormatError, OptionError, SaccadeError, scope, tensor } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tilesFromRaw } from '../../src/gigapixel/array-source.js';
import { tilesFromFile } from '../../src/gigapixel/file-source.js';
import { tilesFromImage } from '../../src/gigapixel/image-source.js';
import { noise } from './noise.js';

const [height, width, channels] = [9, 11, 3];
const pixels = noise(height * width * channels);
const windows = [
  { top: 2, left: 0, height: 3, width },
  { top: 1, left: 4, height: 5, width: 6 },
  { top: height - 1, left: width - 1, height: 1, width: 1 },
];

test('raw bytes: windows from a path, a Blob and memory are those of the image', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tiles-'));
  try {
    const path = join(folder, 'pixels.raw');
    const bytes = Uint8Array.of(1, 2, 3, 4, ...pixels);
    await writeFile(path, bytes);
    const whole = tilesFromImage({ height, width, channels, data: pixels });
    for (const source of [path, new Blob([bytes]), bytes]) {
      const tiles = await tilesFromRaw(source, { height, width, channels, offset: 4 });
      for (const window of windows) {
        const { data } = await tiles.getTile(window, {});
        assert.equal(data, (await whole.getTile(window, {})).data);
      }
      await tiles.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('other element types, in both byte orders', async () => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint16(0, 258);
  new DataView(bytes.buffer).setFloat32(4, 1.5, true);
  const one = { top: 0, left: 0, height: 1, width: 1 };
  const size = { height: 1, width: 1 };
  const big = await tilesFromRaw(bytes, { ...size, dtype: 'uint16', littleEndian: false });
  assert.equal((await big.getTile(one, {})).data, Uint16Array.of(258));
  const real = await tilesFromRaw(bytes, { ...size, dtype: 'float32', offset: 4 });
  assert.equal((await real.getTile(one, {})).data, Float32Array.of(1.5));
});

test('a NumPy file of two or three axes', async () => {
  for (const shape of [
    [height, width, channels],
    [height, width * channels],
  ]) {
    const npy = await scope(async () => encodeNpy(tensor(pixels, { shape, dtype: 'uint8' })));
    const tiles = await tilesFromFile(npy);
    assert.equal([tiles.height, tiles.width], shape.slice(0, 2));
    const { data } = await tiles.getTile({ top: 0, left: 0, height, width: shape[1] as number }, {});
    assert.equal(data, pixels);
    await tiles.close();
  }
});

test('a source may lie at an address', async () => {
  const bytes = Uint8Array.from({ length: 12 }, (_, i) => i);
  const address = new URL(`data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`);
  const tiles = await tilesFromRaw(address, { height: 3, width: 4 });
  assert.equal((await tiles.getTile({ top: 1, left: 1, height: 2, width: 2 }, {})).data, Uint8Array.of(5, 6, 9, 10));
  await tiles.close();
});

test('NumPy files that hold no image are refused', async () => {
  const npyOf = (values: Parameters<typeof tensor>[0], options: object): Promise<Uint8Array> =>
    scope(async () => encodeNpy(tensor(values as number[], options)));
  const line = await npyOf([1, 2, 3], {});
  await assertRejects(() => tilesFromFile(line), FormatError, /expected \[height, width\] .*got \[3\]/);
  const whole = await npyOf([1, 2, 3, 4], { shape: [2, 2], dtype: 'int32' });
  await assertRejects(() => tilesFromFile(whole), FormatError, /expected uint8, .*got I32/);
  const short = (await npyOf(pixels as never, { shape: [9, 33], dtype: 'uint8' })).slice(0, -1);
  await assertRejects(() => tilesFromFile(short), FormatError, /expected 9 x 33 x 1 pixels of U8, \d+ bytes in all/);
});

test('bad options and missing files are typed errors, and a stopped run stops reading', async () => {
  const bytes = new Uint8Array(12);
  const size = { height: 2, width: 2 };
  await assertRejects(() => tilesFromRaw(bytes, { ...size, height: 0 }), OptionError, /height must be/);
  await assertRejects(
    () => tilesFromRaw(bytes, { ...size, dtype: 'int64' as never }),
    OptionError,
    /dtype must be uint8/,
  );
  await assertRejects(() => tilesFromRaw(bytes, { ...size, offset: -1 }), OptionError, /offset must be/);
  await assertRejects(() => tilesFromRaw(bytes, { ...size, channels: 4 }), FormatError, /16 bytes in all, got 12/);
  await assertRejects(
    () => tilesFromRaw(3 as never, size),
    OptionError,
    /expected a path, URL, Blob or Uint8Array, got number/,
  );
  await assertRejects(() => tilesFromRaw('/no/such/file', size), SaccadeError, /cannot be opened/);
  const tiles = await tilesFromRaw(bytes, size);
  const signal = AbortSignal.abort(new Error('enough'));
  await assertRejects(async () => tiles.getTile({ top: 0, left: 0, height: 2, width: 1 }, { signal }), Error, /enough/);
});

test.run();
