/** The two channels that say where the pixels of a patch are. */
import {
  broadcastTo,
  checkGradients,
  concat,
  linspace,
  memory,
  Rng,
  ShapeError,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { patchPositions } from '../src/model/patch-positions.js';
import { Selection } from '../src/operator/selection.js';
import { extractPatches } from '../src/patches/extract-patches.js';
import { patchGrid } from '../src/patches/patch-grid.js';

const grids = [
  patchGrid({ height: 13, width: 17, rows: 3, columns: 4, patchSize: 7 }),
  patchGrid({ height: 12, width: 16, rows: 3, columns: 4, patchSize: 2 }),
  patchGrid({ height: 5, width: 6, rows: 1, columns: 2, patchSize: 9 }),
];

/** Planes of rows and columns as large as the image, for each of the batch. */
function planes(height: number, width: number, batch: number): Tensor {
  const rows = broadcastTo(linspace(0, 1, height).reshape([1, height, 1, 1]), [batch, height, width, 1]);
  const columns = broadcastTo(linspace(0, 1, width).reshape([1, 1, width, 1]), [batch, height, width, 1]);
  return concat([rows, columns], 3);
}

test('they are what extraction from planes as large as the image gives', () => {
  for (const grid of grids) {
    scope(() => {
      const { height, width, rows, columns } = grid;
      const indicators = new Rng(1).uniform([2, 3, rows * columns]);
      const expected = extractPatches(planes(height, width, 2), Selection.fromDense(indicators), grid);
      const actual = patchPositions(indicators, grid);
      assert.equal([...actual.shape], [...expected.shape]);
      assertClose(actual.dataSync(), expected.dataSync(), { atol: 1e-5 });
    });
  }
});

test('an image of one row is at 0', () => {
  scope(() => {
    const grid = patchGrid({ height: 1, width: 1, rows: 1, columns: 1, patchSize: 1 });
    assert.equal([...patchPositions(new Rng(1).uniform([1, 1, 1]), grid).dataSync()], [0, 0]);
  });
});

test('indicators of another grid are a ShapeError', () => {
  scope(() => {
    const wrong = /patchPositions: indicators must be \[batch, k, 12\], got \[1, 2, 11\]/;
    assertThrows(() => patchPositions(new Rng(1).uniform([1, 2, 11]), grids[0]!), ShapeError, wrong);
  });
});

test('gradients by the indicators agree with differences, and nothing is left behind', async () => {
  const indicators = new Rng(2).uniform([1, 2, 12]);
  const before = memory().tensors;
  await checkGradients((y) => patchPositions(y, grids[0]!), [indicators]);
  assert.is(memory().tensors, before);
  indicators.dispose();
});

test.run();
