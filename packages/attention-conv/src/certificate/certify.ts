/** Measures how far a layer is from a convolution. */
import { Rng, ShapeError, scope, show, type Tensor } from '@saccade/tensor';
import { type Convolution, type DenseConvolution, readConvolution } from '../convolution/convolution.js';
import { convolve, type HostImages } from '../convolution/convolve.js';
import type { QuadraticAttention } from '../layers/quadratic-attention.js';
import type { Certificate, Measurement } from './certificate.js';

/**
 * Runs a converted layer and its convolution on images and compares: what `certificate.measured` tells of random ones.
 * @param images [batch, ...spatial, channels]
 * @throws {ShapeError} for images that do not fit, or outputs that differ in shape
 */
export async function certify(
  { layer, certificate }: { readonly layer: QuadraticAttention; readonly certificate: Certificate },
  conv: Convolution,
  images: Tensor,
): Promise<Measurement> {
  const dense = readConvolution('certify', conv);
  const out = layer.forward(images);
  try {
    const [x, y] = [await images.data(), await out.data()];
    return compare(dense, certificate, hostImages(images, x), { shape: out.shape, data: y }, undefined);
  } finally {
    out.dispose();
  }
}

/** Seed of the images on which every conversion is measured. */
const PROBE_SEED = 0;

/** Measures on random images, large enough for all taps. */
export function measure(layer: QuadraticAttention, conv: DenseConvolution, certificate: Certificate): Measurement {
  return scope(() => {
    const shape = [1, ...probeExtents(conv), conv.inputs];
    const images = new Rng(PROBE_SEED).normal(shape, { dtype: certificate.dtype, device: conv.device });
    const out = layer.forward(images);
    const y = { shape: out.shape, data: out.dataSync() };
    return compare(conv, certificate, hostImages(images, images.dataSync()), y, PROBE_SEED);
  });
}

/** A few pixels more than the taps span, and than the padding mode needs. */
function probeExtents({ kernel, dilation, padding, stride }: DenseConvolution): number[] {
  const most = [24, 8, 4][kernel.length - 1] as number;
  return kernel.map((taps, i) => {
    const [before, after] = padding[i] as readonly [number, number];
    const span = dilation[i]! * (taps - 1) + 1;
    return Math.max(most, span - before - after + stride[i]!, before + 1, after + 1);
  });
}

function hostImages(images: Tensor, data: ArrayLike<number>): HostImages {
  const { shape } = images;
  return { batch: shape[0] as number, extents: shape.slice(1, -1), channels: shape.at(-1) as number, data };
}

function compare(
  conv: DenseConvolution,
  certificate: Certificate,
  x: HostImages,
  y: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  seed: number | undefined,
): Measurement {
  const expected = convolve('certify', x, conv);
  const shape = [expected.batch, ...expected.extents, expected.channels];
  if (String(shape) !== String(y.shape)) {
    throw new ShapeError(`certify: the convolution gives ${show(shape)}, the layer ${show(y.shape)}`);
  }
  let [maxAbs, largest] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    maxAbs = Math.max(maxAbs, Math.abs(expected.data[i]! - y.data[i]!));
    largest = Math.max(largest, Math.abs(expected.data[i]!));
  }
  const padded = conv.padding.some(([before, after]) => before + after > 0) && conv.paddingMode === 'zeros';
  // A sink is seen everywhere, padding or not.
  const { range, most } = extremes(x.data, x.channels, padded || certificate.border === 'sink');
  const pixels = x.extents.reduce((a, b) => a + b, 0);
  const bound = Math.max(...certificate.perChannelBound(range, { maxAbs: most, pixels }));
  return { maxAbs, bound, range, largest, seed, dtype: certificate.dtype };
}

/** The widest range of any channel, with a zero where padding brings one in, and the largest absolute value. */
function extremes(data: ArrayLike<number>, channels: number, withZero: boolean): { range: number; most: number } {
  let [range, most] = [0, 0];
  for (let c = 0; c < channels; c++) {
    let [low, high] = withZero ? [0, 0] : [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = c; i < data.length; i += channels) {
      low = Math.min(low, data[i]!);
      high = Math.max(high, data[i]!);
    }
    range = Math.max(range, high - low);
    most = Math.max(most, Math.abs(low), Math.abs(high));
  }
  return { range, most };
}
