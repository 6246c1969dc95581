/** Softmax and log-softmax, and their gradients, against the oracle: masks, infinities, NaN. */
import { createJsDevice } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import { conform, type Generator, input, output } from './conformance.js';

/** Row shape, row length and a mask broadcast over a random choice of the axes. */
function masked(random: Generator): {
  sizes: { shape: number[]; size: number; maskStrides: number[] };
  mask: Uint8Array;
} {
  const shape = Array.from({ length: random.integer(0, 3) }, () => random.size(5));
  const size = random.boolean(0.05) ? 0 : random.size(300);
  const maskStrides = new Array<number>(shape.length + 1).fill(0);
  let length = 1;
  const axes = random.boolean() ? [...shape.keys(), shape.length].reverse() : random.permutation(shape.length + 1);
  for (const axis of axes) {
    if (random.boolean(0.3)) continue;
    maskStrides[axis] = length;
    length *= axis === shape.length ? size : (shape[axis] as number);
  }
  return { sizes: { shape, size, maskStrides }, mask: random.bits(length, random.pick([0.05, 0.5, 0.9])) };
}

const volume = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

test('softmax and log-softmax follow the oracle, with and without masks', async () => {
  for (const kernel of ['softmax', 'logSoftmax'] as const) {
    await conform(
      kernel,
      (random) => {
        const { sizes, mask } = masked(random);
        const n = volume(sizes.shape) * sizes.size;
        const far = random.pick([0, 0, 1000]);
        const x = random.floats(n, far - 10, far + 10);
        return [input(x), random.boolean() ? input(mask, 'bool') : undefined, output('float32', n), sizes];
      },
      { rtol: 2e-6, atol: kernel === 'softmax' ? 1e-7 : 2e-6 },
      300,
    );
  }
});

test('infinities and NaN stay in their rows, and masked ones do not count', async () => {
  for (const kernel of ['softmax', 'logSoftmax'] as const) {
    await conform(
      kernel,
      (random) => {
        const { sizes, mask } = masked(random);
        const n = volume(sizes.shape) * sizes.size;
        const special = random.pick([[Number.NEGATIVE_INFINITY], [Number.NEGATIVE_INFINITY, Number.NaN, Infinity]]);
        const rate = random.pick([0.02, 0.5, 1]);
        const x = random.floats(n).map((v) => (random.boolean(rate) ? random.pick(special) : v));
        return [input(x), random.boolean(0.7) ? input(mask, 'bool') : undefined, output('float32', n), sizes];
      },
      { rtol: 2e-6, atol: 2e-6 },
      200,
    );
  }
});

test('gradients follow the oracle, and -Infinity takes no part in that of log-softmax', async () => {
  for (const kernel of ['softmaxGrad', 'logSoftmaxGrad'] as const) {
    await conform(
      kernel,
      (random) => {
        const [rows, size] = [random.size(20), random.size(random.boolean(0.1) ? 3000 : 100)];
        const n = rows * size;
        const y = random.floats(n, 0, 1).map((p) => {
          if (kernel === 'softmaxGrad') return (2 * p) / size;
          return random.boolean(0.1) ? Number.NEGATIVE_INFINITY : Math.log(p / size);
        });
        return [input(y), input(random.floats(n)), output('float32', n), rows, size];
      },
      { rtol: 2e-6, atol: 2e-6 },
    );
  }
});

test('known values', () => {
  const device = createJsDevice();
  const [x, out] = [device.allocate('float64', 3), device.allocate('float64', 3)];
  device.write(x, Float64Array.of(1, 2, 3));
  device.kernels.softmax(x, undefined, out, { shape: [], size: 3, maskStrides: [] });
  assertClose(device.readSync?.(out) as Float64Array, [0.09003057317038046, 0.24472847105479764, 0.6652409557748218], {
    rtol: 1e-15,
  });
});

test.run();
