/** The float64 product of host matrices: the same from plain loops and from the device. */
import { createJsDevice, createWasmDevice, doubleProducts, OptionError, ShapeError, useDevice } from '@saccade/kernels';
import { type Matrix, matrix, matrixProduct, transposeMatrix } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

function pattern(rows: number, columns: number, seed: number): Matrix {
  return matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 12.9898 + seed)),
  );
}

/** Entry by entry, in the textbook's order. */
function entry(a: Matrix, b: Matrix, i: number, j: number): number {
  let sum = 0;
  for (let s = 0; s < a.columns; s++) sum += a.data[i * a.columns + s]! * b.data[s * b.columns + j]!;
  return sum;
}

test('matrixProduct multiplies as the textbook says, whatever is stored transposed', () => {
  const size = fc.integer({ min: 0, max: 12 });
  fc.assert(
    fc.property(size, size, size, fc.boolean(), fc.boolean(), (m, n, k, transposeA, transposeB) => {
      const [a, b] = [pattern(m, k, 1), pattern(k, n, 2)];
      const left = transposeA ? transposeMatrix(a) : a;
      const right = transposeB ? transposeMatrix(b) : b;
      const product = matrixProduct(left, right, { transposeA, transposeB });
      assert.equal([product.rows, product.columns], [m, n]);
      const expected = Float64Array.from({ length: m * n }, (_, i) => entry(a, b, Math.floor(i / n), i % n));
      assertClose(product.data, expected, { rtol: 1e-13, atol: 1e-13 });
    }),
  );
});

test('large products are the same on every CPU device, and leave nothing behind', () => {
  const [a, b] = [pattern(70, 90, 3), pattern(110, 90, 4)];
  const before = useDevice(createJsDevice());
  const plain = matrixProduct(a, b, { transposeB: true });
  for (const threads of [1, 2]) {
    const device = createWasmDevice({ threads, shareFrom: 0 });
    useDevice(device);
    device.extend(doubleProducts);
    const { buffers } = device.memory();
    assertClose(matrixProduct(a, b, { transposeB: true }).data, plain.data, { rtol: 1e-12, atol: 1e-12 });
    assert.is(device.memory().buffers, buffers);
    assert.equal(device.report(), [], 'a kernel of its own');
    device.dispose();
  }
  useDevice(before);
});

test('matrixProduct names the inner sizes that differ, and an option that there is not', () => {
  const a = pattern(2, 3, 1);
  assertThrows(
    () => matrixProduct(a, a),
    ShapeError,
    /matrixProduct: inner sizes 3 of \[2, 3\] and 2 of \[2, 3\] differ/,
  );
  assertThrows(() => matrixProduct(a, a, { transpose: true } as never), OptionError, /no option 'transpose'/);
});

test('a device that is gone, or full, leaves the product to plain loops', () => {
  const [a, b] = [pattern(40, 50, 5), pattern(50, 40, 6)];
  const device = createWasmDevice({ threads: 1 });
  const before = useDevice(device);
  const expected = matrixProduct(a, b);
  device.dispose();
  assertClose(matrixProduct(a, b).data, expected.data, { rtol: 1e-12, atol: 1e-12 });
  useDevice(before);
});

test.run();
