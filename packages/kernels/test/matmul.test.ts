/** The matrix product against the oracle: shapes, transposes, batches, long sums. */
import { createWasmDevice } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MatmulSizes } from '../src/table/matmul.js';
import { conform, type Generator, input, output } from './conformance.js';

const plain = { transposeA: false, transposeB: false, batch: [], aStrides: [], bStrides: [], accumulate: false };

/** Random batch axes, each shared by both operands, or broadcast in one of them. */
function randomBatch(random: Generator): Pick<MatmulSizes, 'batch' | 'aStrides' | 'bStrides'> {
  const batch = Array.from({ length: random.integer(0, 3) }, () => random.integer(1, 4));
  const strides = (): number[] => {
    let stride = 1;
    return batch
      .map((size) => {
        if (random.boolean(0.3)) return 0;
        const here = stride;
        stride *= size;
        return here;
      })
      .reverse();
  };
  batch.reverse();
  const aStrides = strides();
  const bStrides = strides();
  batch.reverse();
  return { batch, aStrides, bStrides };
}

/** Arguments of matmul for given sizes, with operands as long as the strides need. */
function argumentsFor(random: Generator, sizes: MatmulSizes): unknown[] {
  const { m, n, k, batch } = sizes;
  const matrices = (strides: readonly number[]): number =>
    batch.reduce((last, size, axis) => last + (size - 1) * strides[axis]!, 1);
  const size = batch.reduce((product, axis) => product * axis, m * n);
  return [
    input(random.floats(matrices(sizes.aStrides) * m * k)),
    input(random.floats(matrices(sizes.bStrides) * k * n)),
    output('float32', sizes.accumulate ? random.floats(size) : size),
    sizes,
  ];
}

test('matmul multiplies any shapes, transposes and batches', async () => {
  await conform(
    'matmul',
    (random) =>
      argumentsFor(random, {
        m: random.size(70),
        n: random.size(70),
        k: random.boolean(0.05) ? 0 : random.size(600),
        transposeA: random.boolean(),
        transposeB: random.boolean(),
        ...randomBatch(random),
        accumulate: random.boolean(0.3),
      }),
    { rtol: 1e-5, atol: 5e-5 },
    240,
  );
});

test('matmul multiplies matrices whose sizes are multiples of four, which GPUs read four at a time', async () => {
  await conform(
    'matmul',
    (random) =>
      argumentsFor(random, {
        m: random.size(20),
        n: 4 * random.size(20),
        k: 4 * random.size(90),
        transposeA: random.boolean(0.2),
        transposeB: random.boolean(0.2),
        ...randomBatch(random),
        accumulate: random.boolean(0.3),
      }),
    { rtol: 1e-5, atol: 5e-5 },
  );
});

test('matmul multiplies by vectors and flat matrices', async () => {
  await conform(
    'matmul',
    (random) => {
      const thin = random.integer(1, 9);
      const [m, n] = random.boolean() ? [thin, random.size(300)] : [random.size(300), thin];
      const transposeA = random.boolean();
      const transposeB = random.boolean();
      const sizes = { ...plain, m, n, k: random.size(1500), transposeA, transposeB, accumulate: random.boolean(0.3) };
      return argumentsFor(random, random.boolean(0.3) ? { ...sizes, ...randomBatch(random) } : sizes);
    },
    { rtol: 1e-5, atol: 5e-5 },
    120,
  );
});

test('matmul cuts very long inner axes into parts', async () => {
  await conform(
    'matmul',
    (random) => {
      const batched = random.boolean(0.3) ? { batch: [2], aStrides: [1], bStrides: [0] } : {};
      const k = random.integer(16000, 40000);
      const flags = { transposeA: random.boolean(), transposeB: random.boolean(), accumulate: random.boolean() };
      return argumentsFor(random, { ...plain, m: random.size(9), n: random.size(9), k, ...flags, ...batched });
    },
    { rtol: 1e-5, atol: 1e-3 },
    24,
  );
});

test('matmul of nothing gives nothing, or zeros', async () => {
  for (const [m, n, k] of [
    [0, 3, 4],
    [3, 0, 4],
    [3, 4, 0],
    [0, 0, 0],
  ] as const) {
    await conform(
      'matmul',
      (random) => argumentsFor(random, { ...plain, m, n, k, accumulate: random.boolean() }),
      undefined,
      4,
    );
  }
  const none = { ...plain, batch: [0, 2], aStrides: [2, 1], bStrides: [0, 0] };
  await conform(
    'matmul',
    () => [
      input(new Float32Array(0)),
      input(new Float32Array(25)),
      output('float32', 0),
      { ...none, m: 5, n: 5, k: 5 },
    ],
    undefined,
    1,
  );
});

test('matmul keeps sums of a million terms within 1e-5', () => {
  const device = createWasmDevice({ threads: 1, deterministic: true });
  const k = 1_000_000;
  for (const n of [1, 3]) {
    const a = device.allocate('float32', k);
    const b = device.allocate('float32', k * n);
    const out = device.allocate('float32', n);
    device.write(a, new Float32Array(k).fill(0.1));
    device.write(b, new Float32Array(k * n).fill(0.3));
    device.kernels.matmul(a, b, out, { ...plain, m: 1, n, k });
    const expected = k * Math.fround(0.1) * Math.fround(0.3);
    assertClose(device.readSync!(out), new Float64Array(n).fill(expected), { rtol: 1e-5, atol: 0 });
    for (const buffer of [a, b, out]) device.release(buffer);
  }
});

test('matmul gives the product of the textbook', () => {
  const device = createWasmDevice({ threads: 1 });
  const [a, b, out] = [6, 6, 4].map((length) => device.allocate('float32', length)) as never[];
  device.write(a!, new Float32Array([1, 2, 3, 4, 5, 6]));
  device.write(b!, new Float32Array([7, 8, 9, 10, 11, 12]));
  device.kernels.matmul(a!, b!, out!, { ...plain, m: 2, n: 2, k: 3 });
  assert.equal([...device.readSync!(out!)], [58, 64, 139, 154]);
  assert.equal(device.report(), []);
});

test.run();
