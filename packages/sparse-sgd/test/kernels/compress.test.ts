import { type Buffer, createJsDevice, createWasmDevice, type Device } from '@saccade/kernels';
import { Rng } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Quantized, qsgdPlain } from '../../src/compress/qsgd-plain.js';
import { topKPlain } from '../../src/compress/top-k-plain.js';
import { sparseSgdKernels } from '../../src/kernels/extension.js';

const devices: readonly (readonly [string, () => Device])[] = [
  ['wasm on one thread', () => createWasmDevice({ threads: 1 })],
  ['wasm on two threads', () => createWasmDevice({ threads: 2, shareFrom: 0 })],
  ['js', () => createJsDevice()],
];

interface Found {
  readonly indices: number[];
  readonly values: number[];
  readonly notFinite: number;
}

function topKOn(device: Device, vector: Float32Array, k: number): Found {
  const [x, indices, values] = [
    device.allocate('float32', vector.length),
    device.allocate('int32', k),
    device.allocate('float32', k),
  ];
  const notFinite = device.allocate('int32', 1);
  device.write(x, vector);
  device.extend(sparseSgdKernels).topK(x, indices, values, notFinite, vector.length, k);
  const read = (buffer: Buffer): number[] => Array.from(device.readSync!(buffer));
  const found = { indices: read(indices), values: read(values), notFinite: read(notFinite)[0]! };
  for (const buffer of [x, indices, values, notFinite]) device.release(buffer);
  return found;
}

function qsgdOn(device: Device, vector: Float32Array, uniforms: Float32Array, s: number, bucket: number): Quantized {
  const n = vector.length;
  const buffers = [
    device.allocate('float32', n),
    device.allocate('float32', n),
    device.allocate('uint8', 2 * n),
    device.allocate('float32', Math.ceil(n / bucket)),
  ] as const;
  device.write(buffers[0], vector);
  device.write(buffers[1], uniforms);
  device.extend(sparseSgdKernels).qsgd(...buffers, n, s, bucket);
  const levels = new Int16Array((device.readSync!(buffers[2]) as Uint8Array).buffer);
  const norms = device.readSync!(buffers[3]) as Float32Array;
  for (const buffer of buffers) device.release(buffer);
  return { norms, levels };
}

/** Lengths below and above a piece, and long enough for a guessed threshold. */
const sizes = [
  [1, 1],
  [7, 3],
  [7, 7],
  [1000, 1],
  [33_000, 50],
  [70_001, 1000],
  [70_001, 40_000],
] as const;

for (const [name, make] of devices) {
  test(`the largest entries on ${name} are those of plain JavaScript`, () => {
    const device = make();
    for (const [n, k] of sizes) {
      const vector = new Rng(n + k).normal([n]).dataSync() as Float32Array;
      const { indices, values, notFinite } = topKOn(device, vector, k);
      assert.equal(indices, k < n ? Array.from(topKPlain(vector, k)) : Array.from(vector.keys()), `${k} of ${n}`);
      assert.equal(
        values,
        Array.from(indices, (i) => vector[i]!),
      );
      assert.is(notFinite, 0);
    }
    device.dispose();
  });

  test(`vectors that a sample misjudges are no harder on ${name}: sorted, constant, almost all zero, large at unseen places`, () => {
    const device = make();
    const n = 70_000;
    const vectors: readonly Float32Array[] = [
      Float32Array.from({ length: n }, (_, i) => i),
      Float32Array.from({ length: n }, (_, i) => -(n - i)),
      new Float32Array(n).fill(-2),
      new Float32Array(n),
      Float32Array.from({ length: n }, (_, i) => (i === 69_999 || i === 12 ? 1e-44 : -0)),
      // The sample looks at every eighth or ninth entry.
      Float32Array.from({ length: n }, (_, i) => (i < 8300 ? 100 : 1) * ((i * 7919) % 1009)),
      Float32Array.from({ length: 8192 * 8 }, (_, i) => (i % 8 === 0 ? 1000 : (i * 31) % 997)),
    ];
    for (const vector of vectors) {
      for (const k of [1, 700]) {
        const { indices } = topKOn(device, vector, k);
        assert.equal(indices, Array.from(topKPlain(vector, k)));
      }
    }
    device.dispose();
  });

  test(`the norm of a bucket with an entry that is not finite is not finite, on ${name}`, () => {
    const device = make();
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const made = qsgdOn(device, Float32Array.of(1, 3e38, 3e38, odd), new Float32Array(4), 4, 3);
      assert.equal(Array.from(made.norms, Number.isFinite), [true, false]);
    }
    device.dispose();
  });

  test(`entries that are not finite are counted on ${name}`, () => {
    const device = make();
    for (const n of [10, 40_000]) {
      const vector = new Float32Array(n).fill(1);
      vector[3] = Number.NaN;
      vector[n - 1] = Number.NEGATIVE_INFINITY;
      assert.is(topKOn(device, vector, 4).notFinite, 2);
    }
    device.dispose();
  });

  test(`QSGD on ${name} is that of plain JavaScript, bit for bit`, () => {
    const device = make();
    for (const [n, s, bucket, scale = 1] of [
      [1, 1, 1],
      // Norms that float32 does not hold, some of them.
      [13, 4, 3, 1.2e38],
      [20_000, 16, 512, 1.5e37],
      [13, 4, 13],
      [20_000, 16, 20_000],
      [20_000, 32_767, 512],
      [20_003, 3, 8191],
    ] as const) {
      const rng = new Rng(n + s);
      const vector = rng.normal([n]).dataSync() as Float32Array;
      for (let i = 0; i < n; i++) vector[i]! *= scale;
      if (n > 600) vector.fill(0, 512, 1100);
      const uniforms = rng.uniform([n]).dataSync() as Float32Array;
      const made = qsgdOn(device, vector, uniforms, s, bucket);
      const plain = qsgdPlain(vector, s, bucket, uniforms);
      assertClose(made.norms, plain.norms, { rtol: 1e-7 });
      assert.ok(made.norms.every(Number.isFinite));
      assert.equal(Array.from(made.levels), Array.from(plain.levels));
    }
    device.dispose();
  });
}

test('random vectors with many equal entries: the kernel and plain JavaScript choose alike', () => {
  const device = createWasmDevice({ threads: 1 });
  const vectors = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(vectors, fc.nat(), (numbers, seed) => {
      const vector = Float32Array.from(numbers);
      const k = 1 + (seed % numbers.length);
      const expected = k < numbers.length ? Array.from(topKPlain(vector, k)) : Array.from(vector.keys());
      assert.equal(topKOn(device, vector, k).indices, expected);
    }),
    { numRuns: 300 },
  );
  device.dispose();
});

test.run();
