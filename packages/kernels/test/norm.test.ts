/** Layer norm and batch norm, and their gradients, against the oracle and central differences. */
import { createJsDevice, createWasmDevice } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import { conform, type Generator, input, output } from './conformance.js';

/** Rows, columns and data, sometimes with a mean far larger than the deviation. */
function data(random: Generator): { rows: number; size: number; x: Float32Array } {
  const rows = random.size(random.boolean(0.1) ? 5000 : 60);
  const size = random.size(rows > 500 ? 8 : random.boolean(0.1) ? 1100 : 70);
  const far = random.pick([0, 3, 10_000]);
  return { rows, size, x: random.floats(rows * size, far - 1.7, far + 1.7) };
}

const maybe = (random: Generator, n: number): unknown =>
  random.boolean(0.7) ? input(random.floats(n, 0.5, 1.5)) : undefined;

/** Mean and 1 / deviation of each line, rounded to float32 as the forward kernels leave them. */
function statistics(
  x: Float32Array,
  lines: number,
  at: (line: number, s: number) => number,
  size: number,
): [Float32Array, Float32Array] {
  const mean = new Float32Array(lines);
  const rstd = new Float32Array(lines);
  for (let line = 0; line < lines; line++) {
    let sum = 0;
    let squares = 0;
    for (let s = 0; s < size; s++) sum += x[at(line, s)] as number;
    for (let s = 0; s < size; s++) squares += ((x[at(line, s)] as number) - sum / size) ** 2;
    mean[line] = sum / size;
    rstd[line] = 1 / Math.sqrt(squares / size + 1e-3);
  }
  return [mean, rstd];
}

test('layer norm follows the oracle, also far from zero', async () => {
  await conform(
    'layerNorm',
    (random) => {
      const { rows, size, x } = data(random);
      const outputs = [output('float32', rows * size), output('float32', rows), output('float32', rows)];
      return [input(x), maybe(random, size), maybe(random, size), ...outputs, rows, size, 1e-3];
    },
    { rtol: 3e-6, atol: 3e-6 },
    200,
  );
});

test('gradients of layer norm follow the oracle, also far from zero', async () => {
  await conform(
    'layerNormGrad',
    (random) => {
      const { rows, size, x } = data(random);
      const [mean, rstd] = statistics(x, rows, (row, c) => row * size + c, size);
      const given = [input(x), maybe(random, size), input(mean), input(rstd), input(random.floats(rows * size))];
      const wanted = [0, 1].map(() => (random.boolean(0.8) ? output('float32', size) : undefined));
      return [...given, output('float32', rows * size), ...wanted, rows, size];
    },
    { rtol: 1e-5, atol: 1e-4 },
    200,
  );
});

test('batch norm follows the oracle, also far from zero', async () => {
  await conform(
    'batchNorm',
    (random) => {
      const { rows, size, x } = data(random);
      const outputs = [rows * size, size, size, size].map((n) => output('float32', n));
      return [input(x), maybe(random, size), maybe(random, size), ...outputs, rows, size, 1e-3];
    },
    { rtol: 5e-6, atol: 5e-6 },
    200,
  );
});

test('gradients of batch norm follow the oracle, also far from zero', async () => {
  await conform(
    'batchNormGrad',
    (random) => {
      const { rows, size, x } = data(random);
      const [mean, rstd] = statistics(x, size, (c, row) => row * size + c, rows);
      const given = [input(x), maybe(random, size), input(mean), input(rstd), input(random.floats(rows * size))];
      const wanted = [0, 1].map(() => (random.boolean(0.8) ? output('float32', size) : undefined));
      return [...given, output('float32', rows * size), ...wanted, rows, size];
    },
    { rtol: 1e-5, atol: 1e-4 },
    200,
  );
});

test('gradients of both norms agree with central differences', () => {
  const device = createJsDevice();
  const [rows, size] = [5, 4];
  const buffer = (values: ArrayLike<number>): ReturnType<typeof device.allocate> => {
    const made = device.allocate('float64', values.length);
    device.write(made, Float64Array.from(values));
    return made;
  };
  const wave = (n: number, phase: number): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => Math.sin(i * 1.3 + phase));
  const [x, gamma, weights] = [wave(20, 0), wave(size, 1), wave(20, 2)];
  for (const kernel of ['layerNorm', 'batchNorm'] as const) {
    const lines = kernel === 'layerNorm' ? rows : size;
    const forward = (
      values: Float64Array,
    ): { loss: number; mean: ReturnType<typeof buffer>; rstd: ReturnType<typeof buffer> } => {
      const [out, mean, variance, rstd] = [20, lines, lines, lines].map((n) => device.allocate('float64', n));
      const given = [buffer(values), buffer(gamma), undefined, out!] as const;
      if (kernel === 'layerNorm') device.kernels.layerNorm(...given, mean!, rstd!, rows, size, 1e-5);
      else device.kernels.batchNorm(...given, mean!, variance!, rstd!, rows, size, 1e-5);
      const y = device.readSync?.(out!) as Float64Array;
      return { loss: y.reduce((sum, v, i) => sum + v * (weights[i] as number), 0), mean: mean!, rstd: rstd! };
    };
    const { mean, rstd } = forward(x);
    const dx = device.allocate('float64', 20);
    device.kernels[`${kernel}Grad`](
      buffer(x),
      buffer(gamma),
      mean,
      rstd,
      buffer(weights),
      dx,
      undefined,
      undefined,
      rows,
      size,
    );
    const expected = x.map((_, i) => {
      const nudged = (by: number): number => forward(x.map((v, j) => (i === j ? v + by : v))).loss;
      return (nudged(1e-5) - nudged(-1e-5)) / 2e-5;
    });
    assertClose(device.readSync?.(dx) as Float64Array, expected, { rtol: 1e-6, atol: 1e-8 }, kernel);
  }
});

test('a row of equal numbers has variance 0', () => {
  const device = createWasmDevice({ threads: 1 });
  const [x, out, mean, rstd] = [8, 8, 1, 1].map((n) => device.allocate('float32', n));
  device.write(x!, new Float32Array(8).fill(12345.678));
  device.kernels.layerNorm(x!, undefined, undefined, out!, mean!, rstd!, 1, 8, 1e-4);
  assertClose(device.readSync?.(out!) as Float32Array, new Float32Array(8));
  assertClose(device.readSync?.(rstd!) as Float32Array, [100]);
  device.dispose();
});

test.run();
