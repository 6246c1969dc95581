/** The picture of an image with scores and chosen patches. */
import { OptionError, ShapeError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { patchGrid } from '../../src/patches/patch-grid.js';
import { colorMap, scoreShares, viridis } from '../../src/pictures/color-map.js';
import type { Picture, PixelImage } from '../../src/pictures/picture.js';
import { type OverlayInput, scoreOverlay } from '../../src/pictures/score-overlay.js';

function grey(height: number, width: number, value = 100): PixelImage {
  return { height, width, channels: 1, data: new Uint8Array(height * width).fill(value) };
}

/** 60 x 80 pixels in 3 x 4 cells of 20 x 20, patches as large as cells. */
function sample(chosen: number[] = [], patchSize = 20): OverlayInput {
  return {
    image: grey(60, 80),
    scores: Float32Array.from({ length: 12 }, (_, i) => i),
    grid: patchGrid({ height: 60, width: 80, rows: 3, columns: 4, patchSize }),
    chosen,
  };
}

function pixel({ data, width }: Picture, y: number, x: number): number[] {
  return [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
}

const asIs = { minSize: 1 };

test('each cell has the colour of its score, blended with the image', () => {
  const overlay = scoreOverlay(sample(), { ...asIs, opacity: 1 });
  assert.is(overlay.data.length, 60 * 80 * 4);
  assert.equal(pixel(overlay, 0, 0), [0x44, 0x01, 0x54, 255]);
  assert.equal(pixel(overlay, 59, 79), [0xfd, 0xe7, 0x25, 255]);
  assert.equal(pixel(scoreOverlay(sample(), { ...asIs, opacity: 0 }), 30, 30), [100, 100, 100, 255]);
  const half = scoreOverlay(sample(), { ...asIs, opacity: 0.5, colors: ['#000000', '#c80000'] });
  assert.equal(pixel(half, 59, 79), [150, 50, 50, 255]);
});

test('chosen patches are outlined dark and bright, numbered, and show more of the image', () => {
  const plain = scoreOverlay(sample(), asIs);
  const overlay = scoreOverlay(sample([5]), asIs);
  assert.equal(pixel(overlay, 20, 30), [16, 16, 24, 255]);
  assert.equal(pixel(overlay, 21, 30), [255, 255, 255, 255]);
  assert.equal(pixel(overlay, 22, 30), [16, 16, 24, 255]);
  const distance = (picture: Picture): number =>
    pixel(picture, 30, 30).reduce((total, value, c) => total + Math.abs(value - [100, 100, 100, 255][c]!), 0);
  assert.ok(distance(overlay) < 0.5 * distance(plain), 'fainter inside');
  // The tag with the number stands above the patch, where nothing of it is hidden.
  assert.equal(pixel(overlay, 19, 20), [16, 16, 24, 255]);
  const tag = (labels?: string[]): number[] => [
    ...scoreOverlay({ ...sample([5]), labels }, asIs).data.subarray(4 * 9 * 80, 4 * 20 * 80),
  ];
  assert.equal(tag(), tag(['1']));
  assert.not.equal(tag(), tag(['7']));
});

test('labels, tags and patches are kept within the picture', () => {
  for (const [cell, patchSize] of [
    [0, 50],
    [3, 50],
    [11, 50],
    [8, 3],
  ] as const) {
    const overlay = scoreOverlay({ ...sample([cell], patchSize), labels: ['Ünïcode, a long label ☃'] }, asIs);
    assert.is(overlay.width, 80);
  }
});

test('large images are made smaller by means, small ones larger by whole factors', () => {
  const size = (height: number, width: number, options: { maxSize?: number; minSize?: number } = {}): number[] => {
    const grid = patchGrid({ height, width, rows: 1, columns: 1, patchSize: 5 });
    const picture = scoreOverlay(
      { image: grey(height, width), grid, scores: new Float32Array(1), chosen: [0] },
      options,
    );
    return [picture.height, picture.width];
  };
  assert.equal(size(96, 96), [480, 480]);
  assert.equal(size(50, 100), [250, 500]);
  assert.equal(size(1000, 2048), [500, 1024]);
  assert.equal(size(600, 500), [600, 500]);
  assert.equal(size(60, 100, { maxSize: 150 }), [60, 100]);
  assert.equal(size(3, 2000, { maxSize: 100 }), [1, 100]);
  const stripes = { ...grey(1, 200), data: Uint8Array.from({ length: 200 }, (_, x) => (x % 2 === 0 ? 0 : 200)) };
  const grid = patchGrid({ height: 1, width: 200, rows: 1, columns: 1, patchSize: 1 });
  const small = scoreOverlay(
    { image: stripes, grid, scores: new Float32Array(1), chosen: [] },
    { opacity: 0, maxSize: 100 },
  );
  assert.ok(small.data.every((value, i) => value === (i % 4 === 3 ? 255 : 100)));
});

test('floats are shown from 0 to 1 or in a given range, and more channels by their first three', () => {
  const shown = (image: Partial<PixelImage>): number[] => {
    const grid = patchGrid({ height: 1, width: 1, rows: 1, columns: 1, patchSize: 1 });
    const whole = { height: 1, width: 1, channels: 1, data: new Float32Array(1), ...image };
    return pixel(
      scoreOverlay({ image: whole, grid, scores: new Float32Array(1), chosen: [] }, { opacity: 0, minSize: 1 }),
      0,
      0,
    );
  };
  assert.equal(shown({ data: Float32Array.of(0.2) }), [51, 51, 51, 255]);
  assert.equal(shown({ data: Float32Array.of(-1), range: [-2, 3] }), [51, 51, 51, 255]);
  assert.equal(shown({ data: Float32Array.of(Number.NaN) }), [0, 0, 0, 255]);
  assert.equal(shown({ channels: 2, data: Uint8Array.of(9, 8) }), [9, 9, 9, 255]);
  assert.equal(shown({ channels: 5, data: Uint8Array.of(9, 8, 7, 6, 5) }), [9, 8, 7, 255]);
});

test('scores that are equal or not finite have colours too', () => {
  assert.equal([...scoreShares([2, 2, 2])], [0, 0, 0]);
  assert.equal([...scoreShares([Number.NaN, 1, 3, Infinity, -Infinity])], [0, 0, 1, 1, 0]);
  assert.equal([...scoreShares([-3e38, 0, 3e38])], [0, 0.5, 1]);
  assert.equal(scoreShares([]).length, 0);
});

test('viridis grows in brightness', () => {
  const map = colorMap('test', viridis);
  let last = -1;
  for (let share = 0; share <= 1; share += 1 / 64) {
    const [red, green, blue] = map(share);
    const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    assert.ok(luminance > last);
    last = luminance;
  }
});

test('what does not go together is refused', () => {
  const refuse = (input: Partial<OverlayInput>, options: object, error: typeof Error, message: RegExp): void => {
    assertThrows(() => scoreOverlay({ ...sample([1]), ...input }, options), error, message);
  };
  refuse({ scores: new Float32Array(11) }, {}, ShapeError as never, /expected 3 x 4 scores, got 11/);
  refuse({ image: grey(60, 81) }, {}, ShapeError as never, /grid is for images of 60 x 80, got one of 60 x 81/);
  refuse({ image: { ...grey(60, 80), data: new Uint8Array(5) } }, {}, ShapeError as never, /got 5 for 60 x 80 x 1/);
  refuse({ image: { ...grey(60, 80), range: [1, 1] } }, {}, OptionError as never, /low < high, got \[1, 1\]/);
  refuse({ chosen: [12] }, {}, OptionError as never, /cells must be in \[0, 12\), got 12/);
  refuse({ chosen: [0.5] }, {}, OptionError as never, /got 0.5/);
  refuse({ labels: ['a', 'b'] }, {}, OptionError as never, /1 chosen patches need as many labels, got 2/);
  refuse({}, { opacity: 2 }, OptionError as never, /opacity must be a number in \[0, 1\], got 2/);
  refuse({}, { colors: ['#000000'] }, OptionError as never, /at least two/);
  refuse({}, { colors: ['red', 'blue'] }, OptionError as never, /like '#fde725', got "red"/);
  refuse({}, { maxSize: 0 }, OptionError as never, /maxSize must be a whole number from 1, got 0/);
  refuse({}, { size: 3 }, OptionError as never, /no option 'size'/);
});

test('any grid gives an opaque picture of the right size', () => {
  const count = fc.integer({ min: 1, max: 6 });
  const side = fc.integer({ min: 6, max: 40 });
  fc.assert(
    fc.property(
      side,
      side,
      count,
      count,
      fc.integer({ min: 1, max: 50 }),
      (height, width, rows, columns, patchSize) => {
        const grid = patchGrid({ height, width, rows, columns, patchSize });
        const scores = new Float32Array(rows * columns).fill(1);
        const chosen = [0, rows * columns - 1];
        const { data } = scoreOverlay({ image: grey(height, width), grid, scores, chosen }, { maxSize: 50 });
        assert.ok(data.every((value, i) => i % 4 !== 3 || value === 255));
      },
    ),
    { numRuns: 50 },
  );
});

test.run();
