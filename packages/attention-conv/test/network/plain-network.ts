/** A convolutional network in plain loops and float64, channels first and layer by layer as PyTorch defines it: what attention is held against. */
import type { Tensor } from '@saccade/tensor';
import type { NetworkLayer } from '../../src/network/layer-list.js';

/** [batch, channels, ...extents], row-major; [batch, values] once flat. */
export interface PlainImages {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

type Weights = ReadonlyMap<string, Tensor>;

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** One number for each axis. */
const each = (value: number | readonly number[], dims: number): readonly number[] =>
  typeof value === 'number' ? new Array<number>(dims).fill(value) : value;

/** The places of a grid, row by row. */
function places(extents: readonly number[]): number[][] {
  return extents.reduce<number[][]>(
    (all, extent) => all.flatMap((at) => Array.from({ length: extent }, (_, i) => [...at, i])),
    [[]],
  );
}

/** A new map: `value` gives what stands in a channel at a place. */
function made(
  shape: readonly number[],
  value: (image: number, channel: number, at: readonly number[]) => number,
): PlainImages {
  const [batch, channels, ...extents] = shape as [number, number, ...number[]];
  const grid = places(extents);
  const data = new Float64Array(product(shape));
  let to = 0;
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < channels; c++) for (const at of grid) data[to++] = value(b, c, at);
  }
  return { shape, data };
}

function read({ shape, data }: PlainImages, image: number, channel: number, at: readonly number[]): number {
  return data[[image, channel, ...at].reduce((place, i, axis) => place * shape[axis]! + i, 0)]!;
}

/** Where place i of an extended axis lies in the image; undefined for a zero. */
function source(mode: string, i: number, extent: number): number | undefined {
  if (i >= 0 && i < extent) return i;
  if (mode === 'replicate') return i < 0 ? 0 : extent - 1;
  if (mode === 'reflect') return i < 0 ? -i : 2 * (extent - 1) - i;
  if (mode === 'circular') return (i + extent) % extent;
  return undefined;
}

function convolution(x: PlainImages, layer: NetworkLayer & { readonly name: string }, weights: Weights): PlainImages {
  const { stride = 1, padding = 0, dilation = 1, groups = 1, paddingMode = 'zeros' } = layer as Convolution;
  const weight = weights.get(`${layer.name}.weight`)!;
  const bias = weights.get(`${layer.name}.bias`)?.dataSync();
  const [outputs, perGroup, ...kernel] = weight.shape as [number, number, ...number[]];
  const w = weight.dataSync();
  const dims = kernel.length;
  const [s, p, d] = [each(stride, dims), each(padding, dims), each(dilation, dims)];
  const extents = x.shape.slice(2);
  const outs = extents.map((n, i) => Math.floor((n + 2 * p[i]! - d[i]! * (kernel[i]! - 1) - 1) / s[i]!) + 1);
  const taps = places(kernel);
  return made([x.shape[0]!, outputs, ...outs], (b, o, q) => {
    const group = Math.floor(o / (outputs / groups));
    let sum = Number(bias?.[o] ?? 0);
    for (let c = 0; c < perGroup; c++) {
      for (const [t, tap] of taps.entries()) {
        const at = tap.map((a, i) => source(paddingMode, q[i]! * s[i]! + a * d[i]! - p[i]!, extents[i]!));
        if (at.includes(undefined)) continue;
        sum += Number(w[(o * perGroup + c) * taps.length + t]) * read(x, b, group * perGroup + c, at as number[]);
      }
    }
    return sum;
  });
}

type Convolution = {
  readonly stride?: number | readonly number[];
  readonly padding?: number | readonly number[];
  readonly dilation?: number | readonly number[];
  readonly groups?: number;
  readonly paddingMode?: string;
};

/** `reduce` gets the pixels of each window, without padding, and how many places it has with it. */
function pooled(
  x: PlainImages,
  layer: Pooling,
  reduce: (pixels: readonly number[], all: number) => number,
): PlainImages {
  const extents = x.shape.slice(2);
  const dims = extents.length;
  const { size, stride = size, padding = 0 } = layer;
  const [k, s, p] = [each(size, dims), each(stride, dims), each(padding, dims)];
  const outs = extents.map((n, i) => Math.floor((n + 2 * p[i]! - k[i]!) / s[i]!) + 1);
  const window = places(k);
  return made([...x.shape.slice(0, 2), ...outs], (b, c, q) => {
    const seen = window
      .map((tap) => tap.map((a, i) => q[i]! * s[i]! + a - p[i]!))
      .filter((at) => at.every((i, axis) => i >= 0 && i < extents[axis]!));
    return reduce(
      seen.map((at) => read(x, b, c, at)),
      window.length,
    );
  });
}

type Pooling = {
  readonly size: number | readonly number[];
  readonly stride?: number | readonly number[] | undefined;
  readonly padding?: number | readonly number[] | undefined;
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function batchNorm(x: PlainImages, name: string, eps: number, weights: Weights): PlainImages {
  const of = (part: string, c: number, otherwise: number): number =>
    Number(weights.get(`${name}.${part}`)?.dataSync()[c] ?? otherwise);
  return made(x.shape, (b, c, at) => {
    const standard = (read(x, b, c, at) - of('running_mean', c, 0)) / Math.sqrt(of('running_var', c, 1) + eps);
    return standard * of('weight', c, 1) + of('bias', c, 0);
  });
}

function linear(x: PlainImages, name: string, weights: Weights): PlainImages {
  const weight = weights.get(`${name}.weight`)!;
  const [outputs, inputs] = weight.shape as [number, number];
  const [w, bias] = [weight.dataSync(), weights.get(`${name}.bias`)?.dataSync()];
  return made([x.shape[0]!, outputs], (b, o) => {
    let all = Number(bias?.[o] ?? 0);
    for (let i = 0; i < inputs; i++) all += Number(w[o * inputs + i]) * x.data[b * inputs + i]!;
    return all;
  });
}

/** erf by its series, or by the continued fraction of what is left to 1. */
function erf(x: number): number {
  if (x < 0) return -erf(-x);
  if (x > 2) {
    let tail = 0;
    for (let k = 200; k > 0; k--) tail = k / 2 / (x + tail);
    return 1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + tail);
  }
  let [term, all] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / n;
    all += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * all;
}

/** Activations by their definitions. */
export function activation(layer: NetworkLayer): ((x: number) => number) | undefined {
  switch (layer.kind) {
    case 'relu':
      return (x) => Math.max(0, x);
    case 'tanh':
      return Math.tanh;
    case 'sigmoid':
      return (x) => 1 / (1 + Math.exp(-x));
    case 'silu':
      return (x) => x / (1 + Math.exp(-x));
    case 'softplus':
      return (x) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
    case 'gelu':
      return layer.approximate === 'tanh'
        ? (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
        : (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
    case 'elu':
      return (x) => (x > 0 ? x : (layer.alpha ?? 1) * Math.expm1(x));
    case 'leakyRelu':
      return (x) => (x > 0 ? x : (layer.negativeSlope ?? 0.01) * x);
    default:
      return undefined;
  }
}

function through(x: PlainImages, layer: NetworkLayer, weights: Weights): PlainImages {
  const f = activation(layer);
  if (f !== undefined) return { shape: x.shape, data: Float64Array.from(x.data, f) };
  switch (layer.kind) {
    case 'conv1d':
    case 'conv2d':
    case 'conv3d':
      return convolution(x, layer, weights);
    case 'batchNorm':
      return batchNorm(x, layer.name, layer.eps ?? 1e-5, weights);
    case 'averagePool': {
      const { countIncludePad = true } = layer;
      return pooled(x, layer, (pixels, all) => sum(pixels) / (countIncludePad ? all : pixels.length));
    }
    case 'maxPool':
      return pooled(x, layer, (pixels) => Math.max(...pixels));
    case 'globalAveragePool':
      return pooled(x, { size: x.shape.slice(2) }, (pixels, all) => sum(pixels) / all);
    case 'flatten': {
      const data = (layer.channelsFirst ?? true) ? x.data : pixelsFirst(x);
      return { shape: [x.shape[0]!, product(x.shape.slice(1))], data };
    }
    case 'linear':
      // What has been averaged to one pixel is a vector.
      return linear(x, layer.name, weights);
    default:
      return x;
  }
}

/** The values of [batch, channels, ...extents], pixel by pixel. */
function pixelsFirst({ shape, data }: PlainImages): PlainImages['data'] {
  const [channels, pixels] = [shape[1]!, product(shape.slice(2))];
  const each = channels * pixels;
  return Float64Array.from({ length: data.length }, (_, i) => {
    const [image, own] = [Math.floor(i / each), i % each];
    return data[image * each + (own % channels) * pixels + Math.floor(own / channels)]!;
  });
}

/** Runs a network on images [batch, channels, ...extents]. */
export function plainNetwork(layers: readonly NetworkLayer[], weights: Weights, images: PlainImages): PlainImages {
  return layers.reduce((x, layer) => through(x, layer, weights), images);
}

/** [batch, ...extents, channels] -> [batch, channels, ...extents]. */
export function channelsFirst(t: Tensor): Tensor {
  return t.rank < 3 ? t.reshape(t.shape) : t.transpose([0, t.rank - 1, ...t.shape.slice(1, -1).map((_, i) => i + 1)]);
}

/** And back. */
export function channelsLast(t: Tensor): Tensor {
  return t.rank < 3 ? t.reshape(t.shape) : t.transpose([0, ...t.shape.slice(2).map((_, i) => i + 2), 1]);
}
