/** The composite certificate is a proof: no network, no sharpness and no image exceeds it, and it is no larger than it has to be. */
import { dispose, init, memory, OptionError, Rng, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertThrows, onTestDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { missedShareWithSink } from '../../src/certificate/theta.js';
import { certifyNetwork } from '../../src/network/certify-network.js';
import { type ConvertNetworkOptions, convertNetwork } from '../../src/network/convert-network.js';
import type { NetworkLayer } from '../../src/network/layer-list.js';
import { forms, type RandomNetwork, randomNetwork } from './random-network.js';

onTestDevice(test, init);

/** How networks are converted, and between which values their images lie. */
const conversions = fc.record({
  alpha: fc.constantFrom(0.3, 1, 2.5, 6, 12, 20, 30, 46, 60, 100, 128, 250, 700),
  values: fc.constantFrom('identity' as const, 'project' as const, 'lowrank' as const),
  low: fc.constantFrom(0, 0, -1, 3, -200, 1000),
  width: fc.constantFrom(1, 1, 1e-3, 50, 0),
});

/** Images of the network, of values anywhere in a range, or at its ends alone. */
function imagesFor(
  { extents, inputs, tensors }: RandomNetwork,
  [low, high]: readonly [number, number],
  seed: number,
): Tensor[] {
  const { dtype } = [...tensors.values()][0] as Tensor;
  return scope(() => {
    const drawn = new Rng(seed).uniform([2, ...extents, inputs], { dtype }) as Tensor;
    return [
      drawn.mul(high - low).add(low),
      drawn
        .less(0.2)
        .cast(dtype)
        .mul(high - low)
        .add(low),
    ];
  });
}

test('no measured difference is above the bound, in any network', () => {
  let close = 0;
  const property = fc.property(forms, conversions, (form, { alpha, values, low, width }) => {
    const before = memory().tensors;
    const made = randomNetwork(form);
    const inputRange = [low, low + width] as const;
    const { network, certificate } = convertNetwork(made.tensors, made.layers, {
      ...{ alpha, values, inputRange, extents: made.extents },
    });
    const { measured } = certificate;
    assert.ok(measured!.maxAbs <= measured!.bound, `${measured!.maxAbs} is above ${measured!.bound} on the probe`);
    // Where its ends are not rounded, the probe lies in the range.
    if (low === 0) assert.ok(measured!.bound <= certificate.bound * (1 + 1e-6), 'a probe has a larger bound');
    assert.ok(certificate.attentionBound <= certificate.bound);
    for (const images of imagesFor(made, inputRange, form.seed + 1)) {
      const { maxAbs, bound } = certifyNetwork(network, made, images);
      assert.ok(maxAbs <= bound, `${maxAbs} is above ${bound}`);
      if (maxAbs > bound / 20) close++;
      images.dispose();
    }
    network.dispose();
    dispose(made.tensors);
    assert.is(memory().tensors, before);
  });
  fc.assert(property, { numRuns: 150 });
  // Bounds that nothing comes near to would hold whatever else is wrong.
  assert.ok(close >= 5, `only ${close} differences were within a factor of 20 of their bounds`);
});

test('alpha is found for the error that was asked for, and is no larger than it has to be', () => {
  const asked = fc.record({
    form: forms,
    border: fc.constantFrom('pad' as const, 'sink' as const),
    maxError: fc.constantFrom(30, 1, 1e-2, 1e-5, 1e-9),
  });
  const property = fc.property(asked, ({ form, maxError }) => {
    const made = randomNetwork(form);
    const { network, certificate } = convertNetwork(made.tensors, made.layers, { maxError, extents: made.extents });
    const { alpha, attentionBound, bound, measured } = certificate;
    assert.ok(attentionBound <= maxError, `${attentionBound} is above ${maxError}`);
    // What is measured has its rounding besides.
    assert.ok(measured!.maxAbs <= maxError + (bound - attentionBound));
    const softer = convertNetwork(made.tensors, made.layers, { alpha: alpha * 0.999, extents: made.extents });
    assert.ok(alpha < 1e-3 || softer.certificate.attentionBound > maxError, `alpha ${alpha} is more than it takes`);
    for (const t of [network, softer.network]) t.dispose();
    dispose(made.tensors);
  });
  fc.assert(property, { numRuns: 40 });
});

/** A network of one signal, with these weights. */
function signal(layers: readonly NetworkLayer[], weights: Readonly<Record<string, number[][][] | number[]>>) {
  const tensors = Object.fromEntries(
    Object.entries(weights).map(([name, values]) => [name, tensor(values as number[], { dtype: 'float64' })]),
  );
  return { layers, tensors };
}

/** The measured difference on a signal, and what the certificate allows. */
function apart(
  network: ReturnType<typeof signal>,
  options: ConvertNetworkOptions,
  x: readonly number[],
): { readonly maxAbs: number; readonly bound: number } {
  return scope(() => {
    const images = tensor([...x], { dtype: 'float64', shape: [1, x.length, 1] });
    const converted = convertNetwork(network.tensors, network.layers, { ...options, extents: [x.length] });
    const { maxAbs, bound } = certifyNetwork(converted.network, network, images);
    converted.network.dispose();
    return { maxAbs, bound };
  });
}

/** How near a difference must come to its bound. */
const NEAR = 0.95;

test('the bound is reached: by a pixel among zeros, by a sink inside and outside, and through an activation', () => {
  const one = { kind: 'conv1d', name: 'a' } as const;
  const plain = signal([one], { 'a.weight': [[[1]]] });
  const bright = new Array<number>(31).fill(1);
  const dot = bright.map((_, i) => Number(i === 15));
  const hole = bright.map((_, i) => Number(i !== 15));
  // One query, which looks at the padding before the signal.
  const outside = signal([{ ...one, padding: 1, stride: 99 }], { 'a.weight': [[[1, 0, 0]]] });
  const risen = signal([one, { kind: 'relu' }], { 'a.weight': [[[-3]]], 'a.bias': [3] });
  const cases: readonly (readonly [string, ReturnType<typeof signal>, ConvertNetworkOptions, readonly number[]])[] = [
    ['a pixel', plain, { alpha: 1 }, dot],
    ['a sink, inside', plain, { alpha: 1, border: 'sink' }, dot],
    // A sink is zero, though no pixel is and nothing stands around the signal.
    ['a sink alone', plain, { alpha: 9, border: 'sink' }, bright],
    ['a sink, outside', outside, { alpha: 8, border: 'sink' }, bright],
    ['an activation', risen, { alpha: 2 }, hole],
  ];
  for (const [what, network, options, x] of cases) {
    const { maxAbs, bound } = apart(network, options, x);
    assert.ok(maxAbs <= bound, `${what}: ${maxAbs} is above ${bound}`);
    assert.ok(maxAbs >= NEAR * bound, `${what}: ${maxAbs} does not come near to ${bound}`);
  }
  for (const { tensors } of [plain, outside, risen]) dispose(tensors);
});

test('a mean over the pixels that are no padding is further off where it leaves out many places', () => {
  // One pixel of eight in a corner; three of the places outside are as near to it as to the sink.
  const alpha = 8;
  const ones = tensor(new Float64Array(27).fill(1), { shape: [1, 3, 3, 3, 1] });
  const tensors = { 'a.weight': tensor([1], { dtype: 'float64', shape: [1, 1, 1, 1, 1] }) };
  const layers = [
    { kind: 'conv3d', name: 'a', border: 'native' },
    { kind: 'averagePool', size: 2, padding: 1, countIncludePad: false, border: 'sink' },
  ] as const;
  const { network } = convertNetwork(tensors, layers, { alpha, extents: [3, 3, 3] });
  const { maxAbs, bound } = certifyNetwork(network, { tensors, layers }, ones);
  assert.ok(maxAbs <= bound, `${maxAbs} is above ${bound}`);
  assert.ok(maxAbs > 1.5 * missedShareWithSink(alpha, 3), `${maxAbs} is no more than one head misses`);
  dispose([network, ones, tensors]);
});

test('rounding counts where it is all that there is: large biases, small numbers, ranks that are less for little', () => {
  const conv = { kind: 'conv2d', name: 'a' } as const;
  const cases: readonly [what: string, dtype: 'float32' | 'float64', weight: number[][], bias: number[], range: readonly [number, number]][] = [
    ['a large bias', 'float32', [[1e-3]], [1000.1], [0, 1]],
    ['a large bias', 'float64', [[1e-9]], [1e9 / 3], [0, 1]],
    ['weights below the normal numbers', 'float32', [[1.3e-42, 2.7e-41]], [0], [0, 1e30]],
    ['images below the normal numbers', 'float32', [[0.3, 0.7]], [0], [0, 1e-40]],
    ['a rank that is one but for little', 'float64', [[1, 1], [1, 1 + 3e-13]], [0, 0], [-1, 1]],
  ]; // biome-ignore format: rows of numbers
  for (const [what, dtype, weight, bias, inputRange] of cases) {
    const tensors = {
      'a.weight': tensor(weight, { dtype }).reshape([weight.length, weight[0]!.length, 1, 1]),
      'a.bias': tensor(bias, { dtype }),
    };
    for (const values of ['identity', 'project', 'lowrank'] as const) {
      const { network, certificate } = convertNetwork(tensors, [conv], { values, inputRange, extents: [9, 9] });
      const { maxAbs, bound } = certificate.measured!;
      assert.ok(maxAbs <= bound, `${what}, ${values}: ${maxAbs} is above ${bound}`);
      network.dispose();
    }
    dispose(tensors);
  }
});

test('what a lower rank leaves out counts as large as a layer before has made it', () => {
  const dtype = 'float64';
  const tensors = {
    'a.weight': tensor([[[1]], [[1e16]]], { dtype }),
    'b.weight': tensor([[[1], [1e-16]], [[1], [2e-16]], [[1], [3e-16]]], { dtype }), // biome-ignore format: rows
  };
  const layers = [{ kind: 'conv1d', name: 'a' }, { kind: 'conv1d', name: 'b' }] as const; // biome-ignore format: two
  const { network, certificate } = convertNetwork(tensors, layers, { values: 'lowrank' });
  assert.is(network.attention.get('b')!.headChannels, 1);
  const { maxAbs, bound } = certificate.measured!;
  assert.ok(maxAbs <= bound && maxAbs > 0.01, `${maxAbs} is above ${bound}`);
  network.dispose();
  dispose(tensors);
});

test('what overflows is bounded by nothing, and an error that no alpha keeps is refused', () => {
  const tensors = { 'a.weight': tensor([[[1e38, 1e38]]]) };
  const layers = [{ kind: 'conv1d', name: 'a' }] as const;
  const { network, certificate } = convertNetwork(tensors, layers, { inputRange: [0, 10], extents: [8] });
  assert.is(certificate.bound, Number.POSITIVE_INFINITY);
  network.dispose();
  const sharp = { border: 'sink', maxError: 1e-240, inputRange: [1, 2] } as const;
  const before = memory().tensors;
  const message = /^convertNetwork: no alpha keeps all errors below maxError 1e-240; 1024 allows \d/;
  assertThrows(() => convertNetwork(tensors, layers, { ...sharp, extents: [8] }), OptionError, message);
  const least = /^convertNetwork: alpha 3 allows errors above maxError 0\.001; it takes \d+\.\d+$/;
  const soft = { alpha: 3, maxError: 1e-3, extents: [8] };
  const other = { 'a.weight': tensor([[[1, 2]]]) };
  assertThrows(() => convertNetwork(other, layers, soft), OptionError, least);
  dispose(other);
  assert.is(memory().tensors, before);
  dispose(tensors);
});

test.run();
