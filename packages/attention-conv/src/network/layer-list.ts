/** The layers of a convolutional network as data, as they stand in a JSON file: PyTorch's layers, their options and defaults. */
import { checkOptions, OptionError, quote } from '@saccade/tensor';
import type { ConvToAttentionOptions } from '../convert/conv-to-attention.js';
import type { Convolution } from '../convolution/convolution.js';
import { UnsupportedError } from '../unsupported-error.js';
import { type PointwiseLayer, pointwiseKinds } from './pointwise.js';

/** What stands around the image, of one layer in the place of the network's. */
interface WithBorder {
  /** Default: that of the conversion. */
  readonly border?: ConvToAttentionOptions['border'];
}

/** A convolution, whose weights are `<name>.weight` [out, in / groups, ...taps] and `<name>.bias` [out], if there is one. */
export interface ConvolutionLayer
  extends WithBorder,
    Pick<Convolution, 'stride' | 'padding' | 'dilation' | 'groups' | 'paddingMode'> {
  readonly kind: 'conv1d' | 'conv2d' | 'conv3d';
  readonly name: string;
}

/** Batch norm in evaluation: `<name>.running_mean`, `<name>.running_var`, and `<name>.weight` and `<name>.bias` if it has them. */
export interface BatchNormLayer {
  readonly kind: 'batchNorm';
  readonly name: string;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number | undefined;
  /** Only false can be converted. */
  readonly training?: boolean | undefined;
}

/** Means of windows. */
export interface AveragePoolLayer extends WithBorder {
  readonly kind: 'averagePool';
  /** One number or one an axis. */
  readonly size: number | readonly number[];
  /** Default: the size. */
  readonly stride?: number | readonly number[] | undefined;
  /** Zeros around the image, at most half the size. Default 0. */
  readonly padding?: number | readonly number[] | undefined;
  /** Whether the mean is over the zeros too. Default true. */
  readonly countIncludePad?: boolean | undefined;
}

/** Maxima of windows, which are no attention and stay as they are. */
export interface MaxPoolLayer {
  readonly kind: 'maxPool';
  readonly size: number | readonly number[];
  /** Default: the size. */
  readonly stride?: number | readonly number[] | undefined;
  /** At most half the size; what is added is never the maximum. Default 0. */
  readonly padding?: number | readonly number[] | undefined;
}

/** y = weight x + bias, by `<name>.weight` [out, in] and `<name>.bias` [out], if there is one. */
export interface LinearLayer {
  readonly kind: 'linear';
  readonly name: string;
}

/** Joins all axes but the batch. */
export interface FlattenLayer {
  readonly kind: 'flatten';
  /** Whether values come channel by channel, as PyTorch's images have them; else pixel by pixel, as `Flatten` of nn by default. Default true. */
  readonly channelsFirst?: boolean | undefined;
}

/** Layers without options: dropout and identity do nothing. */
export interface PlainLayer {
  readonly kind: 'globalAveragePool' | 'identity' | 'dropout';
}

/** One layer of a network. */
export type NetworkLayer =
  | ConvolutionLayer
  | BatchNormLayer
  | AveragePoolLayer
  | MaxPoolLayer
  | LinearLayer
  | FlattenLayer
  | PlainLayer
  | PointwiseLayer;

const convolutionNames = ['kind', 'name', 'stride', 'padding', 'dilation', 'groups', 'paddingMode', 'border'];

/** The options of each kind. */
const known: Readonly<Record<string, readonly string[]>> = {
  conv1d: convolutionNames,
  conv2d: convolutionNames,
  conv3d: convolutionNames,
  batchNorm: ['kind', 'name', 'eps', 'training'],
  averagePool: ['kind', 'size', 'stride', 'padding', 'countIncludePad', 'border'],
  maxPool: ['kind', 'size', 'stride', 'padding'],
  linear: ['kind', 'name'],
  globalAveragePool: ['kind'],
  flatten: ['kind', 'channelsFirst'],
  identity: ['kind'],
  dropout: ['kind'],
  ...pointwiseKinds,
};

/** Kinds whose layers have weights under a name. */
const named: readonly string[] = ['conv1d', 'conv2d', 'conv3d', 'batchNorm', 'linear'];

/**
 * The layers, each with its kind, name and the names of its options checked; what the options hold is checked where it is used.
 * @throws {OptionError} for no list, no layers, and options that a layer does not have @throws {UnsupportedError} for a kind that cannot be converted
 */
export function checkLayers(op: string, layers: readonly NetworkLayer[]): readonly NetworkLayer[] {
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new OptionError(
      `${op}: expected a list of layers such as [{ kind: 'conv2d', name: '0' }], got ${quote(layers)}`,
    );
  }
  for (const [i, layer] of layers.entries()) checkLayer(`${op}: layer ${i}`, layer);
  return layers;
}

function checkLayer(op: string, layer: NetworkLayer): void {
  const { kind, name } = Object(layer) as { readonly kind?: unknown; readonly name?: unknown };
  if (typeof kind !== 'string')
    throw new OptionError(`${op}: a layer is such as { kind: 'relu' }, got ${quote(layer)}`);
  if (!Object.hasOwn(known, kind)) throw new UnsupportedError(`${op}: ${whyNot(kind)}`);
  checkOptions(op, layer, known[kind] as readonly (keyof NetworkLayer)[]);
  if (!named.includes(kind) || (typeof name === 'string' && name !== '')) return;
  throw new OptionError(`${op}: ${kind} needs the name of its weights, got ${quote(name)}`);
}

function whyNot(kind: string): string {
  if (/transpose|deconv/i.test(kind)) return `a transposed convolution cannot be converted, got ${quote(kind)}`;
  if (/lazy/i.test(kind)) return `a lazy layer has no weights yet, got ${quote(kind)}`;
  return `cannot convert a layer of kind ${quote(kind)}; there are ${Object.keys(known).join(', ')}`;
}
