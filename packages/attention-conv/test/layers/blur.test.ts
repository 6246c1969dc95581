/** Windows around queries against all keys. */
import { assign, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blur } from '../../src/layers/blur.js';
import type { Border } from '../../src/layers/border.js';
import { type Covariance, QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import type { Window } from '../../src/layers/window.js';
import { checkModuleGradients } from '../gradients.js';
import { pullBack } from '../reference.js';

const rng = new Rng(0);

/** Nine heads of one spread, with centres within so many pixels. */
function nineHeads(spread: number, away: number, covariance: Covariance = 'isotropic'): QuadraticAttention {
  const layer = new QuadraticAttention({ inputs: 4, heads: 9, covariance, rng });
  scope(() => {
    assign(layer.centers, rng.uniform([9, 2], { low: -away, high: away }));
    const one =
      covariance === 'full'
        ? tensor([
            [1, 0.3],
            [0, 1],
          ])
        : tensor(1);
    assign(layer.spreads, one.mul(spread).mul(layer.spreads.mul(0).add(1)));
  });
  return layer;
}

/** The largest difference from `forward`. */
function error(layer: QuadraticAttention, images: Tensor, output: Tensor): number {
  return scope(() => layer.forward(images, { evaluation: 'tiled' }).sub(output).abs().max().item());
}

/** sum |W| of the output where it is largest, times the width of the images' values. */
function scale(layer: QuadraticAttention, images: Tensor): number {
  return scope(
    () =>
      layer
        .maps()
        .abs()
        .sum({ axis: [0, 1] })
        .max()
        .item() *
      (images.max().item() - images.min().item()),
  );
}

// The released trick differs by up to 2.8 on such images.
for (const [spread, away, bar] of [
  [2, 1, 1e-5],
  [1.5, 1, 2e-4],
  [1.2, 1, 1e-2],
  [1, 0, 2e-3],
] as const) {
  test(`with radius 3, spread ${spread} and centres within ${away}, outputs differ by less than ${bar}`, () => {
    scope(() => {
      const images = rng.normal([2, 12, 12, 4]);
      const layer = nineHeads(spread, away);
      const { output, radius, truncatedMass } = blur(layer, images, { radius: 3 });
      assert.is(radius, 3);
      const difference = error(layer, images, output);
      assert.ok(difference <= bar, `${difference}`);
      assert.ok(difference <= truncatedMass * scale(layer, images) + 1e-5);
      layer.dispose();
    });
  });
}

test('the radius follows from spreads, centres and the tolerance', () => {
  scope(() => {
    const images = rng.normal([1, 30, 30, 4]);
    for (const covariance of ['isotropic', 'diagonal', 'full'] as const) {
      const radii = [2, 1, 0.5].map((spread) => {
        const layer = nineHeads(spread, 1, covariance);
        const { output, radius, truncatedMass } = blur(layer, images);
        assert.ok(truncatedMass <= 1e-6);
        assert.ok(error(layer, images, output) <= 3e-5);
        if (radius > 0) assert.ok(blur(layer, images, { radius: radius - 1 }).truncatedMass > 1e-6);
        assert.ok(blur(layer, images, { tolerance: 1e-2 }).radius < radius);
        layer.dispose();
        return radius;
      });
      assert.ok(radii[0]! < radii[1]! && radii[1]! < radii[2]!, radii.join());
    }
    const [near, far] = [nineHeads(2, 0), nineHeads(2, 6)].map((layer) => {
      const { radius } = blur(layer, images);
      layer.dispose();
      return radius;
    }) as [number, number];
    assert.ok(far >= near + 4, `${near} ${far}`);
  });
});

test('a head that looks everywhere alike takes all of the image', () => {
  scope(() => {
    const layer = nineHeads(0, 0);
    const images = rng.normal([1, 5, 4, 4]);
    const { output, radius, truncatedMass } = blur(layer, images);
    assert.equal([radius, truncatedMass], [4, 0]);
    assert.ok(error(layer, images, output) < 1e-5);
    assertClose(blur(layer, images, { radius: 3 }).truncatedMass, 1 / 5, { rtol: 1e-6 });
    layer.dispose();
  });
});

/** Any layer, and images for it. */
const anything = fc.record({
  seed: fc.nat(1000),
  extents: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
  covariance: fc.constantFrom<Covariance>('isotropic', 'diagonal', 'full'),
  border: fc.constantFrom<Border['kind']>('native', 'sink', 'pad'),
  stride: fc.integer({ min: 1, max: 2 }),
  growth: fc.integer({ min: -1, max: 2 }),
  headChannels: fc.constantFrom(undefined, 2),
  spread: fc.constantFrom(0.3, 1, 4, 20),
});

test('on any grid the difference is within what the truncated mass allows, and with all keys there is none', () => {
  const before = memory().tensors;
  fc.assert(
    fc.property(anything, fc.nat(6), ({ seed, extents, spread, stride, growth, border, ...form }, more) => {
      fc.pre(extents.every((extent) => extent + growth >= 1));
      scope(() => {
        const dims = extents.length;
        const each = <T>(value: T): T[] => new Array<T>(dims).fill(value);
        const pad: Border = { kind: 'pad', mode: 'replicate', widths: each([1, 1] as const) };
        const window: Window = {
          stride: each(stride),
          growth: each(growth),
          border: border === 'pad' ? pad : { kind: border },
        };
        const random = new Rng(seed);
        const options = { dims, inputs: 3, outputs: 2, heads: 2, window, rng: random, spreadDeviation: 0.3 };
        const layer = new QuadraticAttention({ ...form, ...options });
        assign(layer.spreads, layer.spreads.mul(spread));
        const images = random.normal([2, ...extents, 3]);
        const exact = layer.forward(images, { evaluation: 'tiled' });
        const whole = blur(layer, images, { tolerance: 1e-12 });
        assertClose(whole.output.dataSync(), exact.dataSync(), { rtol: 1e-5, atol: 1e-5 });
        // A query that lies beyond the image sees nothing with less.
        const { output, truncatedMass } = blur(layer, images, { radius: 2 + more });
        const allowed = truncatedMass * scale(layer, images) + 1e-5;
        const difference = output.sub(exact).abs().max().item();
        assert.ok(difference <= allowed, `${difference} of ${allowed}`);
        layer.dispose();
      });
    }),
  );
  assert.is(memory().tensors, before);
});

test('sharp heads whose targets lie beyond the image look at the nearest pixel, as in the layer itself', () => {
  scope(() => {
    const layer = nineHeads(16, 3);
    const images = rng.normal([1, 6, 5, 4]);
    const { output, radius } = blur(layer, images);
    assert.ok(radius <= 4, `${radius}`);
    assert.ok(error(layer, images, output) < 1e-5);
    layer.dispose();
  });
});

test('gradients by images and all parameters are central differences', async () => {
  for (const border of ['native', 'sink'] as const) {
    for (const covariance of ['isotropic', 'full'] as const) {
      const window = { stride: [1, 2], growth: [0, 0], border: { kind: border } };
      const layer = new QuadraticAttention({ inputs: 2, heads: 2, covariance, window, rng });
      const x = rng.normal([1, 4, 3, 2]);
      await checkModuleGradients(layer, (t) => blur(layer, t, { radius: 1 }).output, x);
      x.dispose();
      layer.dispose();
    }
  }
});

test('tiles of queries give the gradients of the layer itself', () => {
  scope(() => {
    const layer = nineHeads(2, 1, 'full');
    const [images, cotangent] = [rng.normal([1, 40, 40, 4]), rng.normal([1, 40, 40, 4])];
    // 1600 windows of 9 x 9 offsets and 9 heads are more than a tile.
    const [windows, whole] = [(t: Tensor) => blur(layer, t, { radius: 4 }).output, (t: Tensor) => layer.forward(t)].map(
      (f) => pullBack(() => f(images), cotangent, new Map([['x', images], ...layer.parameters()])),
    ) as [ReturnType<typeof pullBack>, ReturnType<typeof pullBack>];
    for (const [name, gradient] of whole.gradients) {
      const expected = gradient.dataSync();
      const largest = expected.reduce((most: number, v: number) => Math.max(most, Math.abs(v)), 0);
      assertClose((windows.gradients.get(name) as Tensor).dataSync(), expected, { atol: 1e-4 * largest }, name);
    }
    layer.dispose();
  });
});

test('options and images that make no sense are typed errors', () => {
  scope(() => {
    const layer = nineHeads(1, 1);
    const images = zeros([1, 4, 4, 4]);
    const both = { radius: 1, tolerance: 1 };
    assertThrows(() => blur(layer, images, both), OptionError, /blur: takes a radius or a tolerance, got both/);
    assertThrows(
      () => blur(layer, images, { radius: -1 }),
      OptionError,
      /radius must be a whole number from 0, got -1/,
    );
    assertThrows(() => blur(layer, images, { tolerance: 0 }), OptionError, /tolerance must be .* above 0, got 0/);
    assertThrows(() => blur(layer, images, { size: 3 } as never), OptionError, /size/);
    assertThrows(() => blur(layer, zeros([1, 4, 4])), ShapeError, /images must be \[batch, height, width, 4\]/);
    const window: Window = { stride: [1, 1], growth: [3, 0], border: { kind: 'native' } };
    const beyond = new QuadraticAttention({ inputs: 4, heads: 1, window, rng });
    assertThrows(() => blur(beyond, images, { radius: 2 }), OptionError, /radius 2 there are queries .* it takes 3/);
    for (const one of [layer, beyond]) one.dispose();
  });
});

test.run();
