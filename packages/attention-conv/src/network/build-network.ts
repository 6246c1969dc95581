/** From the parts of a network to its attention form. */
import { Flatten } from '@saccade/nn';
import { assign, Rng, type Tensor, tensor } from '@saccade/tensor';
import type { Certificate } from '../certificate/certificate.js';
import { convToAttention } from '../convert/conv-to-attention.js';
import { QuadraticAttention } from '../layers/quadratic-attention.js';
import { Affine } from './affine.js';
import { AttentionNetwork, type Conversion, type NetworkModule } from './attention-network.js';
import type { ConvolutionPart, LinearPart, Part, Plan } from './part.js';
import { PixelMean } from './pixel-mean.js';
import type { Place } from './weights.js';

/** One attention layer of a network. */
export interface ConvertedLayer {
  readonly name: string;
  readonly layer: QuadraticAttention;
  /** How far the layer can be from its convolution, by itself. */
  readonly certificate: Certificate;
}

/** A network and its attention layers. */
export interface BuiltNetwork {
  readonly network: AttentionNetwork;
  readonly layers: readonly ConvertedLayer[];
}

/** Converts each part; frees what was made if one cannot be. */
export function buildNetwork(plan: Plan, conversion: Conversion): BuiltNetwork {
  const modules = new Map<string, NetworkModule>();
  const layers: ConvertedLayer[] = [];
  let channels = plan.inputs;
  try {
    for (const part of plan.parts) {
      if (part.kind === 'convolution') {
        const converted = convert(part, conversion);
        layers.push({ name: part.name, ...converted });
        channels = part.conv.outputs;
        modules.set(part.name, part.overPixels ? pixelMean(part, converted.layer) : converted.layer);
      } else modules.set(part.name, moduleOf(part, channels, plan));
    }
    // Layers may have taken a smaller one than was asked for.
    const alpha = Math.min(conversion.alpha, ...layers.map(({ certificate }) => certificate.alpha));
    const network = new AttentionNetwork(plan.dims, plan.inputs, modules, { ...conversion, alpha });
    return { network, layers };
  } catch (error) {
    for (const module of modules.values()) module.dispose();
    throw error;
  }
}

/** A dense kernel [taps, inputs, outputs] is one of TensorFlow's form. */
function convert({ conv, border }: ConvolutionPart, { alpha, values }: Conversion) {
  const { kernel, inputs, outputs, stride, padding, dilation, paddingMode, dtype, device } = conv;
  const weight = tensor(conv.weight, { shape: [...kernel, inputs, outputs], dtype, device });
  const bias = conv.bias && tensor(conv.bias, { dtype, device });
  try {
    const given = { weight, bias, stride, padding, dilation, paddingMode, layout: 'keras' } as const;
    return convToAttention(given, { alpha, values, border });
  } finally {
    weight.dispose();
    bias?.dispose();
  }
}

function pixelMean({ conv }: ConvolutionPart, layer: QuadraticAttention): PixelMean {
  return new PixelMean(
    { size: conv.kernel, stride: conv.stride, padding: conv.padding.map(([before]) => before) },
    layer,
  );
}

function moduleOf(part: Exclude<Part, ConvolutionPart>, channels: number, plan: Plan): NetworkModule {
  switch (part.kind) {
    case 'linear':
      return affine(part, plan);
    case 'global-mean':
      return globalMean(plan.dims, channels, plan);
    case 'flatten':
      return new Flatten({ channelsFirst: part.channelsFirst });
    default:
      return part.module;
  }
}

function affine({ inputs, outputs, weight, bias }: LinearPart, place: Place): Affine {
  const made = new Affine('convertNetwork', { inputs, outputs, bias: bias !== undefined }, place);
  const transposed = weight.map((_, i) => weight[(i % inputs) * outputs + Math.floor(i / inputs)]!);
  give(made.weight, transposed);
  if (made.bias !== undefined && bias !== undefined) give(made.bias, bias);
  return made;
}

/** One query, whatever the image: the next one would stand this far away. */
const FAR = 2 ** 30;

/** The mean over all pixels: one head that looks everywhere alike (alpha 0), which is exact. */
function globalMean(dims: number, channels: number, { dtype, device }: Place): QuadraticAttention {
  const each = (value: number): number[] => new Array<number>(dims).fill(value);
  const window = { stride: each(FAR), growth: each(0), border: { kind: 'native' } } as const;
  const layer = new QuadraticAttention({
    ...{ dims, inputs: channels, heads: 1, bias: false, window, dtype, device },
    rng: new Rng(0),
  });
  give(layer.centers, new Float64Array(dims));
  give(layer.spreads, new Float64Array(1));
  give(
    layer.weight,
    Float64Array.from({ length: channels ** 2 }, (_, i) => Number(i % (channels + 1) === 0)),
  );
  return layer;
}

/** New values for a parameter. */
function give(to: Tensor, values: Float64Array): void {
  const value = tensor(values, { shape: to.shape, dtype: to.dtype, device: to.device });
  assign(to, value);
  value.dispose();
}
