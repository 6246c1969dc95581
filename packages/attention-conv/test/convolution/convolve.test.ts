/** The convolution in plain float64: as conv1d and conv2d of `@saccade/tensor` compute it, and as vectors have it in three axes. */
import { conv1d, conv2d, pad, Rng, scope, type Tensor, tensor, transpose } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import { type Convolution, readConvolution } from '../../src/convolution/convolution.js';
import { convolve } from '../../src/convolution/convolve.js';

function plain(conv: Convolution, images: Tensor): ArrayLike<number> {
  const dense = readConvolution('test', conv);
  const { shape } = images;
  const host = { batch: shape[0]!, extents: shape.slice(1, -1), channels: shape.at(-1)!, data: images.dataSync() };
  return convolve('test', host, dense).data;
}

const modes = [
  ['zeros', 0],
  ['reflect', 'reflect'],
  ['replicate', 'replicate'],
  ['circular', 'circular'],
] as const;

for (const [paddingMode, border] of modes) {
  test(`${paddingMode}: strides, dilations and groups as conv2d has them`, () => {
    scope(() => {
      const rng = new Rng(2);
      const [weight, bias, images] = [rng.normal([6, 2, 3, 2]), rng.normal([6]), rng.normal([2, 7, 8, 4])];
      const padding = [[2, 1], [0, 2]] as const; // biome-ignore format: pairs
      const options = { stride: [2, 3], dilation: [1, 2], groups: 2 } as const;
      const expected = conv2d(
        pad(images, [[0, 0], ...padding, [0, 0]], border),
        transpose(weight, [2, 3, 1, 0]),
        { ...options, bias }, // biome-ignore format: one call
      );
      const got = plain({ weight, bias, padding, paddingMode, ...options }, images);
      assertClose(got, expected.dataSync(), { rtol: 1e-6, atol: 2e-6 });
    });
  });
}

test('signals as conv1d has them', () => {
  scope(() => {
    const rng = new Rng(3);
    const [weight, images] = [rng.normal([3, 2, 4]), rng.normal([2, 11, 2])];
    const expected = conv1d(images, transpose(weight, [2, 1, 0]), { padding: [3, 1], stride: 2 });
    assertClose(plain({ weight, padding: [[3, 1]], stride: 2 }, images), expected.dataSync(), {
      rtol: 1e-6,
      atol: 1e-6,
    });
  });
});

interface Case {
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly padding_mode: NonNullable<Convolution['paddingMode']>;
  readonly bias: boolean;
}
const golden = new Golden<Record<string, Case>, Tensor>(new URL('../golden/conv_cases', import.meta.url), tensor);

for (const [name, c] of Object.entries(golden.scalars)) {
  test(`${name} as the vectors have it`, () => {
    scope(() => {
      const x = golden.tensor(`${name}.x`);
      const spatial = x.shape.slice(2).map((_, i) => i);
      const { stride, padding, dilation, groups } = c;
      const conv = {
        ...{ stride, padding, dilation, groups, paddingMode: c.padding_mode },
        weight: golden.tensor(`${name}.weight`),
        bias: c.bias ? golden.tensor(`${name}.bias`) : undefined,
      };
      const last = golden.tensor(`${name}.out`).transpose([0, ...spatial.map((i) => i + 2), 1]);
      const got = plain(conv, x.transpose([0, ...spatial.map((i) => i + 2), 1]));
      // The vectors are float64, stored as float32.
      assertClose(got, last.dataSync(), { rtol: 1e-7, atol: 1e-7 });
    });
  });
}

test.run();
