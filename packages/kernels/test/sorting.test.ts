/** Sorting and the k best against the oracle: NaN, ties, empty rows. */
import { createJsDevice, type Device } from '@saccade/kernels';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { conform, type Generator, input, output, wasmForms } from './conformance.js';

const exact = { rtol: 0, atol: 0 };

/** Rows with ties, zeros of both signs, infinities and NaN. */
function floats(random: Generator, length: number): Float32Array {
  const kind = random.integer(0, 5);
  if (kind === 0) return random.floats(length, -1e30, 1e30);
  if (kind === 1) return random.floats(length).map((v) => Math.round(v * 4));
  if (kind === 2) return Float32Array.from({ length }, (_, i) => i);
  if (kind === 3) return Float32Array.from({ length }, (_, i) => -i);
  if (kind === 4) return new Float32Array(length).fill(random.pick([0, -1, Number.NaN]));
  const special = [Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45, -1e-45, 1, -1];
  return Float32Array.from({ length }, () => random.pick(special));
}

function values(random: Generator, length: number) {
  if (random.boolean(0.7)) return floats(random, length);
  return random.boolean() ? random.integers(length, -5, 5) : random.integers(length, -(2 ** 31), 2 ** 31 - 1);
}

const dtypeOf = (x: Float32Array | Int32Array) => (x instanceof Float32Array ? 'float32' : 'int32');

test('sort is stable and knows NaN, in rows of every length', async () => {
  await conform(
    'sort',
    (random) => {
      const [rows, size] = [random.integer(0, 5), random.pick([1, 2, random.size(60), random.size(3000)])];
      const x = values(random, rows * size);
      return [input(x), output(dtypeOf(x), x.length), output('int32', x.length), rows, size, random.boolean()];
    },
    exact,
    200,
  );
});

test('topk gives the first k of the sorted row, for every k', async () => {
  await conform(
    'topk',
    (random) => {
      const size = random.pick([random.size(60), random.size(600), random.size(9000)]);
      const rows = size > 600 ? random.integer(0, 2) : random.integer(0, 5);
      const k = random.pick([Math.min(size, random.integer(1, 8)), random.size(size), size]);
      const x = values(random, rows * size);
      return [input(x), output(dtypeOf(x), rows * k), output('int32', rows * k), rows, size, k, random.boolean()];
    },
    exact,
    300,
  );
});

test('rows of no elements, and k = 0, give nothing', async () => {
  await conform(
    'topk',
    (random) => {
      const [rows, size] = [random.integer(0, 3), random.integer(0, 3)];
      return [input(random.floats(rows * size)), output('float32', 0), output('int32', 0), rows, size, 0, true];
    },
    exact,
  );
});

/** Values and indices of one row. */
function order(device: Device, row: number[], k: number, largest: boolean): [number[], number[]] {
  const buffers = [
    device.allocate('float32', row.length),
    device.allocate('float32', k),
    device.allocate('int32', k),
  ] as const;
  const [x, v, i] = buffers;
  device.write(x, Float32Array.from(row));
  if (k === row.length) device.kernels.sort(x, v, i, 1, row.length, largest);
  else device.kernels.topk(x, v, i, 1, row.length, k, largest);
  const result: [number[], number[]] = [[...device.readSync!(v)], [...device.readSync!(i)]];
  for (const buffer of buffers) device.release(buffer);
  return result;
}

test('NaN is larger than every number, -0 ties with 0, and equals keep their order', async () => {
  const row = [0, Number.NaN, -0, 5, Number.POSITIVE_INFINITY, 5];
  for (const device of [createJsDevice(), ...(await wasmForms()).map((form) => form.device)]) {
    const [values, indices] = order(device, row, 6, false);
    assert.equal(indices, [0, 2, 3, 5, 4, 1]);
    assert.ok(Object.is(values[1], -0), 'the sign of zero stays');
    assert.equal(order(device, row, 6, true)[1], [1, 4, 3, 5, 0, 2]);
    assert.equal(order(device, row, 3, true)[1], [1, 4, 3]);
    assert.equal(order(device, row, 2, false)[1], [0, 2]);
  }
});

test.run();
