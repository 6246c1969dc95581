/** What a certificate of one convolution has to count beside the missed weight: sinks, biases, small numbers, maps of two factors. */
import { init, memory, OptionError, Rng, type Tensor, tensor } from '@saccade/tensor';
import { assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certify } from '../../src/certificate/certify.js';
import { type ConvToAttentionOptions, convToAttention } from '../../src/convert/conv-to-attention.js';
import type { Convolution } from '../../src/convolution/convolution.js';

onTestDevice(test, init);

type Given = readonly [label: string, conv: Convolution, options: ConvToAttentionOptions, images: Tensor];

/** Images of one pixel after another, with all channels. */
const pixels = (values: number[][], dtype: 'float32' | 'float64' = 'float32'): Tensor =>
  tensor([values], { dtype }) as Tensor;

const line = (length: number, value: (i: number) => number): Tensor =>
  pixels(Array.from({ length }, (_, i) => [value(i)]));

/** [outputs, inputs] as a kernel of one tap. */
function map(rows: number[][], dtype: 'float32' | 'float64'): Tensor {
  return tensor(
    rows.map((row) => row.map((w) => [w])),
    { dtype },
  ) as Tensor;
}

const cases: readonly (() => Given)[] = [
  () => ['a sink without padding, which is zero though no pixel is', { weight: [[[1]]] }, { alpha: 1, border: 'sink' }, line(20, () => 100)],
  () => ['a bias larger than all else', { weight: [[[1e-3]]], bias: [1000.1] }, {}, line(20, (i) => i / 20)],
  () => ['a bias alone', { weight: [[[0, 0]]], bias: [0.3] }, { alpha: 3 }, line(20, (i) => i)],
  () => ['weights below the normal numbers', { weight: [[[1.3e-42, 2.7e-41]]] }, {}, line(20, (i) => (1 + i) * 1e29)],
  () => ['images below the normal numbers', { weight: [[[0.3, 0.7]]] }, { alpha: 2 }, line(20, (i) => i * 1e-43)],
  () => ['a rank that is one but for little', { weight: map([[1, 1], [1, 1 + 3e-13]], 'float64') }, { values: 'lowrank' }, pixels([[1, -1], [0.3, -0.7]], 'float64')],
  () => ['many heads that mix softly', { weight: new Rng(1).normal([2, 1, 9]) as Tensor, padding: 4 }, { alpha: 12 }, line(90, (i) => Math.sin(i))],
]; // biome-ignore format: a table

for (const make of cases) {
  const [label] = make();
  test(`the bound allows for ${label}`, async () => {
    const before = memory().tensors;
    const [, conv, options, images] = make();
    const made = convToAttention(conv, options);
    const { maxAbs, bound, largest } = await certify(made, conv, images);
    assert.ok(maxAbs <= bound, `${maxAbs} is above ${bound}`);
    assert.ok(bound <= 2 * largest, `${bound} says nothing of outputs up to ${largest}`);
    for (const t of [made.layer, images, conv.weight]) (t as Partial<Tensor>).dispose?.();
    assert.is(memory().tensors, before);
  });
}

test('what a lower rank leaves out counts for each output by itself', async () => {
  // The second output is as small as what rounding leaves of the first one.
  const weight = map([[1, 1], [1e-16, 3e-16]], 'float64'); // biome-ignore format: rows
  const images = pixels([[1, -1]], 'float64');
  const { layer, certificate } = convToAttention({ weight }, { values: 'lowrank' });
  assert.is(layer.headChannels, 1);
  const y = layer.forward(images);
  const off = Math.abs((await y.data())[1]! + 2e-16);
  const bound = certificate.perChannelBound(2, { maxAbs: 1 })[1]!;
  assert.ok(off <= bound && bound < 1e-14, `${off} is above ${bound}`);
  assert.ok(off > 1e-17);
  for (const t of [weight, images, layer, y]) t.dispose();
});

test('a bound needs a range, and grows with it and with rounding', () => {
  const { layer, certificate } = convToAttention({ weight: [[[1, 2]], [[0, -3]]] }, { alpha: 4 });
  layer.dispose();
  const [one, two] = [certificate.perChannelBound(1), certificate.perChannelBound(2)];
  assert.equal(one, [3 * certificate.epsBound, 3 * certificate.epsBound]);
  assert.equal(
    two,
    one.map((bound) => 2 * bound),
  );
  const [rounded] = certificate.perChannelBound(1, { maxAbs: 10 });
  const [wide] = certificate.perChannelBound(1, { maxAbs: 10, pixels: 1000 });
  assert.ok(one[0]! < rounded! && rounded! < wide!);
  assertThrows(() => certificate.perChannelBound(-1), OptionError, /range must be a number from 0, got -1/);
});

test.run();
