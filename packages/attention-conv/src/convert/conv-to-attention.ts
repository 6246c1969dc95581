/** The paper's Theorem 1 as a function: any convolution becomes quadratic attention, one head for each tap of its kernel. */
import {
  assign,
  checkOptions,
  OptionError,
  Rng,
  requireAbove,
  requireOneOf,
  scope,
  type TypedArray,
  tensor,
} from '@saccade/tensor';
import { Certificate, filterNorms } from '../certificate/certificate.js';
import { measure } from '../certificate/certify.js';
import { missedShare, missedShareWithSink } from '../certificate/theta.js';
import { type Convolution, type DenseConvolution, readConvolution } from '../convolution/convolution.js';
import type { Border } from '../layers/border.js';
import { QuadraticAttention } from '../layers/quadratic-attention.js';
import { productsOf, type ValueKind, type ValueMaps, valueMaps } from './value-maps.js';

/** How a convolution is converted. */
export interface ConvToAttentionOptions {
  /**
   * Sharpness of the heads: a pixel n from the target has e^(-alpha n^2) of its weight. Default 128, at which float32 weights are 1 and 0.
   * Small ones, such as 1, can be trained on at once, but are not yet a convolution.
   */
  readonly alpha?: number | undefined;
  /** Instead of alpha: the largest error that any output may have, for images whose values lie within `range` of each other. */
  readonly maxError?: number | undefined;
  /** The width of the images' values, for `maxError`. Default 1. */
  readonly range?: number | undefined;
  /**
   * What stands around the image. `pad` (default) extends it; `sink`, for zeros, gives each head one more key of value zero instead, which needs
   * twice the alpha; `native`, for replicate padding or none, does nothing, as the nearest pixel is what replicate padding holds.
   */
  readonly border?: 'pad' | 'sink' | 'native' | undefined;
  /**
   * Where the taps' weights go. `identity` (default): heads mix the channels as they are, the output map holds the kernel. `project`: each head
   * has its tap's map as its value map. `lowrank`: the same split by singular values, with as many channels a head as the largest rank.
   */
  readonly values?: ValueKind | undefined;
}

const names = ['alpha', 'maxError', 'range', 'border', 'values'] as const;

const DEFAULT_ALPHA = 128;
/** Sharper heads look the same, and scores stay far from overflow. */
const LARGEST_ALPHA = 1024;

/**
 * An attention layer that computes the convolution (cross-correlation, as all libraries have it), from images [batch, ...spatial, inputs] to [batch,
 * ...spatial', outputs], and the certificate of how far it can be from it. Head h looks at offset (tap dilation - padding before), taps in row-major
 * order; queries stand at whole strides (Theorem 1, Lemmas 1 and 2; strides by the choice of queries rather than by pooling).
 * @throws {OptionError} for an alpha not above 0, or too small for `maxError`; for a border that the padding mode does not go with
 * @throws {ShapeError} for weights and biases that do not fit @throws {UnsupportedError} for a transposed convolution or an unknown padding mode
 * @throws {DeviceError} for weights on a GPU, whose memory the CPU does not see: pass arrays
 */
export function convToAttention(
  conv: Convolution,
  options: ConvToAttentionOptions = {},
): { readonly layer: QuadraticAttention; readonly certificate: Certificate } {
  const op = 'convToAttention';
  const { values = 'identity', border: kind = 'pad' } = checkOptions(op, options, names);
  requireOneOf(op, 'values', values, ['identity', 'project', 'lowrank']);
  requireOneOf(op, 'border', kind, ['pad', 'sink', 'native']);
  const dense = readConvolution(op, conv);
  const border = borderFor(op, dense, kind);
  const { alpha, notices } = alphaFor(op, dense, border.kind, options);
  const maps = valueMaps(dense, values);
  const layer = build(dense, border, alpha, maps);
  const products = productsOf(dense, values, maps);
  const certificate = new Certificate(dense, { alpha, border: border.kind, values, products, notices });
  if (layer.weight.device.readSync === undefined) return { layer, certificate };
  try {
    certificate.measured = measure(layer, dense, certificate);
    return { layer, certificate };
  } catch (error) {
    layer.dispose();
    throw error;
  }
}

/** What stands around images of a convolution. @throws {OptionError} for a border that does not give this padding */
export function borderFor(op: string, { padding, paddingMode }: DenseConvolution, kind: Border['kind']): Border {
  const none = padding.every(([before, after]) => before + after === 0);
  if (kind === 'pad') return none ? { kind: 'native' } : { kind, mode: paddingMode, widths: padding };
  if (none || paddingMode === (kind === 'sink' ? 'zeros' : 'replicate')) return { kind };
  const wanted = kind === 'sink' ? 'zeros' : 'replicate padding';
  throw new OptionError(`${op}: border '${kind}' gives ${wanted}, the convolution has ${paddingMode}: use 'pad'`);
}

/** The sharpness that was asked for, or that the error asks for. @throws {OptionError} */
function alphaFor(
  op: string,
  conv: DenseConvolution,
  border: Border['kind'],
  { alpha, maxError, range = 1 }: ConvToAttentionOptions,
): { readonly alpha: number; readonly notices: readonly string[] } {
  if (alpha !== undefined) requireAbove(op, 'alpha', alpha);
  requireAbove(op, 'range', range);
  const clamped = Math.min(alpha ?? DEFAULT_ALPHA, LARGEST_ALPHA);
  const notices =
    alpha !== undefined && alpha > LARGEST_ALPHA
      ? [`alpha ${alpha} was set to ${LARGEST_ALPHA}: heads are one-hot there, and scores of larger ones overflow`]
      : [];
  if (maxError === undefined) return { alpha: clamped, notices };
  requireAbove(op, 'maxError', maxError);
  const needed = neededAlpha(op, conv, border, maxError / range);
  if (alpha === undefined) return { alpha: needed, notices };
  if (clamped >= needed) return { alpha: clamped, notices };
  throw new OptionError(
    `${op}: alpha ${alpha} allows errors above maxError ${maxError}; it takes ${needed.toPrecision(4)}`,
  );
}

/** The smallest alpha whose bound is at most `error` for a range of 1, near ln(2 dims sum |W| / error), or twice that with a sink. @throws {OptionError} if there is none */
function neededAlpha(op: string, conv: DenseConvolution, border: Border['kind'], error: number): number {
  const norm = filterNorms(conv).reduce((most, own) => Math.max(most, own), Number.MIN_VALUE);
  const missed = border === 'sink' ? missedShareWithSink : missedShare;
  const errorAt = (alpha: number): number => missed(alpha, conv.kernel.length) * norm;
  if (errorAt(LARGEST_ALPHA) > error) {
    throw new OptionError(
      `${op}: no alpha keeps all errors below ${error} for a range of 1; ${LARGEST_ALPHA} allows ${errorAt(LARGEST_ALPHA)}`,
    );
  }
  let [low, high] = [0, LARGEST_ALPHA];
  for (let i = 0; i < 60 && high - low > 1e-9 * high; i++) {
    const middle = (low + high) / 2;
    if (errorAt(middle) <= error) high = middle;
    else low = middle;
  }
  // The certificate takes off what rounding alpha may cost.
  return Math.min(LARGEST_ALPHA, high * (1 + 1e-6));
}

/** The layer: centres at the taps' shifts, one spread for all, and the kernel in the values. */
function build(conv: DenseConvolution, border: Border, alpha: number, maps: ValueMaps): QuadraticAttention {
  const { inputs, outputs, kernel, padding, dilation, stride, dtype, device } = conv;
  const shifts = shiftsOf(conv);
  const growth = kernel.map((taps, i) => padding[i]![0] + padding[i]![1] - dilation[i]! * (taps - 1));
  const layer = new QuadraticAttention({
    dims: kernel.length,
    inputs,
    outputs,
    heads: shifts.length,
    bias: conv.bias !== undefined,
    headChannels: maps.headChannels,
    window: { stride, growth, border },
    dtype,
    device,
    rng: new Rng(0),
  });
  const give = (to: QuadraticAttention['weight'] | undefined, data: TypedArray | number[] | undefined): void => {
    if (to === undefined || data === undefined) return;
    scope(() => assign(to, tensor(Array.from(data), { shape: to.shape, dtype, device })));
  };
  give(layer.centers, shifts.flat());
  give(layer.spreads, new Array<number>(shifts.length).fill(Math.sqrt(2 * alpha)));
  give(layer.weight, maps.weight);
  give(layer.bias, conv.bias);
  give(layer.projection, maps.projection);
  return layer;
}

/** tap dilation - padding before, for all taps in row-major order (A bijection of heads and shifts, Lemma 1). */
function shiftsOf({ kernel, dilation, padding }: DenseConvolution): number[][] {
  return kernel.reduce<number[][]>(
    (shifts, taps, i) =>
      shifts.flatMap((shift) => Array.from({ length: taps }, (_, a) => [...shift, a * dilation[i]! - padding[i]![0]])),
    [[]],
  );
}
