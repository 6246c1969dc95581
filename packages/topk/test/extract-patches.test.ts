/** Soft and hard extraction of patches. */
import {
  checkGradients,
  createJsDevice,
  DeviceError,
  DTypeError,
  flip,
  IndexError,
  init,
  memory,
  mul,
  OptionError,
  ones,
  Rng,
  ShapeError,
  scope,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGradOf,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Selection } from '../src/operator/selection.js';
import { extractPatches } from '../src/patches/extract-patches.js';
import { type PatchGrid, patchBox, patchGrid } from '../src/patches/patch-grid.js';

onTestDevice(test, init);

/** A test that leaves no tensor to the garbage collector. */
function check(name: string, body: () => void | Promise<void>): void {
  test(name, () => scope(body));
}

interface Case {
  readonly grid: readonly [rows: number, columns: number];
  readonly shape: readonly [number, number, number, number];
  readonly patchSize: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly padBottom: number;
  readonly padRight: number;
}

const golden = new Golden<Readonly<Record<string, Case>>, Tensor>(new URL('golden/patches', import.meta.url), tensor);

/** A grid and a selection of two of its six cells, for a picture [1, 4, 6, 1] that counts its pixels. */
const small = patchGrid({ height: 4, width: 6, rows: 2, columns: 3, patchSize: 2 });

function counting(dtype: 'float32' | 'uint8' = 'float32'): Tensor {
  const values = Array.from({ length: 24 }, (_, i) => i);
  return tensor(values, { shape: [1, 4, 6, 1], dtype });
}

function indices(values: number[][]): Tensor {
  return tensor(values, { dtype: 'int32' });
}

function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, label: string): void {
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  assertClose(actual, expected, { rtol: 0, atol: 1e-5 * largest }, label);
}

check('a hard choice copies windows, in the order of the rows', async () => {
  const chosen = Selection.fromIndices(indices([[5, 0]]), 6);
  const y = extractPatches(counting(), chosen, small);
  assert.equal([...y.shape], [1, 2, 2, 2, 1]);
  assert.equal([...(await y.data())], [16, 17, 22, 23, 0, 1, 6, 7]);
});

check('a soft choice mixes windows by weights that need not sum to 1', async () => {
  const weights = tensor([[[0.5, 0, 2]]]);
  const y = extractPatches(counting(), new Selection(indices([[1, 2, 4]]), weights, 6), small);
  assertClose(
    await y.data(),
    [2, 3, 8, 9].map((i, at) => 0.5 * i + 2 * [14, 15, 20, 21][at]!),
  );
});

check('uint8 images come out between 0 and 1, or at the scale asked for', async () => {
  const chosen = Selection.fromIndices(indices([[5]]), 6);
  const bytes = counting('uint8');
  const y = extractPatches(bytes, chosen, small);
  assert.is(y.dtype, 'float32');
  assertClose(
    await y.data(),
    [16, 17, 22, 23].map((i) => i / 255),
  );
  assertClose(await extractPatches(bytes, chosen, small, { scale: 1 }).data(), [16, 17, 22, 23]);
  assertClose(await extractPatches(counting(), chosen, small, { scale: 2 }).data(), [32, 34, 44, 46]);
});

check('pixels of windows without weight are not read', async () => {
  const x = counting().div(zeros([1, 4, 6, 1]));
  const weights = tensor([[[0, 0]]]);
  assert.equal(
    [...(await extractPatches(x, new Selection(indices([[1, 2]]), weights, 6), small).data())],
    [0, 0, 0, 0],
  );
});

check('a threshold passes over candidates that are small in all rows, and gives them no gradient', async () => {
  const rows = [
    [0.125, 0.125, -0.875],
    [0.125, 0.25, 0],
  ];
  const weights = tensor([rows]);
  const places = indices([[0, 2, 4]]);
  const [[, y], gradient] = valueAndGradOf(weights, () => {
    const patches = extractPatches(counting(), new Selection(places, weights, 6), small, { threshold: 0.125 });
    return [patches.sum(), patches] as const;
  });
  const mixed = [4, 5, 10, 11].map((pixel, at) => 0.125 * pixel - 0.875 * ([14, 15, 20, 21][at] as number));
  assertClose((await y.data()).subarray(0, 4), mixed);
  assertClose(await gradient.data(), [0, 30, 70, 0, 30, 70]);
});

check('the image may be a leaf: its gradient is computed only where it is wanted', async () => {
  const [x, weights] = [counting(), ones([1, 1, 2])];
  const loss = (): Tensor => extractPatches(x, new Selection(indices([[0, 5]]), weights, 6), small).sum();
  const [, byImage] = valueAndGradOf(x, loss);
  const [, [again, byWeight]] = valueAndGradOf([x, weights] as [Tensor, Tensor], loss);
  const expected = [1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1];
  assertClose(await byImage.data(), expected);
  assertClose(await again.data(), expected);
  assertClose(await byWeight.data(), [14, 78]);
});

check('patches larger than the image, of one pixel, and any number of channels are as the boxes say', async () => {
  const sizes = [
    { height: 3, width: 5, rows: 1, columns: 2, patchSize: 9 },
    { height: 7, width: 11, rows: 3, columns: 2, patchSize: 1 },
    { height: 23, width: 31, rows: 2, columns: 3, patchSize: 5 },
  ];
  for (const size of sizes) {
    const grid = patchGrid(size);
    for (const channels of [1, 2, 4, 5]) {
      const x = new Rng(channels).normal([1, size.height, size.width, channels]);
      const cells = Array.from({ length: size.rows * size.columns }, (_, i) => i);
      const y = await extractPatches(x, Selection.fromIndices(indices([cells]), cells.length), grid).data();
      const pixels = await x.data();
      assert.equal(
        [...y],
        cells.flatMap((cell) => window(pixels, grid, channels, cell)),
      );
    }
  }
});

/** The window of a cell, pixel by pixel. */
function window(pixels: ArrayLike<number>, grid: PatchGrid, channels: number, cell: number): number[] {
  const { top, left, bottom, right } = patchBox(grid, cell);
  const values: number[] = [];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const inside = y >= 0 && y < grid.height && x >= 0 && x < grid.width;
      for (let c = 0; c < channels; c++) {
        values.push(inside ? (pixels[(y * grid.width + x) * channels + c] as number) : 0);
      }
    }
  }
  return values;
}

check('bad shapes, types, devices and options are typed errors', () => {
  const x = counting();
  const chosen = Selection.fromIndices(indices([[5, 0]]), 6);
  const refuse = (f: () => unknown, error: new (message: string) => Error, message: RegExp): void => {
    assertThrows(f, error, message);
  };
  refuse(
    () => extractPatches(zeros([4, 6, 1]) as never, chosen, small),
    ShapeError,
    /^extractPatches: images of this grid must be \[batch, 4, 6, channels\], got /,
  );
  refuse(() => extractPatches(zeros([1, 6, 4, 1]) as never, chosen, small), ShapeError, /got \[1, 6, 4, 1\]/);
  refuse(
    () => extractPatches(zeros([2, 4, 6, 1]) as never, chosen, small),
    ShapeError,
    /there are 2 images, but .* for 1/,
  );
  const other = Selection.fromIndices(indices([[5, 0]]), 7);
  refuse(() => extractPatches(x, other, small), ShapeError, /has 2 x 3 cells, but the selection is among 7/);
  refuse(() => extractPatches(x.cast('int32'), chosen, small), DTypeError, /must be uint8 or, .* got int32/);
  const elsewhere = zeros([1, 4, 6, 1], { device: createJsDevice() });
  refuse(() => extractPatches(elsewhere, chosen, small), DeviceError, /different devices/);
  refuse(() => extractPatches(x, indices([[5, 0]]) as never, small), OptionError, /must come from topK or/);
  refuse(() => extractPatches(x, chosen, small, { threshold: -1 }), OptionError, /threshold must be a number from 0/);
  refuse(() => extractPatches(x, chosen, small, { threshold: NaN }), OptionError, /threshold must be .* got NaN/);
  refuse(() => extractPatches(x, chosen, small, { scale: Infinity }), OptionError, /scale must be a number, got Inf/);
  refuse(() => extractPatches(x, chosen, small, { sigma: 1 } as never), OptionError, /no option 'sigma'/);
  if (x.device.readSync) refuse(() => Selection.fromIndices(indices([[6]]), 6), IndexError, /must be in \[0, 6\)/);
});

check('an empty batch, an image without channels and a choice of nothing give empty or black patches', async () => {
  const none = tensor(new Int32Array(0), { shape: [0, 2] });
  const selection = new Selection(none, zeros([0, 3, 2]), 6);
  assert.equal([...extractPatches(zeros([0, 4, 6, 3]) as never, selection, small).shape], [0, 3, 2, 2, 3]);
  const nothing = new Selection(tensor(new Int32Array(0), { shape: [1, 0] }), zeros([1, 1, 0]), 6);
  assert.equal([...(await extractPatches(counting(), nothing, small).data())], [0, 0, 0, 0]);
  const pale = extractPatches(zeros([1, 4, 6, 0]) as never, Selection.fromIndices(indices([[1]]), 6), small);
  assert.equal([...pale.shape], [1, 1, 2, 2, 0]);
});

for (const [name, size] of Object.entries(golden.scalars)) {
  const { grid: cells, shape, patchSize } = size;
  const grid = patchGrid({ height: shape[1], width: shape[2], rows: cells[0], columns: cells[1], patchSize });

  check(`${name}: geometry, patches and gradients are the reference's`, async () => {
    for (const side of ['padTop', 'padLeft', 'padBottom', 'padRight'] as const) assert.is(grid[side], size[side]);
    const x = golden.tensor(`${name}.x`);
    const indicators = golden.tensor(`${name}.indicators`);
    const cotangent = golden.tensor(`${name}.grad_out`);
    const [[, patches], [byImage, byIndicator]] = valueAndGradOf([x, indicators] as [Tensor, Tensor], () => {
      const y = extractPatches(x, Selection.fromDense(transpose(indicators, [0, 2, 1])), grid);
      return [sum(mul(y, cotangent)), y] as const;
    });
    assertNear(await patches.data(), golden.values(`${name}.patches`), 'patches');
    assertNear(await byImage.data(), golden.values(`${name}.grad_x`), 'grad_x');
    assertNear(await byIndicator.data(), golden.values(`${name}.grad_indicators`), 'grad_indicators');
  });

  check(`${name}: hard patches are the reference's, also by way of dense one-hot rows`, async () => {
    const x = golden.tensor(`${name}.x`);
    const chosen = Selection.fromIndices(golden.tensor(`${name}.indices`), grid.rows * grid.columns);
    const hard = await extractPatches(x, chosen, grid).data();
    assert.equal([...hard], golden.values(`${name}.hard_patches`));
    assert.equal([...(await extractPatches(x, Selection.fromDense(chosen.toDense()), grid).data())], [...hard]);
  });
}

check('gradients by image and weights agree with differences', async () => {
  const rng = new Rng(4);
  const grid = patchGrid({ height: 7, width: 9, rows: 2, columns: 3, patchSize: 5 });
  const chosen = [
    [0, 2, 5],
    [1, 3, 4],
  ];
  await checkGradients(
    (x, weights) => {
      const { device } = x;
      const places = tensor(chosen, { dtype: 'int32', device });
      return extractPatches(x, new Selection(places, weights, 6), grid, { scale: 0.5 });
    },
    [rng.normal([2, 7, 9, 2]), rng.normal([2, 2, 3])],
  );
});

check('patches are linear in the weights and the same whichever way candidates are listed', async () => {
  const side = fc.integer({ min: 1, max: 12 });
  await fc.assert(
    fc.asyncProperty(side, side, side, fc.integer({ min: 1, max: 3 }), fc.nat(99), async (h, w, patchSize, k, seed) => {
      const rng = new Rng(seed);
      const [rows, columns] = [1 + (seed % h), 1 + (seed % w)];
      const grid = patchGrid({ height: h, width: w, rows, columns, patchSize });
      const n = rows * columns;
      const x = rng.normal([2, h, w, 3]);
      const dense = rng.normal([2, k, n]);
      const back = Array.from({ length: n }, (_, i) => n - 1 - i);
      const reversed = new Selection(indices([back, back]), flip(dense, 2), n);
      const patches = await extractPatches(x, Selection.fromDense(dense), grid).data();
      assertNear(await extractPatches(x, reversed, grid).data(), patches, 'reversed');
      const twice = extractPatches(x, Selection.fromDense(dense.mul(2)), grid);
      assert.equal([...(await twice.data())], [...patches.map((value) => 2 * value)]);
    }),
    { numRuns: 40, seed: 2 },
  );
});

test('all that stays behind are the patches, and what is made on the way is no larger', async () => {
  const grid = patchGrid({ height: 96, width: 128, rows: 12, columns: 16, patchSize: 32 });
  const x = new Rng(1).uniform([1, 96, 128, 3]);
  const weights = new Rng(2).uniform([1, 2, 192]);
  const before = memory();
  const places = Selection.fromDense(weights);
  const own = memory();
  const patches = extractPatches(x, places, grid);
  const after = memory();
  assert.is(after.tensors, own.tensors + 1);
  const bytes = 4 * patches.size;
  if (x.device.readSync) assert.ok(after.bytes - own.bytes < 1.2 * bytes, `${after.bytes - own.bytes} bytes`);
  patches.dispose();
  const [loss, gradient] = valueAndGradOf(weights, () => extractPatches(x, places, grid).sum());
  await gradient.data();
  for (const t of [loss, gradient, places.indices]) t.dispose();
  assert.is(memory().tensors, before.tensors);
  scope(() => void extractPatches(x, Selection.fromDense(weights), grid));
  assert.is(memory().tensors, before.tensors);
  x.dispose();
  weights.dispose();
});

test.run();
