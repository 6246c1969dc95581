/** How far the attention form of a whole network can be from its convolutions: what is proven, and what was measured. */
import type { Certificate } from '../certificate/certificate.js';
import type { Conversion } from './attention-network.js';
import type { NetworkBound } from './network-bound.js';

/** What was measured on images. */
export interface NetworkMeasurement {
  /** Largest difference of any output from the network computed as convolutions. */
  readonly maxAbs: number;
  /** What the certificate allows on these images. */
  readonly bound: number;
  /** Largest output of the network of convolutions. */
  readonly largest: number;
  readonly images: number;
  /** Of random images, uniform in the input range; undefined for images that were given. */
  readonly seed: number | undefined;
  readonly dtype: 'float32' | 'float64';
}

/**
 * The certificate of a converted network. Interval propagation tells between which bounds the values of each layer lie for images within `inputRange`; each
 * layer adds its own error, which the next ones make larger by sum |W| at most, and activations by their steepest slope.
 */
export class NetworkCertificate {
  readonly alpha: number;
  readonly inputRange: readonly [low: number, high: number];
  /** Of the images that `bound` is for; only rounding depends on them. */
  readonly extents: readonly number[];
  readonly dtype: 'float32' | 'float64';
  /** Whether each weight of each layer that stands for a convolution is 1 or 0: then rounding alone makes a difference. */
  readonly oneHot: boolean;
  /** The largest error of any output, in exact arithmetic. */
  readonly attentionBound: number;
  /** The same with the rounding of both networks: no measured difference is larger. */
  readonly bound: number;
  /** `bound` of each output. */
  readonly perOutput: readonly number[];
  /** Those of the attention layers, each by itself. */
  readonly layers: readonly { readonly name: string; readonly certificate: Certificate }[];
  readonly notices: readonly string[];
  measured: NetworkMeasurement | undefined;

  constructor(bounds: NetworkBound, conversion: Conversion, layers: NetworkCertificate['layers']) {
    const { alpha, inputRange, extents } = conversion;
    this.alpha = alpha;
    this.inputRange = inputRange;
    this.extents = extents;
    this.dtype = bounds.dtype;
    this.oneHot = layers.every(({ certificate }) => certificate.oneHot);
    this.perOutput = Array.from(bounds.perOutput({ ...conversion, rounding: true }));
    this.bound = this.perOutput.reduce((most, error) => Math.max(most, error), 0);
    this.attentionBound = bounds.largest({ ...conversion, rounding: false });
    this.layers = layers.map(({ name, certificate }) => ({ name, certificate }));
    this.notices = [...new Set(layers.flatMap(({ certificate }) => certificate.notices))];
  }

  /** As plain data. */
  toJSON(): object {
    const { alpha, inputRange, extents, dtype, oneHot, attentionBound, bound, perOutput, measured, notices, layers } =
      this;
    return { alpha, inputRange, extents, dtype, oneHot, attentionBound, bound, perOutput, measured, notices, layers };
  }
}
