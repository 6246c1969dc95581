/** Classifying images of which only windows are read. */
import { memory, OptionError, Rng, SaccadeError, ShapeError, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageWindow } from '../../src/data/canvas.js';
import { tilesFromImage } from '../../src/gigapixel/image-source.js';
import {
  type SelectFromTilesOptions,
  selectFromTiles,
  type TileProgress,
} from '../../src/gigapixel/select-from-tiles.js';
import type { TileLook } from '../../src/gigapixel/tile-look.js';
import type { TilePixels, TileSource } from '../../src/gigapixel/tile-source.js';
import { PatchSelector } from '../../src/model/patch-selector.js';
import type { PatchSelectorOptions } from '../../src/model/patch-selector-options.js';
import { noise } from './noise.js';

function selectorFor(height: number, width: number, options: Partial<PatchSelectorOptions> = {}): PatchSelector {
  const parts = {
    scorer: { kind: 'conv', channels: [4, 6], pool: 3 },
    features: { kind: 'conv', channels: [4], outSize: 6 },
  } as const;
  const sizes = { height, width, classes: 3, patches: 4, patchSize: 10, downscale: 3 };
  const selector = new PatchSelector({ ...parts, ...sizes, rng: new Rng(5), ...options });
  selector.eval();
  return selector;
}

function disposeLook(look: TileLook): void {
  for (const part of [look.logits, look.scores, look.selection, look.patches, look.thumbnail]) part?.dispose();
}

/** Runs with a look, and frees it and the selector. */
async function looking(
  source: TileSource,
  selector: PatchSelector,
  options: SelectFromTilesOptions,
  use: (look: TileLook) => void,
): Promise<void> {
  const look = await selectFromTiles(source, selector, options);
  try {
    scope(() => use(look));
  } finally {
    disposeLook(look);
    selector.dispose();
  }
}

/** An image, and the source that remembers what was asked for. */
function watched(image: TilePixels): TileSource & { readonly windows: ImageWindow[] } {
  const tiles = tilesFromImage(image);
  const windows: ImageWindow[] = [];
  return {
    ...tiles,
    windows,
    getTile(window, request) {
      windows.push(window);
      return tiles.getTile(window, request);
    },
  };
}

test('bytes in memory: logits, scores, places and patches are those of the selector, to the bit', async () => {
  const [height, width] = [97, 131];
  const image = { height, width, channels: 3, data: noise(height * width * 3) };
  const selector = selectorFor(height, width);
  await looking(tilesFromImage(image), selector, {}, (look) => {
    const whole = selector.look(tensor(image.data, { shape: [1, height, width, 3] }));
    assert.equal(look.scores.dataSync(), whole.scores.dataSync());
    assert.equal(look.selection.indices.dataSync(), whole.selection.indices.dataSync());
    assert.equal(look.patches.dataSync(), whole.patches.dataSync());
    assert.equal(look.logits.dataSync(), whole.logits.dataSync());
    assert.equal(look.grid, selector.grid);
    assertClose(
      look.probabilities.reduce((a, b) => a + b, 0),
      1,
    );
  });
});

test('other numbers, and sizes that the grid does not divide, too', async () => {
  const [height, width] = [80, 101];
  const data = Float32Array.from(noise(height * width), (x) => x / 100 - 1);
  const selector = selectorFor(height, width, { channels: 1, align: 'receptive-field', patchSize: 17, scale: 0.5 });
  await looking(tilesFromImage({ height, width, data }), selector, {}, (look) => {
    const whole = selector.look(tensor(data, { shape: [1, height, width, 1] }));
    assert.equal(look.scores.dataSync(), whole.scores.dataSync());
    assertClose(look.patches.dataSync(), whole.patches.dataSync(), { atol: 1e-6 });
    assertClose(look.logits.dataSync(), whole.logits.dataSync(), { atol: 1e-6 });
  });
});

test('places, positions in the patches and squeeze and excite work at the size of the training', async () => {
  const [height, width] = [90, 90];
  const image = { height, width, data: noise(height * width * 3) };
  const selector = selectorFor(height, width, {
    scorer: { kind: 'conv', channels: [4, 6], pool: 3, squeezeExcite: true, reduction: 2 },
    aggregation: { kind: 'transformer', layers: 1, heads: 2 },
    appendPosition: true,
    normalization: 'layernorm|softmax',
    selection: { order: 'value' },
  });
  await looking(tilesFromImage(image), selector, {}, (look) => {
    const whole = selector.look(tensor(image.data, { shape: [1, height, width, 3] }));
    assert.equal(look.selection.indices.dataSync(), whole.selection.indices.dataSync());
    assert.equal(look.logits.dataSync(), whole.logits.dataSync());
  });
});

test('an image of another size, at another downscale, is what a selector of that size makes of it', async () => {
  const [height, width] = [200, 150];
  const image = { height, width, data: noise(height * width * 3) };
  const selector = selectorFor(90, 90);
  const same = selectorFor(height, width, { downscale: 5 });
  await looking(tilesFromImage(image), selector, { downscale: 5, keepThumbnail: true }, (look) => {
    const whole = same.look(tensor(image.data, { shape: [1, height, width, 3] }));
    assert.equal(look.logits.dataSync(), whole.logits.dataSync());
    assert.equal(look.grid, same.grid);
    assert.equal(look.thumbnail?.shape, [1, 40, 30, 3]);
    assert.equal(same.scoreMap(look.thumbnail as Tensor).dataSync(), whole.scores.dataSync());
  });
  same.dispose();
});

test('only the small picture and the chosen windows are asked for, never anything outside of the image', async () => {
  const [height, width] = [97, 131];
  const image = { height, width, data: noise(height * width * 3) };
  const source = watched(image);
  // Patches that reach out of the image.
  await looking(source, selectorFor(height, width, { patchSize: 40 }), {}, ({ chosen, selection, scores, grid }) => {
    const windows = source.windows.slice(-4);
    const inside = chosen.map(({ box: { top, left, bottom, right } }) => {
      const [y, x] = [Math.max(0, top), Math.max(0, left)];
      return { top: y, left: x, height: Math.min(height, bottom) - y, width: Math.min(width, right) - x };
    });
    assert.equal(windows, inside);
    assert.ok(windows.some((window) => window.height < 40 || window.width < 40));
    const cells = chosen.map(({ row, column }) => row * grid.columns + column);
    assert.equal(cells, Array.from(selection.indices.dataSync()));
    assert.equal(
      cells,
      [...cells].sort((a, b) => a - b),
      'in the order of their places',
    );
    assert.equal(
      chosen.map(({ score }) => score),
      cells.map((cell) => scores.dataSync()[cell]),
    );
    for (const window of source.windows) {
      assert.ok(window.top >= 0 && window.top + window.height <= height);
      assert.ok(window.left >= 0 && window.left + window.width <= width);
    }
  });
});

test('the small picture of the source is taken where it has one, and an overview where it has that', async () => {
  const [height, width] = [90, 90];
  const image = { height, width, data: noise(height * width * 3) };
  const source = watched(image);
  const sizes: number[][] = [];
  const getThumbnail = (rows: number, columns: number): TilePixels => {
    sizes.push([rows, columns]);
    return { height: rows, width: columns, channels: 3, data: noise(rows * columns * 3, 9) };
  };
  const selector = selectorFor(height, width);
  const look = await selectFromTiles({ ...source, getThumbnail }, selector, { keepThumbnail: true });
  assert.equal(sizes, [[30, 30]]);
  assert.is(source.windows.length, 4);
  const expected = Float32Array.from(noise(30 * 30 * 3, 9), (x) => Math.fround(x) * Math.fround(1 / 255));
  assert.equal(look.thumbnail?.dataSync(), expected);
  disposeLook(look);

  source.windows.length = 0;
  const overview = watched({ height: 45, width: 45, data: noise(45 * 45 * 3, 4) });
  const from = { ...source, getOverview: (): TileSource => overview };
  await looking(from, selector, {}, () => {
    assert.is(source.windows.length, 4);
    assert.ok(overview.windows.length > 0);
  });
});

test('channels are brought to those of the model', async () => {
  const [height, width] = [60, 60];
  const grey = { height, width, data: noise(height * width) };
  const alpha = { height, width, data: Uint8ClampedArray.from({ length: 3600 * 4 }, (_, i) => grey.data[i >> 2]!) };
  const selector = selectorFor(height, width);
  const one = await selectFromTiles(tilesFromImage(grey), selector);
  const four = await selectFromTiles(tilesFromImage(alpha), selector);
  assert.equal(one.logits.dataSync(), four.logits.dataSync());
  disposeLook(one);
  disposeLook(four);
  selector.dispose();
  await looking(tilesFromImage(alpha), selectorFor(height, width, { channels: 1 }), {}, ({ patches }) => {
    assert.is(patches.shape[4], 1);
    const pixel = patches.dataSync()[0]! * 255;
    assertClose(pixel, Math.round(pixel), { atol: 1e-4 });
  });
});

test('progress goes from the scores over the patches to the logits', async () => {
  const image = { height: 90, width: 90, data: noise(90 * 90 * 3) };
  const seen: TileProgress[] = [];
  await looking(tilesFromImage(image), selectorFor(90, 90), { onProgress: (event) => seen.push(event) }, () => {});
  assert.equal(
    seen.map(({ stage, done, total }) => `${stage} ${done}/${total}`),
    ['scores 8/8', 'patches 1/4', 'patches 2/4', 'patches 3/4', 'patches 4/4', 'logits 1/1'],
  );
});

test('dropout is off, and the mode of the selector is left as it was', async () => {
  const image = { height: 90, width: 90, data: noise(90 * 90 * 3) };
  const selector = selectorFor(90, 90, { aggregation: { kind: 'transformer', layers: 1, heads: 2 } });
  selector.train();
  const [a, b] = [
    await selectFromTiles(tilesFromImage(image), selector),
    await selectFromTiles(tilesFromImage(image), selector),
  ];
  assert.equal(a.logits.dataSync(), b.logits.dataSync());
  assert.is(selector.training, true);
  disposeLook(a);
  disposeLook(b);
  selector.dispose();
});

test('bad options, sources and selectors are typed errors', async () => {
  const image = { height: 90, width: 90, data: noise(90 * 90 * 3) };
  const source = tilesFromImage(image);
  const selector = selectorFor(90, 90);
  const fails = (options: object, pattern: RegExp): Promise<Error> =>
    assertRejects(() => selectFromTiles(source, selector, options), OptionError, pattern);
  await fails({ downscale: 1.5 }, /downscale must be a whole number in \[1, .*got 1.5/);
  await fails({ maxBytes: 0 }, /maxBytes must be/);
  await fails({ scale: Number.NaN }, /scale must be a number, got NaN/);
  await fails({ onProgress: 3 }, /onProgress must be a function, got 3/);
  await fails({ size: 3 }, /size/);
  await assertRejects(() => selectFromTiles(source, {} as never), OptionError, /selector must be a PatchSelector/);
  await assertRejects(
    () => selectFromTiles({} as never, selector),
    OptionError,
    /source must be \{ height, width, getTile \}/,
  );
  const flat = { ...source, height: 0 };
  await assertRejects(() => selectFromTiles(flat, selector), OptionError, /source.height must be/);
  const random = selectorFor(90, 90, { inferenceMethod: 'random' });
  await assertRejects(() => selectFromTiles(source, random), OptionError, /chooses at random/);
  random.dispose();
  selector.dispose();
});

test('an image that is too small, or has too few places, says so', async () => {
  const selector = selectorFor(90, 90);
  const tiny = tilesFromImage({ height: 20, width: 90, data: noise(20 * 90 * 3) });
  await assertRejects(() => selectFromTiles(tiny, selector), ShapeError, /at least 27 x 27/);
  await assertRejects(
    () => selectFromTiles(tiny, selector, { downscale: 50 }),
    ShapeError,
    /too small for a downscale of 50/,
  );
  const few = tilesFromImage({ height: 27, width: 40, data: noise(27 * 40 * 3) });
  await assertRejects(
    () => selectFromTiles(few, selector),
    OptionError,
    /patches must be at most 2, .*got 4: choose a smaller downscale/,
  );
  selector.dispose();
});

test('what a selector has learned about each place stands against images of other sizes', async () => {
  const large = tilesFromImage({ height: 120, width: 120, data: noise(120 * 120 * 3) });
  for (const [options, pattern] of [
    [
      { aggregation: { kind: 'transformer', layers: 1, heads: 2 } },
      /aggregation with positions belongs to 8 x 8 places .*choose a downscale/,
    ],
    [{ normalization: 'layernorm' }, /normalisation with layernorm/],
    [{ appendPosition: true }, /appendPosition belongs to .*train it with such images/],
  ] as const) {
    const selector = selectorFor(90, 90, options);
    await assertRejects(() => selectFromTiles(large, selector), OptionError, pattern);
    selector.dispose();
  }
  const selector = selectorFor(90, 90, { aggregation: { kind: 'transformer', layers: 1, heads: 2 } });
  await looking(large, selector, { downscale: 4 }, ({ grid }) => assert.is(grid.rows, 8));
});

test('a run that needs more than maxBytes is refused before anything is read', async () => {
  const source = watched({ height: 90, width: 90, data: noise(90 * 90 * 3) });
  const selector = selectorFor(90, 90);
  const tight = { maxBytes: 100_000 };
  await assertRejects(
    () => selectFromTiles(source, selector, tight),
    OptionError,
    /needs \d+ bytes .*more than maxBytes, 100000/,
  );
  assert.is(source.windows.length, 0);
  const hostile = { ...source, height: 2 ** 26, width: 2 ** 26 };
  await assertRejects(() => selectFromTiles(hostile, selector), OptionError, /more than maxBytes, 1073741824/);
  const look = await selectFromTiles(source, selector);
  const { thumbnail, scores, patches, planned } = look.memory;
  assert.is(planned, thumbnail + scores + patches);
  assert.ok(look.memory.device >= 0);
  disposeLook(look);
  const again = await selectFromTiles(source, selector, { maxBytes: planned });
  disposeLook(again);
  await assertRejects(() => selectFromTiles(source, selector, { maxBytes: planned - 1 }), OptionError);
  selector.dispose();
});

test('the plan counts at least what the scorer and the patches take from the device', async () => {
  const [height, width] = [600, 600];
  const image = { height, width, data: noise(height * width * 3) };
  const selector = selectorFor(height, width);
  const { device } = selector.final.weight;
  const start = device.memory().inUse;
  let peak = 0;
  const { allocate } = device;
  device.allocate = (dtype, length) => {
    const buffer = allocate.call(device, dtype, length);
    peak = Math.max(peak, device.memory().inUse - start);
    return buffer;
  };
  const source = tilesFromImage(image);
  let look: TileLook;
  try {
    look = await selectFromTiles(source, selector, {
      // Behind the patches comes the feature network, which is not planned.
      onProgress: ({ stage, done }) => {
        if (stage === 'patches' && done === 4) device.allocate = allocate;
      },
    });
  } finally {
    device.allocate = allocate;
  }
  assert.ok(peak > 0 && peak <= look.memory.planned, `${peak} of ${look.memory.planned}`);
  disposeLook(look);
  selector.dispose();
});

test('errors of a source name the tile and keep the cause', async () => {
  const image = { height: 90, width: 90, data: noise(90 * 90 * 3) };
  const tiles = tilesFromImage(image);
  const selector = selectorFor(90, 90);
  const cause = new Error('the server is away');
  const broken = (when: (window: ImageWindow) => boolean, what: (window: ImageWindow) => TilePixels): TileSource => ({
    ...tiles,
    getTile: (window, request) => (when(window) ? what(window) : tiles.getTile(window, request)),
  });
  const away = broken(
    () => true,
    () => {
      throw cause;
    },
  );
  await selectFromTiles(away, selector).then(
    () => assert.unreachable(),
    (error: SaccadeError) => {
      assert.instance(error, SaccadeError);
      assert.match(error.message, /^selectFromTiles: tile of rows 0 to \d+, columns 0 to 89: the server is away$/);
      assert.is(error.code, 'io');
      assert.is(error.cause, cause);
    },
  );
  for (const [answer, pattern] of [
    [undefined, /expected \{ height, width, data \}/],
    [{ height: 2, width: 2, data: new Uint8Array(12) }, /expected 10 x 10 pixels, got 2 x 2/],
    [{ height: 10, width: 10, data: new Uint8Array(299) }, /got 10 x 10 with 299 numbers/],
    [
      { height: 10, width: 10, channels: 5, data: new Uint8Array(500) },
      /expected 3 channels, as the model takes, got 5/,
    ],
  ] as const) {
    const source = broken(
      ({ width }) => width === 10,
      () => answer as TilePixels,
    );
    await assertRejects(() => selectFromTiles(source, selector), SaccadeError, /tile of rows \d+ to \d+, columns/);
    await assertRejects(() => selectFromTiles(source, selector), SaccadeError, pattern);
  }
  selector.dispose();
});

test('a run stops when its signal is aborted, at any point, with its reason and nothing left', async () => {
  const image = { height: 90, width: 90, data: noise(90 * 90 * 3) };
  const selector = selectorFor(90, 90);
  const before = memory().tensors;
  for (const stage of ['start', 'scores', 'patches'] as const) {
    const controller = new AbortController();
    const reason = new Error(`at ${stage}`);
    if (stage === 'start') controller.abort(reason);
    const options: SelectFromTilesOptions = {
      signal: controller.signal,
      onProgress: (event) => event.stage === stage && controller.abort(reason),
    };
    await selectFromTiles(tilesFromImage(image), selector, options).then(
      () => assert.unreachable(),
      (error) => assert.is(error, reason),
    );
    assert.is(memory().tensors, before);
  }
  selector.dispose();
});

test('tiles can be asked for in parallel or together; the first failure ends the run', async () => {
  const image = { height: 90, width: 90, data: noise(90 * 90 * 3) };
  const tiles = tilesFromImage(image);
  const selector = selectorFor(90, 90);
  const plain = await selectFromTiles(tiles, selector);
  let [now, most] = [0, 0];
  const parallel: TileSource = {
    ...tiles,
    parallel: 3,
    async getTile(window, request) {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now -= 1;
      return tiles.getTile(window, request);
    },
  };
  const together: TileSource = {
    ...tiles,
    getTiles: async (windows, request) => Promise.all(windows.map((window) => tiles.getTile(window, request))),
  };
  for (const source of [parallel, together]) {
    const look = await selectFromTiles(source, selector);
    assert.equal(look.logits.dataSync(), plain.logits.dataSync());
    disposeLook(look);
  }
  assert.is(most, 3);
  disposeLook(plain);
  const missing: TileSource = { ...tiles, getTiles: () => [] };
  await assertRejects(() => selectFromTiles(missing, selector), SaccadeError, /tile of rows .*expected \{ height/);
  let asked = 0;
  const failing: TileSource = {
    ...tiles,
    parallel: 2,
    getTile(window, request) {
      if (window.width < 90 && ++asked === 1) throw new Error('gone');
      return tiles.getTile(window, request);
    },
  };
  await assertRejects(() => selectFromTiles(failing, selector), SaccadeError, /gone/);
  assert.ok(asked <= 2);
  selector.dispose();
});

test('any image and any geometry: the same as the selector in memory', async () => {
  const setting = fc.record({
    height: fc.integer({ min: 40, max: 110 }),
    width: fc.integer({ min: 40, max: 110 }),
    downscale: fc.integer({ min: 1, max: 4 }),
    patchSize: fc.integer({ min: 1, max: 60 }),
    align: fc.constantFrom('cell', 'receptive-field'),
    pool: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(setting, async ({ height, width, downscale, patchSize, align, pool }) => {
      const before = memory().tensors;
      const scorer = { kind: 'conv', channels: [3], pool } as const;
      const selector = selectorFor(height, width, { downscale, patchSize, align, patches: 1, scorer, features: 'ats' });
      const image = { height, width, data: noise(height * width * 3, patchSize) };
      await looking(tilesFromImage(image), selector, {}, (look) => {
        const whole = selector.look(tensor(image.data, { shape: [1, height, width, 3] }));
        assert.equal(look.scores.dataSync(), whole.scores.dataSync());
        assert.equal(look.patches.dataSync(), whole.patches.dataSync());
        assert.equal(look.logits.dataSync(), whole.logits.dataSync());
      });
      assert.is(memory().tensors, before);
    }),
    { numRuns: 25 },
  );
});

test.run();
