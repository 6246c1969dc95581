/** Every network that cannot be converted is refused by a typed error that tells the layer, and leaves nothing behind. */
import { dispose, init, memory, OptionError, Rng, ShapeError, type Tensor, tensor } from '@saccade/tensor';
import { assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ConvertNetworkOptions, convertNetwork } from '../../src/network/convert-network.js';
import type { NetworkLayer } from '../../src/network/layer-list.js';
import { UnsupportedError } from '../../src/unsupported-error.js';

onTestDevice(test, init);

/** Weights for all layers below. */
function weights(): Record<string, Tensor> {
  const rng = new Rng(1);
  const vector = (value: number): Tensor => tensor([value, value]);
  return {
    'c.weight': rng.normal([2, 1, 3, 3]),
    'd.weight': rng.normal([4, 2, 1, 1]),
    'd.bias': rng.normal([4]),
    'signal.weight': rng.normal([2, 2, 3]),
    'n.running_mean': vector(1),
    'n.running_var': vector(1),
    'n.weight': vector(1),
    'n.bias': vector(1),
    'bare.weight': vector(1),
    'half.running_mean': vector(0),
    'still.running_mean': vector(0),
    'still.running_var': vector(0),
    'wild.running_mean': vector(0),
    'wild.running_var': vector(-1),
    'long.running_mean': tensor([1, 2, 3]),
    'long.running_var': tensor([1, 2, 3]),
    'f.weight': rng.normal([3, 2]),
    'f.bias': rng.normal([3]),
    'g.weight': rng.normal([3, 2]),
    'g.bias': rng.normal([2]),
    'h.weight': rng.normal([2, 3, 1]),
    'whole.weight': tensor([[[[1]], [[2]]]], { dtype: 'int32' }),
    'nan.weight': tensor([[[[1]], [[Number.NaN]]]]),
    'infinite.weight': tensor([[Number.POSITIVE_INFINITY, 1]]),
  };
}

const c = { kind: 'conv2d', name: 'c' } as const;
const mean = { kind: 'globalAveragePool' } as const;
const flat = { kind: 'flatten' } as const;

type ErrorClass = typeof OptionError | typeof ShapeError | typeof UnsupportedError;
type Refusal = readonly [label: string, layers: unknown, error: ErrorClass, message: RegExp];

const refusals: readonly Refusal[] = [
  ['no list', { kind: 'relu' }, OptionError, /^convertNetwork: expected a list of layers such as .*, got an object$/],
  ['an empty list', [], OptionError, /expected a list of layers/],
  ['what is no layer', [c, null], OptionError, /^convertNetwork: layer 1: a layer is such as \{ kind: 'relu' \}, got null$/],
  ['a layer without kind', [c, { name: 'c' }], OptionError, /layer 1: a layer is such as/],
  ['no convolution', [{ kind: 'relu' }, flat], OptionError, /^convertNetwork: there is no convolution among the layers$/],
  ['an unknown kind', [c, { kind: 'softmax' }], UnsupportedError, /^convertNetwork: layer 1: cannot convert a layer of kind "softmax"; there are conv1d, /],
  ['a kind of every object', [c, { kind: 'toString' }], UnsupportedError, /cannot convert a layer of kind "toString"/],
  ['a prototype as kind', [c, JSON.parse('{"kind":"__proto__"}')], UnsupportedError, /kind "__proto__"/],
  ['a transposed convolution', [{ kind: 'convTranspose2d', name: 'c' }], UnsupportedError, /layer 0: a transposed convolution cannot be converted, got "convTranspose2d"/],
  ['a lazy convolution', [{ kind: 'lazyConv2d', name: 'c' }], UnsupportedError, /a lazy layer has no weights yet, got "lazyConv2d"/],
  ['a complex convolution', [{ kind: 'complexConv2d', name: 'c' }], UnsupportedError, /cannot convert a layer of kind "complexConv2d"/],
  ['a recurrent layer', [c, { kind: 'lstm', name: 'r' }], UnsupportedError, /kind "lstm"/],
  ['an option that a layer does not have', [{ ...c, transposed: true }], OptionError, /layer 0: no option 'transposed'; there are kind, name, stride/],
  ['a prototype among the options', [JSON.parse('{"kind":"conv2d","name":"c","__proto__":{}}')], OptionError, /no option '__proto__'/],
  ['a convolution without name', [{ kind: 'conv2d' }], OptionError, /layer 0: conv2d needs the name of its weights, got undefined/],
  ['an empty name', [c, { kind: 'linear', name: '' }], OptionError, /linear needs the name of its weights, got ""/],
  ['weights that are missing', [{ ...c, name: 'x' }], OptionError, /^convertNetwork: there is no tensor "x.weight"; there are "c.weight", .*, …$/],
  ['a kernel for other axes', [c, { kind: 'conv1d', name: 'signal' }], ShapeError, /layer 1: conv1d needs a weight of 3 axes, got \[2, 2, 3\], and images have 2 axes/],
  ['a kernel of other axes', [{ kind: 'conv2d', name: 'signal' }], ShapeError, /layer 0: conv2d needs a weight of 4 axes, got \[2, 2, 3\]/],
  ['a kernel for other channels', [c, { ...c }], ShapeError, /layer 1: the weight is for 1 channels, but the layers before give 2/],
  ['groups that do not divide', [{ ...c, groups: 3 }], OptionError, /layer 0: groups must divide the 2 outputs of weight \[2, 1, 3, 3\]/],
  ['a bias that does not fit', [{ kind: 'conv1d', name: 'h' }], ShapeError, /layer 0: weight \[2, 3, 1\] needs a bias \[2\], got \[5\]/],
  ['weights that are whole numbers', [{ ...c, name: 'whole' }], UnsupportedError, /layer 0: weight must be float32 or float64, got int32/],
  ['weights with NaN', [{ ...c, name: 'nan' }], OptionError, /weight must be finite, got NaN at place 1/],
  ['infinite weights of a linear layer', [c, mean, { kind: 'linear', name: 'infinite' }], OptionError, /infinite.weight must be finite, got Infinity at place 0/],
  ['an unknown padding mode', [{ ...c, paddingMode: 'mirror' }], UnsupportedError, /layer 0: paddingMode must be zeros, reflect, replicate or circular, got "mirror"/],
  ['a negative padding', [{ ...c, padding: -1 }], OptionError, /padding must be whole numbers from 0/],
  ['an unknown border', [{ ...c, border: 'valid' }], OptionError, /^convertNetwork: layer 0: border must be one of pad, sink, native, got "valid"/],
  ['a border of the wrong kind', [c, { kind: 'averagePool', size: 3, padding: 1, border: 'native' }], OptionError, /^convertNetwork: layer 1: border 'native' gives replicate padding, the convolution has zeros: use 'pad'/],
  ['a sink for replicate padding', [{ ...c, padding: 1, paddingMode: 'replicate', border: 'sink' }], OptionError, /layer 0: border 'sink' gives zeros/],
  ['batch norm in training', [c, { kind: 'batchNorm', name: 'n', training: true }], UnsupportedError, /layer 1: n normalises by the batch: only batch norm in evaluation/],
  ['batch norm that does not say', [c, { kind: 'batchNorm', name: 'n', training: 0 }], UnsupportedError, /normalises by the batch/],
  ['batch norm without statistics', [c, { kind: 'batchNorm', name: 'bare' }], UnsupportedError, /bare has no running statistics \(running_mean, running_var\)/],
  ['batch norm without a variance', [c, { kind: 'batchNorm', name: 'half' }], UnsupportedError, /half has no running statistics/],
  ['batch norm of no deviation', [c, { kind: 'batchNorm', name: 'still', eps: 0 }], UnsupportedError, /still divides by the root of a variance that is not above 0/],
  ['batch norm of a negative variance', [c, { kind: 'batchNorm', name: 'wild' }], UnsupportedError, /wild divides by the root/],
  ['batch norm of a negative eps', [c, { kind: 'batchNorm', name: 'n', eps: -1 }], OptionError, /layer 1: eps must be a number from 0, got -1/],
  ['batch norm for other channels', [c, { kind: 'batchNorm', name: 'long' }], ShapeError, /^convertNetwork: long.running_mean must be \[2\], got \[3\]$/],
  ['batch norm of flat images', [c, flat, { kind: 'batchNorm', name: 'n' }], UnsupportedError, /layer 2: it needs images, but a layer before it has flattened them/],
  ['a pool of flat images', [c, flat, { kind: 'maxPool', size: 2 }], UnsupportedError, /layer 2: it needs images/],
  ['a mean of flat images', [c, flat, mean], UnsupportedError, /layer 2: it needs images/],
  ['a convolution of flat images', [c, flat, { kind: 'conv2d', name: 'd' }], UnsupportedError, /layer 2: it needs images/],
  ['a pool without size', [c, { kind: 'maxPool' }], OptionError, /layer 1: size must be a whole number from 1, or 2 of them, got undefined/],
  ['a pool of size 0', [c, { kind: 'averagePool', size: 0 }], OptionError, /size must be a whole number from 1, or 2 of them, got 0/],
  ['a pool for other axes', [c, { kind: 'averagePool', size: [2] }], OptionError, /or 2 of them, got \[2\]/],
  ['a pool of half a stride', [c, { kind: 'maxPool', size: 2, stride: 0.5 }], OptionError, /stride must be a whole number from 1/],
  ['a pool with a wide padding', [c, { kind: 'maxPool', size: 3, padding: 2 }], OptionError, /padding must be at most half the size \[3, 3\], got 2/],
  ['a mean over more than there is room for', [c, { kind: 'averagePool', size: 1e9 }], UnsupportedError, /layer 1: a mean over 1000000000 x 1000000000 pixels of 2 channels takes 4000000000000000000 weights/],
  ['what counts, as a word', [c, { kind: 'averagePool', size: 2, countIncludePad: 'no' }], OptionError, /countIncludePad must be true or false, got "no"/],
  ['an unknown approximation', [c, { kind: 'gelu', approximate: 'quick' }], OptionError, /layer 1: approximate must be none or tanh, got "quick"/],
  ['a falling activation', [c, { kind: 'leakyRelu', negativeSlope: -1 }], OptionError, /negativeSlope must be a number in \[0, 1000000\], got -1/],
  ['an activation of NaN', [c, { kind: 'elu', alpha: Number.NaN }], OptionError, /alpha must be a number in/],
  ['a linear layer on images', [c, { kind: 'linear', name: 'f' }], UnsupportedError, /layer 1: a linear layer on images cannot be converted: put \{ kind: 'flatten' \} before it/],
  ['a linear layer that is a kernel', [c, mean, { kind: 'linear', name: 'h' }], ShapeError, /layer 2: h.weight must be \[out, in\], got \[2, 3, 1\]/],
  ['a linear layer of another bias', [c, mean, { kind: 'linear', name: 'g' }], ShapeError, /g.bias must be \[3\], got \[2\]/],
  ['a linear layer for other values', [c, mean, { kind: 'linear', name: 'f' }, { kind: 'linear', name: 'f' }], OptionError, /no square image up to 1024 goes through the network: pass the extents of its images/],
]; // biome-ignore format: a table

for (const [label, layers, error, message] of refusals) {
  test(`refuses ${label}`, () => {
    const tensors = { ...weights(), 'h.bias': tensor([1, 2, 3, 4, 5]) };
    const before = memory().tensors;
    assertThrows(() => convertNetwork(tensors, layers as readonly NetworkLayer[]), error, message);
    assert.is(memory().tensors, before);
    dispose(tensors);
  });
}

const reflected = { ...c, padding: 2, paddingMode: 'reflect' } as const;
const turned = { ...c, padding: 3, paddingMode: 'circular' } as const;
const options: readonly (readonly [label: string, layer: NetworkLayer, options: object, error: ErrorClass, message: RegExp])[] = [
  ['alpha 0', c, { alpha: 0 }, OptionError, /^convertNetwork: alpha must be a number above 0, got 0$/],
  ['a negative alpha', c, { alpha: -1 }, OptionError, /alpha must be a number above 0, got -1/],
  ['alpha NaN', c, { alpha: Number.NaN }, OptionError, /alpha must be a number above 0, got NaN/],
  ['an infinite alpha', c, { alpha: Number.POSITIVE_INFINITY }, OptionError, /alpha must be a number above 0, got Infinity/],
  ['maxError 0', c, { maxError: 0 }, OptionError, /maxError must be a number above 0, got 0/],
  ['an unknown border', c, { border: 'valid' }, OptionError, /^convertNetwork: border must be one of pad, sink, native, got "valid"/],
  ['unknown values', c, { values: 'svd' }, OptionError, /values must be one of identity, project, lowrank, got "svd"/],
  ['a range out of order', c, { inputRange: [1, 0] }, OptionError, /inputRange must be \[low, high\], got \[1, 0\]/],
  ['a range of one end', c, { inputRange: [1] }, OptionError, /inputRange must be/],
  ['a range without end', c, { inputRange: [0, Number.POSITIVE_INFINITY] }, OptionError, /inputRange must be/],
  ['extents for other axes', c, { extents: [8] }, OptionError, /extents must be 2 whole numbers, got \[8\]/],
  ['extents that are none', c, { extents: [8, 0] }, OptionError, /extents must be at least 1 whole numbers from 1, got \[8, 0\]/],
  ['images smaller than the kernel', c, { extents: [8, 2] }, ShapeError, /^convertNetwork: axis 1 of extent 2 is too small for the kernel/],
  ['reflection of more than there is', reflected, { extents: [8, 2] }, ShapeError, /axis 1 of extent 2 is too small for the reflect padding of c/],
  ['a circle around more than there is', turned, { extents: [2, 8] }, ShapeError, /axis 0 of extent 2 is too small for the circular padding of c/],
  ['an option that there is not', c, { sink: true }, OptionError, /convertNetwork: no option 'sink'; there are alpha, /],
]; // biome-ignore format: a table

for (const [label, layer, given, error, message] of options) {
  test(`refuses ${label}`, () => {
    const tensors = weights();
    const before = memory().tensors;
    assertThrows(() => convertNetwork(tensors, [layer], given as ConvertNetworkOptions), error, message);
    assert.is(memory().tensors, before);
    dispose(tensors);
  });
}

test('padding as wide as the mode allows is none too wide', () => {
  const tensors = weights();
  for (const [layer, extents] of [
    [reflected, [3, 3]],
    [turned, [3, 3]],
  ] as const) {
    // biome-ignore format: pairs
    convertNetwork(tensors, [layer], { extents }).network.dispose();
  }
  dispose(tensors);
});

test('what are no tensors by name is refused', () => {
  const one = tensor([1]);
  const refuse = (tensors: unknown, message: RegExp): void => {
    assertThrows(() => convertNetwork(tensors as Record<string, Tensor>, [c]), OptionError, message);
  };
  refuse(undefined, /^convertNetwork: expected tensors by name, got undefined$/);
  refuse(one, /expected tensors by name, got a tensor/);
  refuse({}, /there is no tensor "c.weight"; there are none$/);
  refuse({ 'c.weight': [[[[1]]]] }, /"c.weight" is no tensor, got \[\[an array\]\]$/);
  one.dispose();
});

test('linear layers for images of other extents, and maxima that do not fit, name both sizes', () => {
  const tensors = { ...weights(), 'wide.weight': tensor(new Float32Array(32), { shape: [1, 32] }) };
  const refuse = (layers: readonly NetworkLayer[], extents: readonly number[], message: RegExp): void => {
    assertThrows(() => convertNetwork(tensors, layers, { extents }), ShapeError, message);
  };
  const wide = { kind: 'linear', name: 'wide' } as const;
  refuse([c, flat, wide], [5, 6], /^convertNetwork: wide is for 32 values, but images of 5 x 6 give 24$/);
  refuse([c, { kind: 'maxPool', size: 4 }], [8, 4], /^convertNetwork: axis 1 of extent 2 is too small for maxPool_1$/);
  dispose(tensors);
});

test('a network that fails while it is built, or measured, leaves no tensor behind', () => {
  const tensors = { ...weights(), 'c.value.weight': tensor([[1, 2]]) };
  const before = memory().tensors;
  // `c.value.weight` would be a tensor of the attention, and of the linear layer.
  const layers = [c, mean, { kind: 'linear', name: 'c.value' }] as const;
  const message = /^AttentionNetwork: two tensors would have one name with layers \["c", .*"c.value"\]$/;
  assertThrows(() => convertNetwork(tensors, layers), OptionError, message);
  assert.is(memory().tensors, before);
  assertThrows(
    () => convertNetwork(tensors, [c], { extents: [2 ** 20, 2 ** 20] }),
    Error,
    /memory|large|allocat|size/i,
  );
  assert.is(memory().tensors, before);
  assertThrows(() => convertNetwork(tensors, [{ ...c, padding: 1e6 }]), Error, /memory|large|allocat|size/i);
  assert.is(memory().tensors, before);
  dispose(tensors);
});

test.run();
