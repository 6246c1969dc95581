/** Segments and sparse matrices against the oracle, and ids out of range. */
import { createJsDevice, type Device, IndexError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { conform, type Generator, input, output, wasmForms } from './conformance.js';

/** Sums of up to a few hundred numbers of size 1: they may cancel. */
const sums = { rtol: 1e-5, atol: 1e-5 };

/** Sizes and ids: some segments empty, some long, ids sorted now and then. */
function segmentsOf(random: Generator) {
  const sizes = {
    rows: random.boolean(0.05) ? 0 : random.size(600),
    inner: random.boolean(0.05) ? 0 : random.size(150),
    segments: random.size(40),
  };
  const ids = random.integers(sizes.rows, 0, sizes.segments - 1);
  if (random.boolean(0.3)) ids.sort();
  if (random.boolean(0.2)) ids.fill(sizes.segments - 1);
  return { sizes, ids, x: random.floats(sizes.rows * sizes.inner) };
}

test('segmentReduce sums the rows of each segment', async () => {
  await conform(
    'segmentReduce',
    (random) => {
      const { sizes, ids, x } = segmentsOf(random);
      return ['sum', input(x), input(ids), output('float32', sizes.segments * sizes.inner), sizes];
    },
    sums,
  );
});

test('segmentReduce finds the largest of each segment; NaN wins', async () => {
  await conform('segmentReduce', (random) => {
    const { sizes, ids, x } = segmentsOf(random);
    if (random.boolean(0.3)) for (let i = 0; i < x.length; i += 7) x[i] = Number.NaN;
    if (random.boolean(0.3)) for (let i = 0; i < x.length; i += 5) x[i] = Number.NEGATIVE_INFINITY;
    return ['max', input(x), input(ids), output('float32', sizes.segments * sizes.inner), sizes];
  });
});

test('segmentReduce takes int32 as well', async () => {
  await conform('segmentReduce', (random) => {
    const { sizes, ids, x } = segmentsOf(random);
    return [
      'sum',
      input(Int32Array.from(x, (v) => v * 10)),
      input(ids),
      output('int32', sizes.segments * sizes.inner),
      sizes,
    ];
  });
});

test('segmentSoftmax is a softmax in each segment and column', async () => {
  await conform('segmentSoftmax', (random) => {
    const { sizes, ids, x } = segmentsOf(random);
    if (random.boolean(0.3)) for (let i = 0; i < x.length; i++) x[i]! *= 40;
    if (random.boolean(0.2)) for (let i = 0; i < x.length; i += 5) x[i] = Number.NEGATIVE_INFINITY;
    return [input(x), input(ids), output('float32', x.length), sizes];
  });
});

test('segmentSoftmaxGrad is its gradient', async () => {
  await conform(
    'segmentSoftmaxGrad',
    (random) => {
      const { sizes, ids, x } = segmentsOf(random);
      return [input(x), input(ids), input(random.floats(x.length)), output('float32', x.length), sizes];
    },
    { rtol: 1e-4, atol: 1e-4 },
  );
});

/** A random sparse matrix; some rows empty, some full. */
function sparse(random: Generator) {
  const [rows, columns] = [random.size(80), random.size(80)];
  const rowStart = new Int32Array(rows + 1);
  const column: number[] = [];
  const density = random.unit() ** 2;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) if (random.boolean(density)) column.push(c);
    if (random.boolean(0.05)) for (let i = 0; i < 300; i++) column.push(random.integer(0, columns - 1));
    rowStart[r + 1] = column.length;
  }
  const sizes = { rows, columns, nonzeros: column.length, inner: random.boolean(0.05) ? 0 : random.size(150) };
  return { sizes, rowStart, column: Int32Array.from(column), value: random.floats(column.length) };
}

test('csrMatmul multiplies by a sparse matrix and by its transpose', async () => {
  await conform(
    'csrMatmul',
    (random) => {
      const { sizes, rowStart, column, value } = sparse(random);
      const transpose = random.boolean();
      const [to, from] = transpose ? [sizes.columns, sizes.rows] : [sizes.rows, sizes.columns];
      return [
        input(rowStart),
        input(column),
        input(value),
        input(random.floats(from * sizes.inner)),
        output('float32', to * sizes.inner),
        sizes,
        transpose,
      ];
    },
    { rtol: 1e-5, atol: 3e-5 },
    200,
  );
});

test('csrMatmulGradValue is the gradient by the stored values', async () => {
  await conform(
    'csrMatmulGradValue',
    (random) => {
      const { sizes, rowStart, column } = sparse(random);
      const transpose = random.boolean();
      const [to, from] = transpose ? [sizes.columns, sizes.rows] : [sizes.rows, sizes.columns];
      return [
        input(rowStart),
        input(column),
        input(random.floats(from * sizes.inner)),
        input(random.floats(to * sizes.inner)),
        output('float32', sizes.nonzeros),
        sizes,
        transpose,
      ];
    },
    sums,
  );
});

async function onDevices(body: (device: Device) => void): Promise<void> {
  body(createJsDevice());
  for (const { device } of await wasmForms()) body(device);
}

/** Buffers with these contents. */
function load(device: Device, ...arrays: (Float32Array | Int32Array)[]) {
  return arrays.map((values) => {
    const buffer = device.allocate(values instanceof Int32Array ? 'int32' : 'float32', values.length);
    device.write(buffer, values);
    return buffer;
  });
}

test('a segment of a million equal terms stays within 1e-5 of float64', async () => {
  const rows = 1_000_000;
  for (const { device } of await wasmForms()) {
    const buffers = load(device, new Float32Array(rows).fill(0.1), new Int32Array(rows), new Float32Array(1));
    const [x, ids, out] = buffers;
    device.kernels.segmentReduce('sum', x!, ids!, out!, { rows, inner: 1, segments: 1 });
    assertClose(device.readSync!(out!), [rows * Math.fround(0.1)], { rtol: 1e-5, atol: 0 });
    for (const buffer of buffers) device.release(buffer);
  }
});

test('a small sparse product has the values worked out by hand', async () => {
  // [[2, 0, 1], [0, 0, 0]] times [[1, 2], [3, 4], [5, 6]] is [[7, 10], [0, 0]].
  await onDevices((device) => {
    const buffers = load(
      device,
      Int32Array.of(0, 2, 2),
      Int32Array.of(0, 2),
      Float32Array.of(2, 1),
      Float32Array.of(1, 2, 3, 4, 5, 6),
      new Float32Array(4),
      new Float32Array(2),
    );
    const [start, column, value, x, out, dvalue] = buffers;
    const sizes = { rows: 2, columns: 3, nonzeros: 2, inner: 2 };
    device.kernels.csrMatmul(start!, column!, value!, x!, out!, sizes, false);
    assert.equal([...device.readSync!(out!)], [7, 10, 0, 0]);
    device.kernels.csrMatmulGradValue(start!, column!, x!, out!, dvalue!, sizes, false);
    assert.equal([...device.readSync!(dvalue!)], [27, 95]);
    for (const buffer of buffers) device.release(buffer);
  });
});

test('ids and columns out of range are IndexErrors', async () => {
  await onDevices((device) => {
    const buffers = load(device, Float32Array.of(1, 2, 3), Int32Array.of(0, 2, -4), new Float32Array(3));
    const [x, ids, out] = buffers;
    const sizes = { rows: 3, inner: 1, segments: 3 };
    const says = /index -4 at position 2 is outside \[0, 3\)/;
    assertThrows(() => device.kernels.segmentReduce('sum', x!, ids!, out!, sizes), IndexError, says);
    assertThrows(() => device.kernels.segmentSoftmax(x!, ids!, out!, sizes), IndexError, says);
    assertThrows(() => device.kernels.segmentSoftmaxGrad(x!, ids!, x!, out!, sizes), IndexError, says);
    const [start] = load(device, Int32Array.of(0, 3));
    const matrix = { rows: 1, columns: 3, nonzeros: 3, inner: 1 };
    for (const transpose of [false, true]) {
      assertThrows(() => device.kernels.csrMatmul(start!, ids!, x!, x!, out!, matrix, transpose), IndexError, says);
      assertThrows(
        () => device.kernels.csrMatmulGradValue(start!, ids!, x!, x!, out!, matrix, transpose),
        IndexError,
        says,
      );
    }
    for (const buffer of [...buffers, start]) device.release(buffer!);
  });
});

test('row starts that are no row starts are IndexErrors', async () => {
  const wrong: [number[], RegExp][] = [
    [[1, 2, 3], /got 1 at position 0/],
    [[0, 2, 1], /got 1 at position 2/],
    [[0, 4, 3], /got 4 at position 1/],
    [[0, -1, 3], /got -1 at position 1/],
    [[0, 1, 2], /never fall and end at 3 \(nonzeros\), got 2 at position 2/],
  ];
  await onDevices((device) => {
    for (const [starts, says] of wrong) {
      const buffers = load(device, Int32Array.from(starts), Int32Array.of(0, 1, 2), Float32Array.of(1, 2, 3));
      const [start, column, value] = buffers;
      const sizes = { rows: 2, columns: 3, nonzeros: 3, inner: 1 };
      assertThrows(
        () => device.kernels.csrMatmul(start!, column!, value!, value!, value!, sizes, false),
        IndexError,
        says,
      );
      for (const buffer of buffers) device.release(buffer);
    }
  });
});

test.run();
