/** The grid of patches. */
import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { patchBox, patchGrid } from '../src/patches/patch-grid.js';

const traffic = { height: 960, width: 1280, rows: 39, columns: 52, patchSize: 100 };

test('strides and paddings of the settings of the paper and the port', () => {
  const billiard = { height: 1000, width: 1000, rows: 30, columns: 30, patchSize: 100 };
  const port = { height: 1200, width: 1600, rows: 24, columns: 32, patchSize: 100 };
  for (const [size, strides, pads] of [
    [traffic, [24, 24], [38, 38, 37, 29]],
    [billiard, [33, 33], [33, 33, 56, 56]],
    [port, [50, 50], [25, 25, 74, 74]],
  ] as const) {
    const grid = patchGrid(size);
    assert.equal([grid.strideY, grid.strideX], strides);
    assert.equal([grid.padTop, grid.padLeft, grid.padBottom, grid.padRight], pads);
  }
});

test('the box of a cell may reach outside, and has the centre of the cell', () => {
  const grid = patchGrid(traffic);
  assert.equal(patchBox(grid, 0), { top: -38, left: -38, bottom: 62, right: 62 });
  assert.equal(patchBox(grid, 53), { top: -14, left: -14, bottom: 86, right: 86 });
  assert.equal(patchBox(grid, 2027), { top: 874, left: 1186, bottom: 974, right: 1286 });
});

test('patches smaller than the stride are cut from the middle of the cell, down to one pixel', () => {
  const grid = patchGrid({ height: 20, width: 31, rows: 2, columns: 3, patchSize: 4 });
  assert.equal([grid.padTop, grid.padLeft], [-3, -3]);
  assert.equal(patchBox(grid, 4), { top: 13, left: 13, bottom: 17, right: 17 });
  const dots = patchGrid({ height: 20, width: 30, rows: 2, columns: 3, patchSize: 1 });
  assert.equal(patchBox(dots, 0), { top: 5, left: 5, bottom: 6, right: 6 });
});

test('aligned to receptive fields, a patch has the centre of what its score has seen', () => {
  const grid = patchGrid({ ...traffic, align: 'receptive-field', downscale: 3, pool: 8, receptiveField: 16 });
  for (const [i, j] of [
    [0, 0],
    [7, 11],
    [38, 51],
  ] as const) {
    const { top, bottom, left, right } = patchBox(grid, i * 52 + j);
    assert.equal([(top + bottom) / 2, (left + right) / 2], [(8 * i + 8) * 3, (8 * j + 8) * 3]);
    assert.is(bottom - top, 100);
  }
});

test('bad options are typed errors that name them', () => {
  for (const name of ['height', 'width', 'rows', 'columns', 'patchSize']) {
    const message = new RegExp(`patchGrid: ${name} must be a whole number from 1, got 0`);
    assertThrows(() => patchGrid({ ...traffic, [name]: 0 }), OptionError, message);
  }
  assertThrows(() => patchGrid({ ...traffic, patchSize: 2.5 }), OptionError, /patchSize must be .* got 2.5/);
  assertThrows(() => patchGrid({ ...traffic, rows: 961 }), OptionError, /an image of 960 x 1280 has no 961 x 52 cells/);
  assertThrows(
    () => patchGrid({ ...traffic, align: 'centre' as never }),
    OptionError,
    /align must be cell or receptive/,
  );
  assertThrows(() => patchGrid({ ...traffic, pool: 8 }), OptionError, /pool is for align: 'receptive-field'/);
  const half = { ...traffic, align: 'receptive-field', downscale: 3, pool: 8 } as const;
  assertThrows(() => patchGrid(half), OptionError, /receptiveField must be a whole number from 1, got undefined/);
  assertThrows(() => patchGrid({ ...traffic, size: 3 } as never), OptionError, /no option 'size'/);
  const grid = patchGrid(traffic);
  for (const index of [-1, 2028, 0.5]) {
    assertThrows(() => patchBox(grid, index), OptionError, /patchBox: index must be a whole number in \[0, 2028\)/);
  }
});

test('the padding covers every patch, and the first box begins where the padding does', () => {
  const size = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(size, size, size, size, size, (height, width, a, b, patchSize) => {
      const [rows, columns] = [1 + (a % height), 1 + (b % width)];
      const grid = patchGrid({ height, width, rows, columns, patchSize });
      const first = patchBox(grid, 0);
      const last = patchBox(grid, rows * columns - 1);
      assert.equal([first.top, first.left], [0 - grid.padTop, 0 - grid.padLeft]);
      assert.ok(last.bottom <= height + grid.padBottom && last.right <= width + grid.padRight);
      // Half a pixel is lost where the sizes' parities differ.
      assert.ok(Math.abs((first.top + first.bottom) / 2 - grid.strideY / 2) <= 0.5);
    }),
    { numRuns: 200, seed: 1 },
  );
});

test.run();
