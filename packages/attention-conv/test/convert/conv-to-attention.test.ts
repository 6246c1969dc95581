/** Convolutions of all forms as attention: reference vectors, all ways to hold the kernel, every bad input. */
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ConvToAttentionOptions, convToAttention } from '../../src/convert/conv-to-attention.js';
import type { Convolution } from '../../src/convolution/convolution.js';
import { UnsupportedError } from '../../src/unsupported-error.js';

onTestDevice(test, init);

interface Step {
  readonly alpha: number;
  readonly max_abs_error: number;
  readonly max_off_target_mass: number;
}

interface Case {
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly padding_mode: NonNullable<Convolution['paddingMode']>;
  readonly bias: boolean;
  readonly shifts: readonly (readonly number[])[];
  readonly convergence: Readonly<Record<string, readonly Step[]>>;
}

const golden = new Golden<Record<string, Case>, Tensor>(new URL('../golden/conv_cases', import.meta.url), tensor);

/** What the vectors call the borders. */
const borders: Readonly<Record<string, NonNullable<ConvToAttentionOptions['border']>>> = {
  pad: 'pad',
  sink: 'sink',
  none: 'native',
};

/** [batch, channels, ...] -> [batch, ..., channels]. */
const channelsLast = (t: Tensor): Tensor => t.transpose([0, ...t.shape.slice(2).map((_, i) => i + 2), 1]);
/** And back. */
const channelsFirst = (t: Tensor): Tensor => t.transpose([0, t.rank - 1, ...t.shape.slice(2).map((_, i) => i + 1)]);

/** Weights are read on the host: on a GPU they are given as arrays, which `values` makes of them. */
function convolutionOf(name: string, c: Case): Convolution {
  const given = (key: string) => {
    const shape = golden.shape(`${name}.${key}`);
    return nested(golden.values(`${name}.${key}`), shape);
  };
  return {
    weight: given('weight'),
    bias: c.bias ? given('bias') : undefined,
    stride: c.stride,
    padding: c.padding,
    dilation: c.dilation,
    groups: c.groups,
    paddingMode: c.padding_mode,
  };
}

type Values = Convolution['weight'];

function nested(values: readonly number[], shape: readonly number[]): Values {
  if (shape.length === 1) return [...values] as Values;
  const size = values.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) =>
    nested(values.slice(i * size, (i + 1) * size), shape.slice(1)),
  ) as unknown as Values;
}

const largest = (values: readonly number[]): number => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

for (const [name, c] of Object.entries(golden.scalars)) {
  for (const [kind, steps] of Object.entries(c.convergence)) {
    const border = borders[kind] as NonNullable<ConvToAttentionOptions['border']>;
    const values = testDevice === 'wasm' ? (['identity', 'project', 'lowrank'] as const) : (['identity'] as const);
    test(`${name}, border ${kind}, is as far from the convolution as the vectors say`, async () => {
      const before = memory().tensors;
      const conv = convolutionOf(name, c);
      const x = scope(() => channelsLast(golden.tensor(`${name}.x`)));
      const out = golden.values(`${name}.out`);
      for (const { alpha, max_abs_error, max_off_target_mass } of testDevice === 'wasm' ? steps : steps.slice(-1)) {
        for (const way of values) {
          const { layer, certificate } = convToAttention(conv, { alpha, border, values: way });
          const y = scope(() => channelsFirst(layer.forward(x)));
          const got = await y.data();
          const error = out.reduce((most, v, i) => Math.max(most, Math.abs(v - got[i]!)), 0);
          const floor = 1e-6 * largest(out);
          assert.ok(
            Math.abs(error - max_abs_error) <= floor + 0.01 * max_abs_error,
            `alpha ${alpha}, ${way}: ${error}`,
          );
          // Masses are those of the case's own image, the bound is for all.
          assert.ok(certificate.epsBound >= max_off_target_mass * (1 - 1e-9), `alpha ${alpha}: mass`);
          if (alpha === 4) assertClose(got, golden.values(`${name}.out_alpha4_${kind}`), { rtol: 1e-5, atol: 1e-5 });
          if (alpha >= 104) assertClose(got, out, { rtol: 0, atol: 1e-5 * largest(out) });
          layer.dispose();
          y.dispose();
        }
      }
      x.dispose();
      assert.is(memory().tensors, before);
    });
  }
  test(`${name}: heads look where the taps are`, () => {
    const { layer } = convToAttention(convolutionOf(name, c), {});
    if (layer.centers.device.readSync === undefined) return layer.dispose();
    assert.equal(layer.shifts(1e-20), c.shifts);
    layer.dispose();
  });
}

test('weights of Keras are those of PyTorch with their axes turned', async () => {
  const values = Array.from({ length: 36 }, (_, i) => Math.sin(i));
  const torch = nested(values, [3, 2, 3, 2]);
  const turned = Array.from({ length: 36 }, (_, i) => {
    const [y, x, c, o] = [Math.floor(i / 12), Math.floor(i / 6) % 2, Math.floor(i / 3) % 2, i % 3];
    return values[((o * 2 + c) * 3 + y) * 2 + x] as number;
  });
  const images = new Rng(1).normal([1, 5, 6, 2]);
  const results = [
    { weight: torch, padding: 1 } as const,
    { weight: nested(turned, [3, 2, 2, 3]), padding: 1, layout: 'keras' } as const,
  ].map((conv) => {
    const { layer } = convToAttention(conv);
    const y = layer.forward(images);
    layer.dispose();
    return y;
  });
  const [a, b] = await Promise.all(results.map((y) => y.data()));
  assert.equal(b, a);
  for (const t of [images, ...results]) t.dispose();
});

test('the error that was asked for is kept, at the least alpha', () => {
  const weight = [[[0.5, -0.25, 1]]];
  for (const border of ['pad', 'sink'] as const) {
    for (const maxError of [1, 1e-2, 1e-6]) {
      const { certificate, layer } = convToAttention({ weight, padding: 1 }, { maxError, range: 2, border });
      const [bound] = certificate.perChannelBound(2);
      assert.ok(bound! <= maxError && bound! >= 0.99 * maxError, `${border}: ${bound} for ${maxError}`);
      layer.dispose();
    }
  }
});

test('a certificate as JSON is plain data', () => {
  const { certificate, layer } = convToAttention({ weight: [[[1, 2, 3]]], padding: 1 });
  const plain = JSON.parse(JSON.stringify(certificate));
  assert.equal([plain.alpha, plain.border, plain.epsBound < 1e-55, plain.oneHot], [128, 'pad', true, true]);
  assert.equal(plain.norms, [6]);
  if (certificate.measured !== undefined) assert.ok(plain.measured.maxAbs <= plain.measured.bound);
  layer.dispose();
});

test('one-hot begins where float32 has no smaller number, twice as high with a sink', () => {
  const oneHot = (alpha: number, border: 'pad' | 'sink'): boolean => {
    const { certificate, layer } = convToAttention({ weight: [[[1, 2, 3]]], padding: 1 }, { alpha, border });
    layer.dispose();
    return certificate.oneHot;
  };
  assert.equal(
    [46, 103, 105].map((alpha) => oneHot(alpha, 'pad')),
    [false, false, true],
  );
  assert.equal(
    [128, 207, 209].map((alpha) => oneHot(alpha, 'sink')),
    [false, false, true],
  );
});

const kernel = [[[1, 2, 3]]];
const square = (n: number): number[][][][] => [[Array.from({ length: n }, () => new Array<number>(n).fill(1))]];
const refusals: readonly [
  label: string,
  conv: Partial<Convolution>,
  options: ConvToAttentionOptions,
  kind: new (...args: never[]) => Error,
  message: RegExp,
][] = [
  ['alpha 0', {}, { alpha: 0 }, OptionError, /^convToAttention: alpha must be a number above 0, got 0$/],
  ['a negative alpha', {}, { alpha: -1 }, OptionError, /alpha must be a number above 0, got -1/],
  ['alpha NaN', {}, { alpha: Number.NaN }, OptionError, /alpha must be a number above 0, got NaN/],
  [
    'an alpha too small for the error',
    { padding: 1 },
    { alpha: 4, maxError: 1e-3 },
    OptionError,
    /alpha 4 allows errors above maxError 0.001; it takes 9\.393/,
  ],
  [
    'an error that no alpha keeps',
    { padding: 1 },
    { maxError: 1e-240, border: 'sink' },
    OptionError,
    /no alpha keeps all errors below 1e-240 for a range of 1; 1024 allows \d/,
  ],
  ['maxError 0', {}, { maxError: 0 }, OptionError, /maxError must be a number above 0, got 0/],
  ['a negative padding', { padding: -1 }, {}, OptionError, /padding must be whole numbers from 0/],
  ['a padding for other axes', { padding: [[1, 1], [1, 1]] }, {}, OptionError, /for each of 1 axes/], // biome-ignore format: pairs
  ["'same' with a stride", { padding: 'same', stride: 2 }, {}, OptionError, /pass \[before, after\]/],
  ['a stride of 0', { stride: 0 }, {}, OptionError, /stride must be a whole number from 1, got 0/],
  ['a dilation of 1.5', { dilation: 1.5 }, {}, OptionError, /dilation must be a whole number from 1, got 1.5/],
  [
    'groups that do not divide',
    { groups: 2 },
    {},
    OptionError,
    /groups must divide the 1 outputs of weight \[1, 1, 3\]/,
  ],
  ['a bias that does not fit', { bias: [1, 2] }, {}, ShapeError, /weight \[1, 1, 3\] needs a bias \[1\], got \[2\]/],
  ['a weight without taps', { weight: [[1, 2]] }, {}, ShapeError, /with one to three axes of taps, got \[1, 2\]/],
  [
    'weights with NaN',
    { weight: [[[1, Number.NaN, 2]]] },
    {},
    OptionError,
    /weight must be finite, got NaN at place 1/,
  ],
  [
    'an unknown padding mode',
    { paddingMode: 'mirror' as never },
    {},
    UnsupportedError,
    /zeros, reflect, replicate or circular, got "mirror"/,
  ],
  [
    'a transposed convolution',
    { transposed: true },
    {},
    UnsupportedError,
    /transposed convolution cannot be converted/,
  ],
  ['an option that there is not', { lazy: true } as never, {}, OptionError, /no option 'lazy'/],
  [
    'a sink for a reflected border',
    { padding: 1, paddingMode: 'reflect' },
    { border: 'sink' },
    OptionError,
    /border 'sink' gives zeros, the convolution has reflect: use 'pad'/,
  ],
  ['no border for zeros', { padding: 1 }, { border: 'native' }, OptionError, /border 'native' gives replicate padding/],
  ['an unknown border', {}, { border: 'valid' as never }, OptionError, /border must be one of pad, sink, native/],
  ['an unknown layout', { layout: 'caffe' as never }, {}, OptionError, /layout must be one of torch, keras/],
];

for (const [label, conv, options, kind, message] of refusals) {
  test(`refuses ${label}`, () => {
    const before = memory().tensors;
    assertThrows(() => convToAttention({ weight: kernel, ...conv }, options), kind as never, message);
    assert.is(memory().tensors, before);
  });
}

test('whole-number weights on a tensor are no float weights, and complex ones are none at all', () => {
  const weight = tensor([[[1, 2, 3]]], { dtype: 'int32' });
  assertThrows(() => convToAttention({ weight }), UnsupportedError, /weight must be float32 or float64, got int32/);
  weight.dispose();
});

test('images that leave nothing to come out, or whose mode has no room, are refused when they come', () => {
  const layerOf = (conv: Convolution) => convToAttention(conv).layer;
  const image = (side: number): Tensor => tensor(new Float32Array(side * side), { shape: [1, side, side, 1] });
  const run = (conv: Convolution, side: number) => () => scope(() => void layerOf(conv).forward(image(side)));
  assertThrows(run({ weight: square(5) }, 4), ShapeError, /axis 0 of extent 4 is too small: nothing would come out/);
  const reflect = { weight: square(3), padding: 1, paddingMode: 'reflect' } as const;
  assertThrows(run(reflect, 1), OptionError, /reflect padding of an axis of 1 is at most 0 wide, got \[1, 1\]/);
  const circular = { weight: square(5), padding: 2, paddingMode: 'circular' } as const;
  assertThrows(run(circular, 1), OptionError, /circular padding of an axis of 1 is at most 1 wide, got \[2, 2\]/);
});

test('an alpha beyond reason is set to 1024, with a notice', () => {
  const { layer, certificate } = convToAttention({ weight: kernel }, { alpha: 1e30 });
  assert.is(certificate.alpha, 1024);
  assert.match(certificate.notices[0] as string, /^alpha 1e\+30 was set to 1024/);
  layer.dispose();
});

test('a tap whose dilation leaves the image sees zeros: the bias comes out', async () => {
  const { layer } = convToAttention({ weight: [[[5, 7]]], bias: [3], padding: 2, dilation: 4 });
  const y = scope(() => layer.forward(tensor([[[2]]])));
  assert.equal([...(await y.data())], [3]);
  y.dispose();
  layer.dispose();
});

test.run();
