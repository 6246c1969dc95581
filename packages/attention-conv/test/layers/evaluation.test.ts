/** All evaluations of quadratic attention are one function: by values, by gradients, by the weights of queries, and without their matrix. */
import {
  assign,
  memory,
  OptionError,
  Rng,
  round,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGradOf,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Border, extend } from '../../src/layers/border.js';
import type { Evaluation } from '../../src/layers/position-attention.js';
import { type Covariance, QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import type { Window } from '../../src/layers/window.js';
import { checkModuleGradients } from '../gradients.js';
import { pullBack } from '../reference.js';

interface Form {
  readonly dims: number;
  readonly covariance: Covariance;
  readonly border: Border['kind'];
  readonly stride: number;
  readonly growth: number;
  readonly headChannels: number | undefined;
  readonly outputs: number;
}

const plain: Form = {
  dims: 2,
  covariance: 'isotropic',
  border: 'native',
  stride: 1,
  growth: 0,
  headChannels: undefined,
  outputs: 2,
};

function windowOf({ dims, border, stride, growth }: Form): Window {
  const each = <T>(value: T): T[] => new Array<T>(dims).fill(value);
  const pad: Border = { kind: 'pad', mode: 'replicate', widths: each([1, 2] as const) };
  return { stride: each(stride), growth: each(growth), border: border === 'pad' ? pad : { kind: border } };
}

/** Two heads, or three, with centres and spreads all over. */
function layerOf(form: Form, rng = new Rng(1), heads = 2): QuadraticAttention {
  const { dims, covariance, headChannels, outputs } = form;
  return new QuadraticAttention({
    dims,
    covariance,
    headChannels,
    outputs,
    inputs: 3,
    heads,
    window: windowOf(form),
    centerDeviation: 1,
    spreadDeviation: 0.3,
    rng,
  });
}

/** Heads that look at one pixel each: whole centres, and spreads of one-hot weights. */
function sharpen(layer: QuadraticAttention, alpha = 256): void {
  scope(() => {
    const { heads, dims, covariance } = layer;
    assign(layer.centers, round(layer.centers.mul(1.5)));
    const full = Array.from({ length: heads }, () =>
      Array.from({ length: dims }, (_, i) => Array.from({ length: dims }, (_, j) => Number(i === j))),
    );
    const shape = covariance === 'full' ? tensor(full) : layer.spreads.mul(0).add(1);
    assign(layer.spreads, shape.mul(Math.sqrt(2 * alpha)));
  });
}

const images = (extents: readonly number[], seed = 2, batch = 2): Tensor =>
  new Rng(seed).normal([batch, ...extents, 3]);

/** Every way that a layer can be evaluated in. */
function waysOf(layer: QuadraticAttention, isSharp: boolean): readonly Evaluation[] {
  const ways: Evaluation[] = ['tiled'];
  if (layer.covariance !== 'full') ways.push('separable');
  if (isSharp) ways.push('hard');
  return ways;
}

const forms: readonly [string, Form, readonly number[]][] = [
  ['one axis', { ...plain, dims: 1 }, [5]],
  ['three axes', { ...plain, dims: 3 }, [2, 3, 2]],
  ['a precision for each axis', { ...plain, covariance: 'diagonal' }, [3, 4]],
  ['full precision', { ...plain, covariance: 'full' }, [3, 4]],
  ['full precision along three axes', { ...plain, dims: 3, covariance: 'full' }, [2, 2, 3]],
  ['a sink', { ...plain, border: 'sink' }, [3, 4]],
  ['a sink and a precision for each axis', { ...plain, border: 'sink', covariance: 'diagonal' }, [3, 4]],
  ['a sink and full precision', { ...plain, border: 'sink', covariance: 'full' }, [3, 3]],
  ['an extended image', { ...plain, border: 'pad' }, [3, 3]],
  ['channels of their own', { ...plain, headChannels: 2 }, [3, 3]],
  ['more outputs than inputs', { ...plain, outputs: 4 }, [3, 3]],
  ['strides and fewer queries', { ...plain, stride: 2, growth: -1 }, [4, 5]],
  ['more queries than pixels', { ...plain, growth: 2, border: 'sink' }, [2, 3]],
];

for (const [name, form, extents] of forms) {
  test(`with ${name}, gradients by images and all parameters are central differences in every evaluation`, async () => {
    for (const isSharp of [false, true]) {
      const layer = layerOf(form);
      if (isSharp) sharpen(layer);
      const x = images(extents);
      for (const evaluation of isSharp ? (['hard'] as const) : waysOf(layer, false)) {
        // Centres next to pixels are no longer hard with a sink, nor are precisions next to diagonal ones.
        const wanted = (parameter: string): boolean => evaluation !== 'hard' || !parameter.startsWith('attention_');
        await checkModuleGradients(layer, (t) => layer.forward(t, { evaluation }), x, { wanted });
      }
      x.dispose();
      layer.dispose();
    }
  });
}

test('an evaluation that cannot be is refused, and says what can', () => {
  scope(() => {
    const [full, soft] = [layerOf({ ...plain, covariance: 'full' }), layerOf(plain)];
    const x = images([3, 3]);
    assertThrows(() => full.forward(x, { evaluation: 'separable' }), OptionError, /no sums over axes; 'tiled'/);
    assertThrows(() => soft.forward(x, { evaluation: 'hard' }), OptionError, /not every head looks at one pixel alone/);
    assertThrows(
      () => soft.forward(x, { evaluation: 'fast' as never }),
      OptionError,
      /evaluation must be one of auto,/,
    );
    for (const layer of [full, soft]) layer.dispose();
  });
});

/** Any layer, and images for it. */
const anything = fc.record({
  seed: fc.nat(1000),
  extents: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
  covariance: fc.constantFrom<Covariance>('isotropic', 'diagonal', 'full'),
  border: fc.constantFrom<Border['kind']>('native', 'sink', 'pad'),
  stride: fc.integer({ min: 1, max: 3 }),
  growth: fc.integer({ min: -1, max: 2 }),
  headChannels: fc.constantFrom(undefined, 1, 2),
  outputs: fc.constantFrom(1, 4),
  heads: fc.integer({ min: 1, max: 3 }),
});

test('separable, tiled and, for sharp heads, hard evaluation agree on any grid', () => {
  const before = memory().tensors;
  fc.assert(
    fc.property(anything, fc.boolean(), ({ seed, extents, heads, ...form }, isSharp) => {
      fc.pre(extents.every((extent) => extent + form.growth >= 1));
      scope(() => {
        const layer = layerOf({ ...form, dims: extents.length }, new Rng(seed), heads);
        if (isSharp) sharpen(layer);
        const x = images(extents, seed);
        const expected = layer.forward(x, { evaluation: 'tiled' }).dataSync();
        for (const evaluation of ['auto', ...waysOf(layer, isSharp)] as const) {
          const y = layer.forward(x, { evaluation });
          assertClose(y.dataSync(), expected, { rtol: 1e-5, atol: 1e-5 }, evaluation);
        }
        layer.dispose();
      });
    }),
  );
  assert.is(memory().tensors, before);
});

test('the weights of any queries, times the values, are the output', () => {
  fc.assert(
    fc.property(anything, fc.nat(), fc.nat(), ({ seed, extents, heads, ...form }, one, other) => {
      fc.pre(extents.every((extent) => extent + form.growth >= 1));
      scope(() => {
        const layer = layerOf({ ...form, dims: extents.length }, new Rng(seed), heads);
        const x = images(extents, seed);
        const y = layer.forward(x);
        const flat = y.reshape([2, -1, form.outputs]);
        const queries = flat.shape[1] as number;
        const [from, last] = [one % queries, other % queries].sort((a, b) => a - b) as [number, number];
        const weights = layer.weightsFor(x, from, last + 1);
        const { border } = layer.window;
        const keys = border.kind === 'pad' ? extend('test', x, border.mode, border.widths) : x;
        const values = keys.reshape([2, 1, -1, 3]).matmul(layer.maps());
        const sums = weights
          .matmul(values)
          .sum({ axis: 1 })
          .add(layer.bias as Tensor);
        assertClose(sums.dataSync(), flat.at(':', `${from}:${last + 1}`).dataSync(), { rtol: 1e-5, atol: 1e-5 });
        layer.dispose();
      });
    }),
  );
});

test('tiles of a large image give the values and gradients of the separable form', () => {
  scope(() => {
    const layer = layerOf(plain, new Rng(1), 3);
    // 3 x 1600 x 1600 weights are more than a tile.
    const x = images([40, 40], 2, 1);
    const cotangent = new Rng(3).normal([1, 40, 40, 2]);
    const wanted = new Map([['x', x], ...layer.parameters()]);
    const [tiled, separable] = (['tiled', 'separable'] as const).map((evaluation) =>
      pullBack(() => layer.forward(x, { evaluation }), cotangent, wanted),
    ) as [ReturnType<typeof pullBack>, ReturnType<typeof pullBack>];
    assertClose(tiled.y.dataSync(), separable.y.dataSync(), { atol: 1e-5 });
    for (const [name, gradient] of separable.gradients) {
      const expected = gradient.dataSync();
      const largest = expected.reduce((most: number, v: number) => Math.max(most, Math.abs(v)), 0);
      assertClose((tiled.gradients.get(name) as Tensor).dataSync(), expected, { atol: 1e-4 * largest }, name);
    }
    layer.dispose();
  });
});

/** Bytes that the device has to take from the host for all that `body` needs at once. */
function taken(body: () => void): number {
  const before = memory().reserved;
  scope(body);
  return memory().reserved - before;
}

test('a separable layer takes 128 x 128 pixels and never holds a matrix of them', () => {
  scope(() => {
    const layer = layerOf(plain);
    const x = images([128, 128]);
    const bytes = taken(() => {
      const wanted = new Map([['x', x], ...layer.parameters()]);
      valueAndGradOf(wanted, () => sum(layer.forward(x)));
    });
    assert.ok(bytes < 64 * 2 ** 20, `${bytes} bytes`);
    layer.dispose();
  });
});

test('full precision on 80 x 80 pixels never holds a matrix of queries and keys, forward and backward', () => {
  scope(() => {
    const heads = 3;
    const layer = layerOf({ ...plain, covariance: 'full' }, new Rng(1), heads);
    const x = images([80, 80], 2, 1);
    const bytes = taken(() => {
      const wanted = new Map([['x', x], ...layer.parameters()]);
      const [value] = valueAndGradOf(wanted, () => sum(layer.forward(x)));
      assert.ok(Number.isFinite(value.item()));
    });
    assert.ok(bytes < (4 * heads * 80 ** 4) / 2, `${bytes} bytes`);
    layer.dispose();
  });
});

test.run();
