/** The extraction of patches in WebAssembly, on one thread and two, against the plain version. */
import { type Buffer, createJsDevice, createWasmDevice, type Device, type TypedArray } from '@saccade/kernels';
import { Rng, scope } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { topKKernels } from '../../src/kernels/extension.js';
import type { PatchSizes } from '../../src/kernels/patch-sizes.js';

const oracle = createJsDevice();
// Two threads share even the smallest call.
const devices = [1, 2].map((threads) => createWasmDevice({ threads, shareFrom: 0 }));

interface Inputs {
  readonly image: TypedArray;
  readonly indices: Int32Array;
  readonly weights: Float32Array;
  readonly dPatches: Float32Array;
}

function normal(rng: Rng, count: number): Float32Array {
  return scope(() => Float32Array.from(rng.normal([count]).dataSync()));
}

function inputsOf(s: PatchSizes, isBytes: boolean, seed: number): Inputs {
  const rng = new Rng(seed);
  const image = normal(rng, s.batch * s.height * s.width * s.channels);
  const cells = normal(rng, s.batch * s.candidates);
  // Some weights are 0, some tiny.
  const weights = normal(rng, s.batch * s.rows * s.candidates).map((v) => (v < -0.5 ? 0 : v < 0 ? v * 1e-3 : v));
  return {
    image: isBytes ? Uint8Array.from(image, (v) => Math.abs(v * 80)) : image,
    indices: Int32Array.from(cells, (v) => Math.floor(Math.abs(v * 1e3)) % (3 * s.columns)),
    weights,
    dPatches: normal(rng, s.batch * s.rows * s.patchSize * s.patchSize * s.channels),
  };
}

/** Patches and both gradients. */
async function run(
  device: Device,
  { image, indices, weights, dPatches }: Inputs,
  s: PatchSizes,
): Promise<TypedArray[]> {
  const kernels = device.extend(topKKernels);
  const float = device === oracle ? 'float64' : 'float32';
  const made: Buffer[] = [];
  const buffer = (values: TypedArray): Buffer => {
    const dtype = values instanceof Uint8Array ? 'uint8' : values instanceof Int32Array ? 'int32' : float;
    const block = device.allocate(dtype, values.length);
    device.write(block, float === 'float64' && dtype === float ? Float64Array.from(values) : values);
    made.push(block);
    return block;
  };
  const [x, i, w, g] = [buffer(image), buffer(indices), buffer(weights), buffer(dPatches)];
  const [patches, dw, dx] = [dPatches, weights, new Float32Array(image.length)].map((like) =>
    buffer(new Float32Array(like.length).fill(-777)),
  ) as [Buffer, Buffer, Buffer];
  kernels.extractPatches(x, i, w, patches, s);
  kernels.patchWeightGrad(x, i, w, g, dw, s);
  kernels.patchImageGrad(i, w, g, dx, s);
  const results = await Promise.all([patches, dw, dx].map((block) => device.read(block)));
  for (const block of made) device.release(block);
  return results;
}

const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 1, max: 20 }),
  width: fc.integer({ min: 1, max: 40 }),
  channels: fc.integer({ min: 1, max: 4 }),
  rows: fc.integer({ min: 1, max: 4 }),
  candidates: fc.integer({ min: 1, max: 9 }),
  columns: fc.integer({ min: 1, max: 5 }),
  patchSize: fc.integer({ min: 1, max: 24 }),
  strideY: fc.integer({ min: 1, max: 9 }),
  strideX: fc.integer({ min: 1, max: 9 }),
  padTop: fc.integer({ min: -4, max: 12 }),
  padLeft: fc.integer({ min: -4, max: 12 }),
  scale: fc.constantFrom(1, 0.5, 1 / 255),
  threshold: fc.constantFrom(0, 1e-3, 0.5),
});

test('patches and gradients of any size equal the plain ones, and are the same bits on two threads', async () => {
  await Promise.all(devices.map((device) => device.ready()));
  await fc.assert(
    fc.asyncProperty(sizes, fc.boolean(), fc.nat(999), async (s, isBytes, seed) => {
      const inputs = inputsOf(s, isBytes, seed);
      const expected = await run(oracle, inputs, s);
      const results = await Promise.all(devices.map((device) => run(device, inputs, s)));
      for (const [at, name] of ['patches', 'gradient by weights', 'gradient by image'].entries()) {
        const reference = expected[at] as Float64Array;
        const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        assertClose(results[0]?.[at] as TypedArray, reference, { rtol: 0, atol: 2e-6 * largest }, name);
        assert.equal(results[1]?.[at], results[0]?.[at], `${name} on two threads`);
      }
    }),
    { numRuns: 150, seed: 3 },
  );
  for (const device of devices) assert.equal(device.report(), []);
});

test('NaN in a weight is not overlooked, NaN under a weight of 0 is', async () => {
  const s: PatchSizes = {
    ...{ batch: 1, height: 2, width: 2, channels: 1, rows: 1, candidates: 2, columns: 2 },
    ...{ patchSize: 1, strideY: 1, strideX: 1, padTop: 0, padLeft: 0, scale: 1, threshold: 0.5 },
  };
  const image = Float32Array.of(1, 2, 3, NaN);
  const dPatches = Float32Array.of(1);
  for (const device of [oracle, ...devices]) {
    const at = (cells: number[], weights: number[]): Promise<TypedArray[]> =>
      run(device, { image, indices: Int32Array.from(cells), weights: Float32Array.from(weights), dPatches }, s);
    assert.ok(Number.isNaN((await at([0, 1], [NaN, 0]))[0]?.[0]));
    assert.is((await at([1, 3], [1, 0]))[0]?.[0], 2);
  }
});

test.after(() => {
  for (const device of devices) device.dispose();
});

test.run();
