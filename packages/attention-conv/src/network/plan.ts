/** A network as parts that are maps with known weights: batch norm folded, pooling spelled out as a convolution. */
import { type NamedTensors, OptionError, requireFlag, requireOneOf, ShapeError, show } from '@saccade/tensor';
import { borderFor } from '../convert/conv-to-attention.js';
import { type DenseConvolution, readConvolution } from '../convolution/convolution.js';
import { UnsupportedError } from '../unsupported-error.js';
import { type ChannelMap, fold, readBatchNorm } from './batch-norm.js';
import { type AveragePoolLayer, type ConvolutionLayer, checkLayers, type NetworkLayer } from './layer-list.js';
import { MaxPool } from './max-pool.js';
import type { BorderKind, Part, Plan } from './part.js';
import { isPointwise, Pointwise } from './pointwise.js';
import { averageWindow, channelwise, type PoolWindow, poolWindow } from './pool-window.js';
import { type Place, Weights } from './weights.js';

/**
 * Reads a network.
 * @param border of layers that do not name one
 * @throws {OptionError} for layers and options that do not fit together, and weights that are missing @throws {ShapeError} for weights that do not fit
 * @throws {UnsupportedError} for what cannot be converted
 */
export function readPlan(op: string, tensors: NamedTensors, layers: readonly NetworkLayer[], border: BorderKind): Plan {
  checkLayers(op, layers);
  const reader = new PlanReader(op, new Weights(op, tensors), layers, border);
  for (const [i, layer] of layers.entries()) reader.add(layer, i);
  return reader.plan;
}

/** Goes through the layers, and knows what goes in and out. */
class PlanReader {
  readonly #op: string;
  readonly #weights: Weights;
  readonly #border: BorderKind;
  readonly #place: Place;
  readonly #dims: number;
  readonly #inputs: number;
  readonly #parts: Part[] = [];
  /** Of images; undefined once they are flat. */
  #channels: number | undefined;

  constructor(op: string, weights: Weights, layers: readonly NetworkLayer[], border: BorderKind) {
    const first = layers.find((layer): layer is ConvolutionLayer => layer.kind.startsWith('conv'));
    if (first === undefined) throw new OptionError(`${op}: there is no convolution among the layers`);
    const weight = weights.tensor(`${first.name}.weight`);
    this.#op = op;
    this.#weights = weights;
    this.#border = border;
    this.#place = { dtype: weight.dtype === 'float64' ? 'float64' : 'float32', device: weight.device };
    this.#dims = axesOf(first);
    this.#inputs = this.#convolution(first, `${op}: layer ${layers.indexOf(first)}`).inputs;
    this.#channels = this.#inputs;
  }

  get plan(): Plan {
    return { ...this.#place, dims: this.#dims, inputs: this.#inputs, parts: this.#parts };
  }

  add(layer: NetworkLayer, i: number): void {
    const op = `${this.#op}: layer ${i}`;
    const name = this.#nameOf('name' in layer ? layer.name : `${layer.kind}_${i}`, i);
    if (isPointwise(layer)) {
      this.#parts.push({ kind: 'pointwise', name, module: new Pointwise(op, layer) });
      return;
    }
    switch (layer.kind) {
      case 'conv1d':
      case 'conv2d':
      case 'conv3d':
        this.#addConvolution(op, name, this.#convolution(layer, op), layer.border);
        break;
      case 'averagePool':
        this.#addAveragePool(op, name, layer);
        break;
      case 'batchNorm':
        this.#addChannelMap(op, name, (channels) => readBatchNorm(op, layer, this.#weights, channels));
        break;
      case 'maxPool': {
        this.#requireImages(op);
        this.#parts.push({ kind: 'max-pool', name, module: new MaxPool(poolWindow(op, layer, this.#dims)) });
        break;
      }
      case 'globalAveragePool':
        this.#requireImages(op);
        this.#parts.push({ kind: 'global-mean', name });
        break;
      case 'flatten':
        this.#addFlatten(name, requireFlag(op, 'channelsFirst', layer.channelsFirst ?? true));
        break;
      case 'linear':
        this.#addLinear(op, name, layer.name, i);
    }
  }

  /** Names are places of state too, so there are no two alike. */
  #nameOf(wanted: string, i: number): string {
    const taken = (name: string): boolean => this.#parts.some((part) => part.name === name);
    let name = wanted;
    while (taken(name)) name = `${name}_${i}`;
    return name;
  }

  /** @throws {UnsupportedError} where images have become flat */
  #requireImages(op: string): number {
    if (this.#channels !== undefined) return this.#channels;
    throw new UnsupportedError(`${op}: it needs images, but a layer before it has flattened them`);
  }

  #convolution(layer: ConvolutionLayer, op: string): DenseConvolution {
    const { name, stride, padding, dilation, groups, paddingMode } = layer;
    const weight = this.#weights.tensor(`${name}.weight`);
    const dims = axesOf(layer);
    if (weight.rank !== dims + 2 || dims !== this.#dims) {
      const images = dims === this.#dims ? '' : `, and images have ${this.#dims} axes`;
      throw new ShapeError(
        `${op}: ${layer.kind} needs a weight of ${dims + 2} axes, got ${show(weight.shape)}${images}`,
      );
    }
    const bias = this.#weights.optional(`${name}.bias`);
    const conv = readConvolution(op, { weight, bias, stride, padding, dilation, groups, paddingMode });
    return { ...conv, ...this.#place };
  }

  #addConvolution(op: string, name: string, conv: DenseConvolution, border = this.#border, overPixels = false): void {
    const channels = this.#requireImages(op);
    if (conv.inputs !== channels) {
      throw new ShapeError(`${op}: the weight is for ${conv.inputs} channels, but the layers before give ${channels}`);
    }
    requireOneOf(op, 'border', border, ['pad', 'sink', 'native']);
    borderFor(op, conv, border);
    this.#parts.push({ kind: 'convolution', name, conv, border, overPixels });
    this.#channels = conv.outputs;
  }

  #addAveragePool(op: string, name: string, layer: AveragePoolLayer): void {
    const window = poolWindow(op, layer, this.#dims);
    const countIncludePad = requireFlag(op, 'countIncludePad', layer.countIncludePad ?? true);
    const channels = this.#requireImages(op);
    requireFew(op, window, channels);
    const conv = averageWindow(window, channels, this.#place);
    const overPixels = !countIncludePad && window.padding.some((width) => width > 0);
    this.#addConvolution(op, name, conv, layer.border, overPixels);
  }

  /** Into the convolution or linear layer before it, or as a convolution of one tap. */
  #addChannelMap(op: string, name: string, read: (channels: number) => ChannelMap): void {
    const last = this.#parts.at(-1);
    if (last?.kind === 'convolution' && !last.overPixels) {
      const { conv } = last;
      this.#parts[this.#parts.length - 1] = { ...last, conv: { ...conv, ...fold(conv, read(conv.outputs)) } };
    } else if (last?.kind === 'linear') {
      this.#parts[this.#parts.length - 1] = { ...last, ...fold(last, read(last.outputs)) };
    } else {
      const channels = this.#requireImages(op);
      this.#addConvolution(op, name, channelwise(read(channels), this.#dims, this.#place), 'native');
    }
  }

  #addFlatten(name: string, channelsFirst: boolean): void {
    // What is flat stays as it is.
    if (this.#channels === undefined) return;
    this.#parts.push({ kind: 'flatten', name, channelsFirst });
    this.#channels = undefined;
  }

  #addLinear(op: string, name: string, given: string, i: number): void {
    if (this.#channels !== undefined) {
      // The mean of an image is a vector for people, though it has axes of extent 1.
      if (this.#parts.at(-1)?.kind !== 'global-mean') {
        throw new UnsupportedError(
          `${op}: a linear layer on images cannot be converted: put { kind: 'flatten' } before it`,
        );
      }
      this.#addFlatten(this.#nameOf(`${name}_flatten`, i), true);
    }
    const { shape, data } = this.#weights.read(`${given}.weight`);
    const [outputs, inputs] = shape as [number, number];
    if (shape.length !== 2 || data.length === 0) {
      throw new ShapeError(`${op}: ${given}.weight must be [out, in], got ${show(shape)}`);
    }
    const bias = this.#weights.perOutput(`${given}.bias`, outputs);
    const weight = data.map((_, i) => data[(i % outputs) * inputs + Math.floor(i / outputs)]!);
    this.#parts.push({ kind: 'linear', name, inputs, outputs, weight, bias });
  }
}

/** Weights of a mean as attention, half a gigabyte. */
const MOST_WEIGHTS = 2 ** 26;

/** One head a pixel of the window, each with a map of all channels. @throws {UnsupportedError} for more than memory has room for */
function requireFew(op: string, { size }: PoolWindow, channels: number): void {
  const weights = size.reduce((a, b) => a * b, 1) * channels ** 2;
  if (weights <= MOST_WEIGHTS) return;
  throw new UnsupportedError(
    `${op}: a mean over ${size.join(' x ')} pixels of ${channels} channels takes ${weights} weights as attention; that over all pixels is { kind: 'globalAveragePool' }`,
  );
}

const axesOf = ({ kind }: ConvolutionLayer): number => Number(kind[4]);
