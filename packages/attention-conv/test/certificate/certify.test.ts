/** Certificates hold on any image: measured errors stay below them, in float32 and float64. */
import { init, memory, Rng, ShapeError, type Tensor } from '@saccade/tensor';
import { assertRejects, onTestDevice, testDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certify } from '../../src/certificate/certify.js';
import { convToAttention } from '../../src/convert/conv-to-attention.js';
import type { Convolution } from '../../src/convolution/convolution.js';

onTestDevice(test, init);

const types = testDevice === 'wasm' ? (['float32', 'float64'] as const) : (['float32'] as const);

/** Random convolutions of images, with what their padding mode allows. */
const forms = fc.record({
  seed: fc.nat(1e6),
  kernel: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: testDevice === 'wasm' ? 3 : 2 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  padding: fc.integer({ min: 0, max: 2 }),
  groups: fc.constantFrom(1, 2),
  paddingMode: fc.constantFrom('zeros' as const, 'replicate' as const, 'reflect' as const, 'circular' as const),
  alpha: fc.constantFrom(0.5, 1, 3, 9.5, 20, 46, 100, 128, 700),
  sink: fc.boolean(),
  values: fc.constantFrom('identity' as const, 'project' as const, 'lowrank' as const),
  dtype: fc.constantFrom(...types),
});

const host = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

test('no measured error is above its certificate', async () => {
  const property = fc.asyncProperty(forms, async ({ seed, kernel, groups, alpha, sink, values, dtype, ...rest }) => {
    const before = memory().tensors;
    const rng = new Rng(seed);
    const weight = rng.normal([4, 2, ...kernel], { dtype });
    const given: Convolution['weight'] = testDevice === 'wasm' ? weight : nestedOf(await host(weight), weight.shape);
    const conv = { ...rest, weight: given, groups };
    const border = sink && rest.paddingMode === 'zeros' ? 'sink' : 'pad';
    // Reflection takes images that are larger than their padding.
    const least = (taps: number): number => Math.max(rest.dilation * (taps - 1) + 2, rest.padding + 1);
    const extents = kernel.map((taps) => least(taps) + ((seed + taps) % 3));
    const images = rng.normal([2, ...extents, 2 * groups], { dtype });
    const made = convToAttention(conv, { alpha, border, values });
    const { maxAbs, bound } = await certify(made, conv, images);
    assert.ok(maxAbs <= bound, `${maxAbs} is above ${bound}`);
    if (made.certificate.measured !== undefined) {
      const { measured } = made.certificate;
      assert.ok(measured.maxAbs <= measured.bound, `${measured.maxAbs} is above ${measured.bound} on the probe`);
    }
    for (const t of [weight, images, made.layer]) t.dispose();
    assert.is(memory().tensors, before);
  });
  await fc.assert(property, { numRuns: testDevice === 'wasm' ? 150 : 8 });
});

test('another convolution than the one that was converted is far off, and one of another shape refused', async () => {
  const made = convToAttention({ weight: [[[1, 2, 3]]], padding: 1 });
  const images = new Rng(1).normal([1, 8, 1]);
  const { maxAbs, bound } = await certify(made, { weight: [[[1, 2, 4]]], padding: 1 }, images);
  assert.ok(maxAbs > 1000 * bound);
  const other = certify(made, { weight: [[[1, 2, 3]]] }, images);
  await assertRejects(() => other, ShapeError, /the convolution gives \[1, 6, 1\], the layer \[1, 8, 1\]/);
  images.dispose();
  made.layer.dispose();
});

function nestedOf(values: readonly number[], shape: readonly number[]): Convolution['weight'] {
  if (shape.length === 1) return [...values] as unknown as Convolution['weight'];
  const size = values.length / (shape[0] as number);
  return Array.from({ length: shape[0] as number }, (_, i) =>
    nestedOf(values.slice(i * size, (i + 1) * size), shape.slice(1)),
  ) as unknown as Convolution['weight'];
}

test.run();
