/** Convolution and its gradients against the oracle: strides, dilation, padding, groups, long lines, many pixels. */
import { createJsDevice, createWasmDevice } from '@saccade/kernels';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConvSizes } from '../src/table/convolution.js';
import { conform, type Generator, input, output } from './conformance.js';

const tolerance = { rtol: 1e-5, atol: 5e-5 };

/** Extent of the result along one axis. */
function extent(size: number, kernel: number, stride: number, dilation: number, before: number, after: number): number {
  return Math.floor((size + before + after - (kernel - 1) * dilation - 1) / stride) + 1;
}

/** One axis: input, kernel, stride, dilation, padding and result, the result never empty. */
function randomAxis(random: Generator, longest: number): [number, number, number, number, number, number] {
  for (;;) {
    const size = random.size(longest);
    const kernel = random.integer(1, 4);
    const stride = random.pick([1, 1, 1, 2, 3]);
    const dilation = random.pick([1, 1, 2, 3]);
    const before = random.integer(0, 3);
    const out = extent(size, kernel, stride, dilation, before, random.integer(0, 3));
    if (out > 0) return [size, kernel, stride, dilation, before, out];
  }
}

function randomConv(random: Generator, kind: 'any' | 'depthwise' | 'grouped' = 'any'): ConvSizes {
  const [inHeight, kernelHeight, strideY, dilationY, padTop, outHeight] = randomAxis(random, 20);
  const [inWidth, kernelWidth, strideX, dilationX, padLeft, outWidth] = randomAxis(random, 20);
  const groups = kind === 'any' ? 1 : kind === 'grouped' ? random.integer(2, 4) : random.size(40);
  const inGroup = kind === 'depthwise' ? 1 : random.size(kind === 'any' ? 40 : 12);
  const outGroup = kind === 'depthwise' ? random.pick([1, 1, 2, 3]) : random.size(kind === 'any' ? 40 : 12);
  return {
    batch: random.integer(1, 3),
    ...{ inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth },
    ...{ strideY, strideX, dilationY, dilationX, padTop, padLeft, groups },
    inChannels: groups * inGroup,
    outChannels: groups * outGroup,
  };
}

const xLength = (s: ConvSizes): number => s.batch * s.inHeight * s.inWidth * s.inChannels;
const outLength = (s: ConvSizes): number => s.batch * s.outHeight * s.outWidth * s.outChannels;
const filterLength = (s: ConvSizes): number =>
  (s.kernelHeight * s.kernelWidth * s.inChannels * s.outChannels) / s.groups;

for (const kind of ['any', 'grouped', 'depthwise'] as const) {
  test(`conv2d convolves with bias, strides, dilation and padding (${kind})`, async () => {
    await conform(
      'conv2d',
      (random) => {
        const s = randomConv(random, kind);
        const bias = random.boolean() ? input(random.floats(s.outChannels)) : undefined;
        const operands = [input(random.floats(xLength(s))), input(random.floats(filterLength(s)))];
        return [...operands, bias, output('float32', outLength(s)), s];
      },
      tolerance,
    );
  });

  test(`conv2dGradInput sends gradients back to every pixel (${kind})`, async () => {
    await conform(
      'conv2dGradInput',
      (random) => {
        const s = randomConv(random, kind);
        const operands = [input(random.floats(outLength(s))), input(random.floats(filterLength(s)))];
        return [...operands, output('float32', xLength(s)), s];
      },
      tolerance,
    );
  });

  test(`conv2dGradFilter sums over all pixels (${kind})`, async () => {
    await conform(
      'conv2dGradFilter',
      (random) => {
        const s = randomConv(random, kind);
        const operands = [input(random.floats(xLength(s))), input(random.floats(outLength(s)))];
        return [...operands, output('float32', filterLength(s)), s];
      },
      { rtol: 1e-5, atol: 2e-4 },
    );
  });
}

/** Long lines, which are convolved line by line: mostly of a width that whole tiles fill. */
function randomLines(random: Generator): ConvSizes {
  const [kernelHeight, kernelWidth, strideX] = [random.integer(1, 4), random.integer(1, 4), random.pick([1, 1, 2])];
  const [strideY, dilationY] = [random.pick([1, 1, 2]), random.pick([1, 1, 2])];
  const [padTop, padLeft] = [random.integer(0, 3), random.integer(0, 3)];
  const [outHeight, outWidth] = [random.integer(3, 9), random.pick([12, 24, 35, 36, 59, 60])];
  const inHeight = (outHeight - 1) * strideY + (kernelHeight - 1) * dilationY + 1 - padTop;
  const inWidth = (outWidth - 1) * strideX + kernelWidth - padLeft - random.integer(0, 3);
  return {
    ...{ batch: 3, inHeight: Math.max(1, inHeight), inWidth, outHeight, outWidth, kernelHeight, kernelWidth },
    ...{ strideY, strideX, dilationY, dilationX: 1, padTop, padLeft, groups: 1 },
    inChannels: random.size(40),
    outChannels: random.size(40),
  };
}

test('conv2d and conv2dGradInput over long lines', async () => {
  const filter = (random: Generator, s: ConvSizes): unknown => input(random.floats(filterLength(s)));
  await conform(
    'conv2d',
    (random) => {
      const s = randomLines(random);
      const bias = random.boolean() ? input(random.floats(s.outChannels)) : undefined;
      return [input(random.floats(xLength(s))), filter(random, s), bias, output('float32', outLength(s)), s];
    },
    tolerance,
    40,
  );
  await conform(
    'conv2dGradInput',
    (random) => {
      const s = randomLines(random);
      return [input(random.floats(outLength(s))), filter(random, s), output('float32', xLength(s)), s];
    },
    tolerance,
    40,
  );
});

const same3x3: ConvSizes = {
  ...{ batch: 3, inHeight: 60, inWidth: 61, outHeight: 60, outWidth: 61, kernelHeight: 3, kernelWidth: 3 },
  ...{ strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, padTop: 1, padLeft: 1, groups: 1 },
  inChannels: 5,
  outChannels: 9,
};

test('conv2dGradFilter sums many pixels in chunks, for some channels and for one', async () => {
  for (const [inChannels, outChannels] of [
    [5, 9],
    [1, 2],
  ] as const) {
    const s = { ...same3x3, inChannels, outChannels };
    const operands = (random: Generator): unknown[] => [
      input(random.floats(xLength(s))),
      input(random.floats(outLength(s))),
    ];
    await conform(
      'conv2dGradFilter',
      (random) => [...operands(random), output('float32', filterLength(s)), s],
      { rtol: 1e-5, atol: 2e-3 },
      3,
    );
  }
});

test('convolution of an empty batch, or of no channels', async () => {
  for (const s of [
    { ...same3x3, batch: 0 },
    { ...same3x3, inChannels: 0 },
  ]) {
    const x = new Float32Array(xLength(s));
    const filter = new Float32Array(filterLength(s));
    const y = new Float32Array(outLength(s)).fill(1);
    await conform('conv2d', () => [input(x), input(filter), undefined, output('float32', y.length), s], tolerance, 1);
    await conform('conv2dGradInput', () => [input(y), input(filter), output('float32', x.length), s], tolerance, 1);
    await conform('conv2dGradFilter', () => [input(x), input(y), output('float32', filter.length), s], tolerance, 1);
  }
});

test('conv2d of ones counts the pixels inside', () => {
  const s = { ...same3x3, batch: 1, inHeight: 3, inWidth: 3, outHeight: 3, outWidth: 3, inChannels: 1, outChannels: 1 };
  for (const device of [createJsDevice(), createWasmDevice({ threads: 1 })]) {
    const x = device.allocate('float32', 9);
    const filter = device.allocate('float32', 9);
    const out = device.allocate('float32', 9);
    device.write(x, new Float32Array(9).fill(1));
    device.write(filter, new Float32Array(9).fill(1));
    device.kernels.conv2d(x, filter, undefined, out, s);
    assert.equal([...device.readSync!(out)], [4, 6, 4, 6, 9, 6, 4, 6, 4]);
    assert.equal(device.report(), []);
  }
});

test.run();
