/** An image made small band by band. */
import { memory, scope, tensor } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { antialiasedBands } from '../../src/gigapixel/antialiased-bands.js';
import { type BandLimits, planBands } from '../../src/gigapixel/band-plan.js';
import { tilesFromImage } from '../../src/gigapixel/image-source.js';
import { TileReader } from '../../src/gigapixel/tile-reader.js';
import type { TilePixels, TileSource } from '../../src/gigapixel/tile-source.js';
import { resizeAntialiased } from '../../src/patches/resize-antialiased.js';
import { noise } from './noise.js';

/** All bands, one below the other. */
async function collect(
  source: TileSource,
  size: readonly [number, number],
  channels: number,
  options: { limits?: BandLimits; scale?: number } = {},
): Promise<Float32Array> {
  const reader = new TileReader('test', source, channels, undefined);
  const plan = planBands(reader, size, options.limits);
  const out: number[] = [];
  for await (const { rows, data } of antialiasedBands(reader, plan, options.scale)) {
    assert.is(data.length, rows * size[1] * channels);
    out.push(...data);
  }
  return Float32Array.from(out);
}

function whole({ height, width, channels, data }: TilePixels, size: readonly [number, number]): Float32Array {
  return scope(() => {
    const x = tensor(data as Uint8Array, { shape: [1, height, width, channels!] });
    return resizeAntialiased(x as never, size).dataSync();
  });
}

test('bytes come out between 0 and 1, other numbers as they are, or at the scale asked for', async () => {
  const data = Uint8Array.of(0, 255, 255, 0);
  assert.equal(await collect(tilesFromImage({ height: 2, width: 2, data }), [1, 1], 1), Float32Array.of(0.5));
  const numbers = tilesFromImage({ height: 2, width: 2, data: new Float32Array(data) });
  assert.equal(await collect(numbers, [1, 1], 1), Float32Array.of(127.5));
  assert.equal(await collect(numbers, [1, 1], 1, { scale: 2 }), Float32Array.of(255));
});

test('every row of the image is asked for once, from top to bottom', async () => {
  const tiles = tilesFromImage({ height: 90, width: 20, channels: 1, data: noise(1800) });
  const rows: number[] = [];
  const source: TileSource = {
    ...tiles,
    getTile(window, request) {
      assert.equal([window.left, window.width], [0, 20]);
      for (let y = 0; y < window.height; y++) rows.push(window.top + y);
      return tiles.getTile(window, request);
    },
  };
  await collect(source, [18, 4], 1, { limits: { held: 200, tile: 60, block: 256 } });
  assert.equal(
    rows,
    Array.from({ length: 90 }, (_, y) => y),
  );
});

test('tiles of bytes and of other numbers in one image are refused, naming the tile', async () => {
  const source: TileSource = {
    height: 20,
    width: 4,
    getTile: ({ top, height, width }) => ({
      height,
      width,
      data: top === 0 ? new Uint8Array(height * width) : new Float32Array(height * width),
    }),
  };
  await assertRejects(
    () => collect(source, [2, 2], 1, { limits: { held: 1, tile: 20, block: 256 } }),
    Error,
    /test: tile of rows 5 to 9, columns 0 to 3: some tiles have bytes and some other numbers/,
  );
});

test('bands are the whole picture to the bit, at any size and with any limits', async () => {
  const side = fc.integer({ min: 1, max: 90 });
  const shape = fc.record({
    height: side,
    width: side,
    channels: fc.constantFrom(1, 3),
    rows: fc.double({ min: 0, max: 1, noNaN: true }),
    columns: fc.double({ min: 0, max: 1, noNaN: true }),
    held: fc.integer({ min: 1, max: 4000 }),
    tile: fc.integer({ min: 1, max: 1000 }),
    block: fc.integer({ min: 1, max: 20_000 }),
    isByte: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({ height, width, channels, rows, columns, held, tile, block, isByte }) => {
      const bytes = noise(height * width * channels, height + width);
      const image = { height, width, channels, data: isByte ? bytes : Float32Array.from(bytes, (x) => x / 77 - 1) };
      const size = [Math.ceil(rows * height) || 1, Math.ceil(columns * width) || 1] as const;
      const before = memory().tensors;
      const got = await collect(tilesFromImage(image), size, channels, { limits: { held, tile, block } });
      assert.is(memory().tensors, before);
      assert.equal(got, whole(image, size));
    }),
    { numRuns: 150 },
  );
});

test('the plan of an image of 20,000 x 20,000 stays small', () => {
  const plan = planBands({ height: 20_000, width: 20_000, channels: 3 }, [1000, 1000]);
  assert.ok(plan.bytes(1) < 2 ** 26, `${plan.bytes(1)}`);
  const wide = planBands({ height: 200_000, width: 200_000, channels: 3 }, [2000, 2000]);
  assert.ok(wide.bytes(1) < 2 ** 29, `${wide.bytes(1)}`);
});

test.run();
