/** Products of float64 matrices against the oracle, once their extension is loaded. */
import { createWasmDevice, doubleProducts, type TypedArray } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { matmul as oracle } from '../src/js/matmul.js';
import type { MatmulSizes } from '../src/table/matmul.js';
import { conformDoubles, type Generator, input, output, wasmForms } from './conformance.js';

const plain = { transposeA: false, transposeB: false, batch: [], aStrides: [], bStrides: [], accumulate: false };
const tolerance = { rtol: 1e-12, atol: 1e-11 };

test.before(async () => {
  for (const { device } of await wasmForms()) device.extend(doubleProducts);
});

/** Arguments for given sizes, with batches of which an operand may have one matrix for all. */
function argumentsFor(random: Generator, m: number, n: number, k: number): unknown[] {
  const batch = random.pick([[], [], [], [3], [2, 3]]);
  const whole = batch.map((_, axis) => batch.slice(axis + 1).reduce((product, size) => product * size, 1));
  const [aStrides, bStrides] = [0, 1].map(() => (random.boolean(0.3) ? batch.map(() => 0) : whole)) as [
    number[],
    number[],
  ];
  const count = batch.reduce((product, size) => product * size, 1);
  const matrices = (strides: readonly number[]): number => (strides.some((stride) => stride > 0) ? count : 1);
  const sizes: MatmulSizes = {
    ...{ m, n, k, batch, aStrides, bStrides },
    transposeA: random.boolean(),
    transposeB: random.boolean(),
    accumulate: random.boolean(0.3),
  };
  return [
    input(random.floats(matrices(aStrides) * m * k)),
    input(random.floats(matrices(bStrides) * k * n)),
    output('float32', sizes.accumulate ? random.floats(count * m * n) : count * m * n),
    sizes,
  ];
}

test('products of any shapes, transposes and batches are those of the oracle', async () => {
  const generate = (random: Generator): unknown[] =>
    argumentsFor(random, random.size(70), random.size(70), random.boolean(0.05) ? 0 : random.size(600));
  await conformDoubles('matmul', generate, tolerance, 150);
});

test('tiny products are', async () => {
  const generate = (random: Generator): unknown[] =>
    argumentsFor(random, random.integer(1, 14), random.integer(1, 14), random.integer(0, 20));
  await conformDoubles('matmul', generate, tolerance, 100);
});

test('products by vectors are', async () => {
  const generate = (random: Generator): unknown[] => {
    const long = random.size(700);
    const [m, n] = random.boolean() ? [1, long] : [long, 1];
    return argumentsFor(random, m, n, random.size(2000));
  };
  await conformDoubles('matmul', generate, tolerance, 60);
});

test('products wider than the block that is packed at a time are', async () => {
  const generate = (random: Generator): unknown[] =>
    argumentsFor(random, random.integer(2, 13), random.integer(1020, 2100), random.integer(1, 40));
  await conformDoubles('matmul', generate, tolerance, 12);
});

test('products of nothing are nothing, or zeros', async () => {
  for (const [m, n, k] of [
    [0, 3, 4],
    [3, 0, 4],
    [3, 4, 0],
    [0, 0, 0],
  ] as const) {
    await conformDoubles('matmul', (random) => argumentsFor(random, m, n, k), undefined, 4);
  }
});

/** The product on a device with one thread. */
function multiply(a: TypedArray, b: TypedArray, sizes: MatmulSizes): Float64Array {
  const device = createWasmDevice({ threads: 1 });
  const [x, y] = [a, b].map((values) => {
    const buffer = device.allocate('float64', values.length);
    device.write(buffer, values);
    return buffer;
  }) as [never, never];
  const out = device.allocate('float64', sizes.m * sizes.n);
  device.extend(doubleProducts).matmul(x, y, out, sizes);
  const values = device.readSync?.(out) as Float64Array;
  assert.equal(device.report(), []);
  device.dispose();
  return values;
}

test('a NaN or an infinity reaches its own row or column, and no other', () => {
  const size = fc.integer({ min: 1, max: 40 });
  const odd = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  fc.assert(
    fc.property(size, size, size, fc.boolean(), fc.boolean(), odd, fc.nat(), fc.boolean(), (...drawn) => {
      const [m, n, k, transposeA, transposeB, value, place, inA] = drawn;
      const sizes = { ...plain, m, n, k, transposeA, transposeB };
      const a = Float64Array.from({ length: m * k }, (_, i) => (i % 7) - 3.5);
      const b = Float64Array.from({ length: k * n }, (_, i) => (i % 5) - 2.5);
      if (inA) a[place % a.length] = value;
      else b[place % b.length] = value;
      const expected = new Float64Array(m * n);
      oracle.matmul(a, b, expected, sizes);
      assertClose(multiply(a, b, sizes), expected, tolerance);
    }),
    { numRuns: 60 },
  );
});

test('what is summed is not rounded to float32 on the way', () => {
  const k = 5000;
  for (const [m, n] of [
    [1, 1],
    [8, 8],
  ] as const) {
    const a = new Float64Array(m * k).fill(1 + 2 ** -40);
    const b = new Float64Array(k * n).fill(1);
    assertClose(multiply(a, b, { ...plain, m, n, k }), new Float64Array(m * n).fill(k * (1 + 2 ** -40)), {
      rtol: 1e-14,
      atol: 0,
    });
  }
});

test('a large product is the same bits on one thread and on two, and leaves no scratch', async () => {
  const [m, n, k] = [130, 150, 600];
  const results: Float64Array[] = [];
  for (const { device } of await wasmForms()) {
    const before = device.memory().buffers;
    const [a, b, out] = [m * k, k * n, m * n].map((length) => device.allocate('float64', length)) as never[];
    device.write(
      a!,
      Float64Array.from({ length: m * k }, (_, i) => Math.sin(i)),
    );
    device.write(
      b!,
      Float64Array.from({ length: k * n }, (_, i) => Math.cos(i)),
    );
    device.kernels.matmul(a!, b!, out!, { ...plain, m, n, k });
    results.push((await device.read(out!)) as Float64Array);
    for (const buffer of [a, b, out]) device.release(buffer!);
    assert.is(device.memory().buffers, before);
  }
  for (let i = 1; i < results.length; i += 2) assert.equal(results[i], results[i - 1]);
});

test.run();
