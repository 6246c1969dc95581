/** Resizing and turning of images, and their gradients, against the oracle and known images. */
import { createJsDevice, type Device } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { conform, type Generator, input, output, wasmForms } from './conformance.js';

const close = { rtol: 1e-5, atol: 3e-6 };

function resizeOf(random: Generator) {
  return {
    batch: random.boolean(0.05) ? 0 : random.integer(1, 3),
    inHeight: random.size(20),
    inWidth: random.size(20),
    outHeight: random.size(30),
    outWidth: random.size(30),
    channels: random.pick([1, 2, 3, 4, 5, 8, 13, 16]),
    alignCorners: random.boolean(),
  };
}

test('resizeBilinear follows the oracle, up and down, with and without aligned corners', async () => {
  await conform(
    'resizeBilinear',
    (random) => {
      const s = resizeOf(random);
      const x = random.floats(s.batch * s.inHeight * s.inWidth * s.channels);
      return [input(x), output('float32', s.batch * s.outHeight * s.outWidth * s.channels), s];
    },
    close,
    200,
  );
});

test('resizeBilinearGrad gathers what each input pixel gave', async () => {
  await conform(
    'resizeBilinearGrad',
    (random) => {
      const s = resizeOf(random);
      const dy = random.floats(s.batch * s.outHeight * s.outWidth * s.channels);
      return [input(dy), output('float32', s.batch * s.inHeight * s.inWidth * s.channels), s];
    },
    { rtol: 1e-5, atol: 1e-4 },
    200,
  );
});

function rotateOf(random: Generator) {
  const sizes = {
    batch: random.boolean(0.05) ? 0 : random.integer(1, 3),
    height: random.size(24),
    width: random.size(24),
    channels: random.pick([1, 2, 3, 4, 5, 8, 13]),
  };
  const quarter = Math.PI / 2;
  const angles = Float32Array.from({ length: sizes.batch }, () =>
    random.boolean(0.3) ? random.integer(-5, 5) * quarter : random.unit() * 20 - 10,
  );
  const values = random.floats(sizes.batch * sizes.height * sizes.width * sizes.channels);
  return { sizes, angles, values };
}

test('rotate follows the oracle at any angle', async () => {
  await conform(
    'rotate',
    (random) => {
      const { sizes, angles, values } = rotateOf(random);
      return [input(values), input(angles), output('float32', values.length), sizes];
    },
    close,
    200,
  );
});

test('rotateGrad is its gradient', async () => {
  await conform(
    'rotateGrad',
    (random) => {
      const { sizes, angles, values } = rotateOf(random);
      return [input(values), input(angles), output('float32', values.length), sizes];
    },
    close,
    200,
  );
});

/** Runs one kernel on float buffers and gives back the last. */
function result(device: Device, arrays: ArrayLike<number>[], run: (...buffers: never[]) => void): number[] {
  const buffers = arrays.map((values) => {
    const buffer = device.allocate('float32', values.length);
    device.write(buffer, Float32Array.from(values));
    return buffer;
  });
  run(...(buffers as never[]));
  const values = [...device.readSync!(buffers.at(-1)!)];
  for (const buffer of buffers) device.release(buffer);
  return values;
}

async function devices(): Promise<Device[]> {
  return [createJsDevice(), ...(await wasmForms()).map(({ device }) => device)];
}

test('resizeBilinear gives the numbers that PyTorch gives', async () => {
  for (const device of await devices()) {
    const sizes = { batch: 1, inHeight: 1, inWidth: 4, channels: 1, outHeight: 1, outWidth: 8 };
    const resize = (alignCorners: boolean) =>
      result(device, [[1, 2, 3, 4], new Array(8).fill(0)], (x, out) =>
        device.kernels.resizeBilinear(x, out, { ...sizes, alignCorners }),
      );
    // torch.nn.functional.interpolate([[[1, 2, 3, 4]]], size=8, mode='linear', align_corners=...)
    assertClose(resize(false), [1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4]);
    assertClose(
      resize(true),
      Array.from({ length: 8 }, (_, i) => 1 + (3 * i) / 7),
    );
  }
});

test('rotate by a quarter turns counter-clockwise, and its gradient turns back', async () => {
  const sizes = { batch: 1, height: 2, width: 3, channels: 1 };
  const square = { batch: 1, height: 3, width: 3, channels: 1 };
  const image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (const device of await devices()) {
    const turned = result(device, [image, [Math.PI / 2], new Array(9).fill(0)], (x, angle, out) =>
      device.kernels.rotate(x, angle, out, square),
    );
    assertClose(turned, [3, 6, 9, 2, 5, 8, 1, 4, 7], { atol: 1e-5 });
    const back = result(device, [turned, [Math.PI / 2], new Array(9).fill(0)], (dy, angle, dx) =>
      device.kernels.rotateGrad(dy, angle, dx, square),
    );
    assertClose(back, image, { atol: 1e-5 });
    const same = result(device, [[1, 2, 3, 4, 5, 6], [0], new Array(6).fill(0)], (x, angle, out) =>
      device.kernels.rotate(x, angle, out, sizes),
    );
    assert.equal(same, [1, 2, 3, 4, 5, 6]);
  }
});

test('an angle of NaN gives NaN, not a trap', async () => {
  const sizes = { batch: 1, height: 2, width: 2, channels: 1 };
  for (const device of await devices()) {
    const turned = result(device, [[1, 2, 3, 4], [Number.NaN], new Array(4).fill(0)], (x, angle, out) =>
      device.kernels.rotate(x, angle, out, sizes),
    );
    assert.ok(turned.every(Number.isNaN));
  }
});

test.run();
