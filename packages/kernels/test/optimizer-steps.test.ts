/** Steps of optimizers: on wasm as in plain JavaScript, in place and beside, and composed as GPUs do it. */
import {
  type Buffer,
  createJsDevice,
  createWasmDevice,
  type Device,
  DisposedError,
  optimizerSteps,
} from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const step = { beta1: 0.9, beta2: 0.999, rate: 0.1, root: 2, epsilon: 1e-8 };
type Adam = (device: Device, buffers: readonly Buffer[]) => void;

const run: Adam = (device, b) =>
  device.extend(optimizerSteps).adam(b[0]!, b[1]!, b[2]!, b[3]!, b[4]!, b[5]!, b[6]!, step);
const composed: Adam = (device, b) =>
  optimizerSteps.composed?.adam?.(device, b[0]!, b[1]!, b[2]!, b[3]!, b[4]!, b[5]!, b[6]!, step);

/** Parameter, mean and square after a step from given values, beside them or in their place. */
async function results(device: Device, length: number, inPlace: boolean, adam: Adam = run): Promise<number[][]> {
  const buffer = (seed: number): Buffer => {
    const made = device.allocate('float32', length);
    device.write(
      made,
      Float32Array.from({ length }, (_, i) => Math.abs(Math.sin(7 * i + seed))),
    );
    return made;
  };
  const [p, g, m, v] = [1, 2, 3, 4].map(buffer) as [Buffer, Buffer, Buffer, Buffer];
  const out = inPlace ? [p, m, v] : [buffer(5), buffer(6), buffer(7)];
  adam(device, [p, g, m, v, ...out]);
  const read = await Promise.all(out.map(async (b) => Array.from(await device.read(b), Number)));
  for (const b of new Set([p, g, m, v, ...out])) device.release(b);
  return read;
}

test('a step of Adam is that of plain JavaScript, in place as beside', async () => {
  for (const threads of [1, 2]) {
    const device = createWasmDevice({ threads, shareFrom: 0 });
    device.extend(optimizerSteps);
    const before = device.memory().buffers;
    for (const length of [1, 16, 37, 5000]) {
      const expected = await results(createJsDevice(), length, false);
      const beside = await results(device, length, false);
      for (const [i, values] of beside.entries()) assertClose(values, expected[i]!, { rtol: 2e-6, atol: 2e-6 });
      assert.equal(await results(device, length, true), beside, `${length} on ${threads} threads`);
    }
    assert.is(device.memory().buffers, before);
    assert.equal(device.report(), []);
    device.dispose();
  }
});

test('composed from the kernels of the table, as on a GPU, it is the same, in place too', async () => {
  const device = createWasmDevice({ threads: 1 });
  const expected = await results(device, 37, false);
  for (const inPlace of [false, true]) {
    const values = await results(device, 37, inPlace, composed);
    for (const [i, list] of values.entries()) assertClose(list, expected[i]!, { rtol: 1e-6, atol: 1e-7 });
  }
  assert.is(device.memory().buffers, 0);
  device.dispose();
});

test('a device is ready with the threads of an extension that was loaded while it waited', async () => {
  const device = createWasmDevice({ threads: 2 });
  const ready = device.ready();
  device.extend(optimizerSteps);
  await ready;
  device.dispose();
  assertThrows(() => device.extend({ ...optimizerSteps, name: 'late' }), DisposedError, /was disposed/);
});

test.run();
