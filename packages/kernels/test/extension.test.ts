/** Kernels that a package brings along: the same on every device, on threads that ran before, and counted where another device does them. */
import { assertClose, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Buffer,
  createJsDevice,
  createWasmDevice,
  type Device,
  init,
  type KernelExtension,
} from '../src/index.js';

interface Kernels {
  /** out = x * factor. */
  scale(x: Buffer, out: Buffer, factor: number): void;
  /** out = x + number; has no WebAssembly. */
  shift(x: Buffer, out: Buffer, number: number): void;
}

/**
 * `scripts/wasm.mjs` made it of:
 * export function scale(x: usize, out: usize, factor: f32, start: i32, end: i32, scratch: usize): void {
 *   for (let i = <usize>start; i < <usize>end; i++) store<f32>(out + (i << 2), load<f32>(x + (i << 2)) * factor);
 * }
 */
const binary =
  '105:DYW1AQJREERnvqERFSxkOCEhF1IF7u7OXhEUzI28h8FpQwDMsh9UP6oKU6CdbK9hM9nsjg9DxrGzhkhl6E+jwXoCZFtswHbEiuu6RJE5l7xwKRC/rBiI+bUT2ojLos0zl8v9AQ==';

const extension: KernelExtension<Kernels> = {
  name: 'tested',
  js: {
    scale(x, out, factor) {
      for (let i = 0; i < x.length; i++) out[i] = (x[i] as number) * factor;
    },
    shift(x, out, number) {
      for (let i = 0; i < x.length; i++) out[i] = (x[i] as number) + number;
    },
  },
  wasm: {
    binary,
    kernels: (runtime) => ({
      scale: (x, out, factor) => runtime.parallel('tested.scale', [x.address, out.address, factor], x.length, 1),
    }),
  },
  written: { scale: [1], shift: [1] },
};

/** 1, 2, ... scaled by 3 and shifted by 1. */
async function results(device: Device, length: number): Promise<readonly number[]> {
  const kernels = device.extend(extension);
  const [x, y, z] = [0, 1, 2].map(() => device.allocate('float32', length)) as [Buffer, Buffer, Buffer];
  device.write(
    x,
    Float32Array.from({ length }, (_, i) => i + 1),
  );
  kernels.scale(x, y, 3);
  kernels.shift(y, z, 1);
  const values = await device.read(z);
  for (const buffer of [x, y, z]) device.release(buffer);
  return Array.from(values as Float32Array);
}

const expected = (length: number): number[] => Array.from({ length }, (_, i) => 3 * (i + 1) + 1);

test('a package brings kernels along, and they run on the device under test', async () => {
  const device = await init({ device: testDevice });
  assert.is(device.name, testDevice);
  assertClose(await results(device, 1000), expected(1000));
  const report = device.report().filter(({ kernel }) => kernel.startsWith('tested.'));
  // What has no WebAssembly runs as JavaScript; a GPU leaves all to the CPU.
  const fallen = testDevice === 'wasm' ? ['tested.shift'] : ['tested.scale', 'tested.shift'];
  assert.equal(
    report.map(({ kernel }) => kernel),
    fallen,
  );
});

test('on the js device they are plain JavaScript', async () => {
  assertClose(await results(createJsDevice(), 7), expected(7));
});

test('float64 goes to the plain kernels, but for those that know it', async () => {
  const device = createWasmDevice({ threads: 1 });
  const [x, y] = [device.allocate('float64', 2), device.allocate('float64', 2)];
  device.write(x, Float64Array.of(0.1, 0.2));
  device.extend(extension).scale(x, y, 3);
  assert.equal([...(await device.read(y))], [0.1 * 3, 0.2 * 3]);
  assert.equal(device.report(), [{ kernel: 'tested.scale', calls: 1, ranOn: 'js' }]);

  let called = 0;
  const knows: KernelExtension<Kernels> = {
    ...extension,
    name: 'knowing',
    wasm: { binary, float64: ['scale'], kernels: () => ({ scale: () => void called++ }) },
  };
  device.extend(knows).scale(x, y, 3);
  assert.is(called, 1);
  device.dispose();
});

test('threads that run already take them on', async () => {
  const device = createWasmDevice({ threads: 2, shareFrom: 0 });
  try {
    const length = 100_000;
    const x = device.allocate('float32', length);
    device.kernels.fill(x, 1);
    if (device.info.threads > 1) await device.ready();
    assertClose(await results(device, length), expected(length));
    if (device.info.threads > 1) await device.ready();
    for (let i = 0; i < 20; i++) assertClose(await results(device, length), expected(length));
    device.kernels.fill(x, 2);
    assert.ok(((await device.read(x)) as Float32Array).every((value) => value === 2));
  } finally {
    device.dispose();
  }
});

test.run();
