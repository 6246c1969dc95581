/** How far an attention layer can be from the convolution that it was made from: what is proven, and what was measured. */
import { type DType, requireFrom } from '@saccade/tensor';
import type { DenseConvolution } from '../convolution/convolution.js';
import type { Border } from '../layers/border.js';
import { missedShare, missedShareWithSink } from './theta.js';

/** What was measured on random images. */
export interface Measurement {
  /** Largest difference from the convolution, which was computed in float64. */
  readonly maxAbs: number;
  /** What the certificate allows on these images: of the attention weights, and of rounding. */
  readonly bound: number;
  /** Largest less smallest value that the layer sees, padding included. */
  readonly range: number;
  /** Largest output of the convolution. */
  readonly largest: number;
  /** Seed of the images, which are standard normal; undefined for images that were given. */
  readonly seed: number | undefined;
  /** Element type of the layer. */
  readonly dtype: DType;
}

/** What a bound in floating point has to know of the images. */
export interface RoundingOptions {
  /** Largest absolute value of the images. */
  readonly maxAbs: number;
  /** Sum of the extents of the image's axes. Default 64. */
  readonly pixels?: number | undefined;
}

/** Beyond this e^-x is 0: what is that far from its target has weight 0, not little. */
const ZERO_FROM = { float32: 104, float64: 746 } as const;
const UNIT = { float32: 2 ** -24, float64: 2 ** -53 } as const;

/** The certificate of a converted convolution. */
export class Certificate {
  readonly alpha: number;
  readonly border: Border['kind'];
  readonly dtype: 'float32' | 'float64';
  /** The largest share of a query's weight that is not where the convolution looks, of any head, query and image. */
  readonly epsBound: number;
  /** Whether each weight is 1 or 0 in the layer's element type: then the layer differs from a convolution by rounding alone. */
  readonly oneHot: boolean;
  /** sum |W| of each output. */
  readonly norms: readonly number[];
  /** Summands of each output. */
  readonly terms: number;
  /** What to know besides. */
  readonly notices: readonly string[];
  /** Undefined on devices whose memory the CPU does not see: `certify` measures there. */
  measured: Measurement | undefined;

  constructor(conv: DenseConvolution, alpha: number, border: Border['kind'], notices: readonly string[]) {
    const dims = conv.kernel.length;
    const sink = border === 'sink';
    this.alpha = alpha;
    this.border = border;
    this.dtype = conv.dtype === 'float64' ? 'float64' : 'float32';
    // The layer keeps sqrt(2 alpha), rounded.
    const kept = alpha * (1 - 4 * UNIT[this.dtype]);
    this.epsBound = sink ? missedShareWithSink(kept, dims) : missedShare(kept, dims);
    this.oneHot = (sink ? alpha / 2 : alpha) > ZERO_FROM[this.dtype];
    this.norms = filterNorms(conv);
    this.terms = conv.weight.length / conv.outputs;
    this.notices = notices;
  }

  /**
   * The largest error of each output for images whose values (of one channel, padding included) lie within `range` of each other:
   * epsBound sum |W| range, and with `rounding` what floating point adds to that.
   * @throws {OptionError} for a negative range
   */
  perChannelBound(range: number, rounding?: RoundingOptions): number[] {
    requireFrom('Certificate', 'range', range);
    const share = this.epsBound * range + (rounding === undefined ? 0 : this.#rounding(rounding));
    return this.norms.map((norm) => norm * share);
  }

  /** The classical bound n u sum |w| |x| for sums of n terms, with the weights' own errors: some ulps of exponentials and quotients. */
  #rounding({ maxAbs, pixels = 64 }: RoundingOptions): number {
    return (this.terms + pixels + 32) * UNIT[this.dtype] * maxAbs;
  }

  /** As plain data. */
  toJSON(): object {
    const { alpha, border, dtype, epsBound, oneHot, norms, measured, notices } = this;
    return { alpha, border, dtype, epsBound, oneHot, norms, measured, notices };
  }
}

/** sum |W[o, ...]| of each output. */
export function filterNorms({ weight, outputs }: DenseConvolution): number[] {
  const norms = new Array<number>(outputs).fill(0);
  for (let i = 0; i < weight.length; i++) norms[i % outputs]! += Math.abs(weight[i]!);
  return norms;
}
