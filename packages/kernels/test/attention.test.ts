/** Attention and its gradients against the oracle and central differences: bias, masks, causality, what sees nothing. */
import { createJsDevice, createWasmDevice } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import { attention } from '../src/js/attention.js';
import type { AttentionSizes } from '../src/table/attention.js';
import { type BufferArgument, conform, type Generator, input, output } from './conformance.js';

/** Strides of a buffer over `shape` that repeats along some axes, and its length. */
function randomStrides(random: Generator, shape: readonly number[]): { strides: number[]; length: number } {
  let length = 1;
  const strides = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (random.boolean(0.35)) continue;
    strides[axis] = length;
    length *= shape[axis]!;
  }
  return { strides, length };
}

interface Case {
  readonly sizes: AttentionSizes;
  /** query, key, value, bias, mask */
  readonly inputs: (BufferArgument | undefined)[];
  readonly biasLength: number;
}

function randomCase(random: Generator, longest = 230): Case {
  const batchShape = Array.from({ length: random.integer(0, 2) }, () => random.integer(1, 3));
  const batch = batchShape.reduce((product, size) => product * size, 1);
  // Multiples of four, which GPUs read four at a time, would hardly come by chance.
  const step = random.pick([1, 4]);
  const sizeUpTo = (most: number): number => step * random.size(most / step);
  const [queries, keys] = [sizeUpTo(longest), sizeUpTo(longest)];
  const [channels, valueChannels] = [sizeUpTo(40), sizeUpTo(40)];
  const bias = randomStrides(random, [...batchShape, queries, keys]);
  const mask = randomStrides(random, [...batchShape, queries, keys]);
  const [hasBias, hasMask] = [random.boolean(), random.boolean(0.4)];
  const biasValues = random.floats(bias.length);
  if (random.boolean(0.2))
    biasValues.forEach((_, i) => {
      if (i % 3 === 0) biasValues[i] = Number.NEGATIVE_INFINITY;
    });
  const sizes = {
    ...{ batch, queries, keys, channels, valueChannels, batchShape },
    scale: random.boolean() ? channels ** -0.5 : 0.3,
    causal: random.boolean(0.4),
    biasStrides: hasBias ? bias.strides : [],
    maskStrides: hasMask ? mask.strides : [],
  };
  const inputs = [
    input(random.floats(batch * queries * channels)),
    input(random.floats(batch * keys * channels)),
    input(random.floats(batch * keys * valueChannels)),
    hasBias ? input(biasValues) : undefined,
    hasMask ? input(random.bits(mask.length, random.pick([0.05, 0.5, 0.9])), 'bool') : undefined,
  ];
  return { sizes, inputs, biasLength: bias.length };
}

test('attention weighs values by softmax, with bias, mask and causality', async () => {
  await conform(
    'attention',
    (random) => {
      const { sizes, inputs } = randomCase(random);
      const rows = sizes.batch * sizes.queries;
      return [...inputs, output('float32', rows * sizes.valueChannels), output('float32', rows), sizes];
    },
    { rtol: 2e-5, atol: 5e-6 },
    240,
  );
});

test('attentionGrad gives the gradients by query, key, value and bias', async () => {
  await conform(
    'attentionGrad',
    (random) => {
      const { sizes, inputs, biasLength } = randomCase(random, 150);
      const rows = sizes.batch * sizes.queries;
      const out = new Float32Array(rows * sizes.valueChannels);
      const logSumExp = new Float32Array(rows);
      const [query, key, value, bias, mask] = inputs.map((argument) => argument?.values);
      attention.attention(query!, key!, value!, bias, mask, out, logSumExp, sizes);
      const dout = input(random.floats(out.length));
      const results = [query!.length, key!.length, value!.length].map((length) => output('float32', length));
      const dbias = bias && random.boolean(0.8) ? output('float32', biasLength) : undefined;
      return [...inputs, input(out), input(logSumExp), dout, ...results, dbias, sizes];
    },
    { rtol: 1e-4, atol: 2e-4 },
    240,
  );
});

test('attention without keys, queries or batch', async () => {
  for (const [batch, queries, keys] of [
    [2, 3, 0],
    [2, 0, 3],
    [0, 3, 3],
  ] as const) {
    const sizes = {
      ...{ batch, queries, keys, channels: 5, valueChannels: 4, batchShape: [batch], scale: 1, causal: false },
      ...{ biasStrides: [], maskStrides: [] },
    };
    const zeros = (...shape: number[]) => new Float32Array(shape.reduce((a, b) => a * b, batch));
    const inputs = [input(zeros(queries, 5)), input(zeros(keys, 5)), input(zeros(keys, 4)), undefined, undefined];
    const rows = [queries * 4, queries].map((length) => output('float32', batch * length));
    await conform('attention', () => [...inputs, ...rows, sizes], undefined, 1);
    const saved = [input(zeros(queries, 4)), input(zeros(queries)), input(zeros(queries, 4))];
    const results = [queries * 5, keys * 5, keys * 4].map((length) => output('float32', batch * length));
    await conform('attentionGrad', () => [...inputs, ...saved, ...results, undefined, sizes], undefined, 1);
  }
});

test('attentionGrad agrees with central differences', () => {
  const device = createJsDevice();
  const sizes: AttentionSizes = {
    ...{ batch: 2, queries: 3, keys: 4, channels: 2, valueChannels: 3, batchShape: [2], scale: 0.7, causal: true },
    ...{ biasStrides: [0, 4, 1], maskStrides: [] },
  };
  const values = [12, 16, 24, 12].map((length, s) => Float64Array.from({ length }, (_, i) => Math.sin(i * 1.7 + s)));
  const weights = Float64Array.from({ length: 18 }, (_, i) => Math.cos(i * 2.3));
  const buffers = (arrays: readonly Float64Array[]) =>
    arrays.map((array) => {
      const buffer = device.allocate('float64', array.length);
      device.write(buffer, array);
      return buffer;
    });
  const loss = (arrays: readonly Float64Array[]): number => {
    const [query, key, value, bias] = buffers(arrays);
    const [out, logs] = buffers([new Float64Array(18), new Float64Array(6)]);
    device.kernels.attention(query!, key!, value!, bias, undefined, out!, logs!, sizes);
    return (device.readSync!(out!) as Float64Array).reduce((sum, v, i) => sum + v * weights[i]!, 0);
  };
  const [query, key, value, bias] = buffers(values);
  const [out, logs, dout] = buffers([new Float64Array(18), new Float64Array(6), weights]);
  device.kernels.attention(query!, key!, value!, bias, undefined, out!, logs!, sizes);
  const results = buffers(values);
  const [dquery, dkey, dvalue, dbias] = results;
  const saved = [out!, logs!, dout!] as const;
  device.kernels.attentionGrad(query!, key!, value!, bias, undefined, ...saved, dquery!, dkey!, dvalue!, dbias, sizes);
  results.forEach((result, s) => {
    const expected = Float64Array.from(values[s]!, (_, i) => {
      const moved = (by: number) =>
        values.map((array, t) => (t === s ? array.map((v, j) => (j === i ? v + by : v)) : array));
      return (loss(moved(1e-5)) - loss(moved(-1e-5))) / 2e-5;
    });
    assertClose(device.readSync!(result), expected, { rtol: 1e-6, atol: 1e-8 });
  });
});

test('attention of equal scores is the mean of the keys seen, and zeros where none is', () => {
  for (const device of [createJsDevice(), createWasmDevice({ threads: 1 })]) {
    const sizes: AttentionSizes = {
      ...{ batch: 1, queries: 3, keys: 2, channels: 1, valueChannels: 1, batchShape: [], scale: 1, causal: true },
      ...{ biasStrides: [], maskStrides: [] },
    };
    const [query, key, value, out, logs] = [3, 2, 2, 3, 3].map((length) => device.allocate('float32', length));
    device.write(query!, new Float32Array(3));
    device.write(key!, new Float32Array([5, 7]));
    device.write(value!, new Float32Array([2, 4]));
    device.kernels.attention(query!, key!, value!, undefined, undefined, out!, logs!, sizes);
    assertClose(device.readSync!(out!), [0, 2, 3]);
    assertClose(device.readSync!(logs!), [Number.NEGATIVE_INFINITY, 0, Math.LN2]);
  }
});

test.run();
