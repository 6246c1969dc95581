/** Pooling and its gradients against the oracle, with ties, NaN and padding, and an image known by heart. */
import { createJsDevice, createWasmDevice } from '@saccade/kernels';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pooling } from '../src/js/pooling.js';
import type { PoolSizes } from '../src/table/pooling.js';
import { conform, type Generator, input, output } from './conformance.js';

function randomPool(random: Generator): PoolSizes {
  const axis = (): [number, number, number, number, number] => {
    for (;;) {
      const size = random.size(20);
      const kernel = random.integer(1, 5);
      const stride = random.integer(1, 4);
      const before = random.integer(0, 2);
      const out = Math.floor((size + before + random.integer(0, 6) - kernel) / stride) + 1;
      if (out > 0) return [size, kernel, stride, before, out];
    }
  };
  const [inHeight, kernelHeight, strideY, padTop, outHeight] = axis();
  const [inWidth, kernelWidth, strideX, padLeft, outWidth] = axis();
  return {
    batch: random.integer(1, 3),
    ...{ inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth, strideY, strideX, padTop, padLeft },
    channels: random.size(30),
  };
}

const pooledLength = (s: PoolSizes): number => s.batch * s.outHeight * s.outWidth * s.channels;
const imageLength = (s: PoolSizes): number => s.batch * s.inHeight * s.inWidth * s.channels;

/** Values with ties and, at times, NaN and infinities. */
function awkward(random: Generator, length: number): Float32Array {
  const values = random.floats(length).map((v) => Math.round(v * 4) / 4);
  if (random.boolean(0.3)) {
    for (let i = random.integer(0, 9); i < length; i += random.integer(5, 60)) {
      values[i] = random.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    }
  }
  return values;
}

test('averagePool takes means, with and without padding', async () => {
  await conform('averagePool', (random) => {
    const s = randomPool(random);
    return [input(random.floats(imageLength(s))), output('float32', pooledLength(s)), s, random.boolean()];
  });
});

test('averagePoolGrad shares gradients among the window', async () => {
  await conform('averagePoolGrad', (random) => {
    const s = randomPool(random);
    return [input(random.floats(pooledLength(s))), output('float32', imageLength(s)), s, random.boolean()];
  });
});

test('maxPool finds maxima and where they were, first on ties, NaN above all', async () => {
  await conform('maxPool', (random) => {
    const s = randomPool(random);
    const results = [output('float32', pooledLength(s)), output('int32', pooledLength(s))];
    return [input(awkward(random, imageLength(s))), ...results, s];
  });
});

test('maxPoolGrad sends gradients to the maxima', async () => {
  await conform('maxPoolGrad', (random) => {
    const s = randomPool(random);
    const indices = new Int32Array(pooledLength(s));
    pooling.maxPool(awkward(random, imageLength(s)), new Float32Array(pooledLength(s)), indices, s);
    return [input(random.floats(pooledLength(s))), input(indices), output('float32', imageLength(s)), s];
  });
});

test('pooling of an image known by heart', () => {
  const s: PoolSizes = {
    ...{ batch: 1, inHeight: 3, inWidth: 3, outHeight: 2, outWidth: 2, kernelHeight: 2, kernelWidth: 2 },
    ...{ strideY: 2, strideX: 2, padTop: 0, padLeft: 0, channels: 1 },
  };
  for (const device of [createJsDevice(), createWasmDevice({ threads: 1 })]) {
    const x = device.allocate('float32', 9);
    const out = device.allocate('float32', 4);
    const indices = device.allocate('int32', 4);
    device.write(x, new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    device.kernels.averagePool(x, out, s, false);
    assert.equal([...device.readSync!(out)], [3, 4.5, 7.5, 9]);
    device.kernels.averagePool(x, out, s, true);
    assert.equal([...device.readSync!(out)], [3, 2.25, 3.75, 2.25]);
    device.kernels.maxPool(x, out, indices, s);
    assert.equal([...device.readSync!(out)], [5, 6, 8, 9]);
    assert.equal([...device.readSync!(indices)], [4, 5, 7, 8]);
  }
});

test.run();
