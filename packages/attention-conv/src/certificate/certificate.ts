/** How far an attention layer can be from the convolution that it was made from: what is proven, and what was measured. */
import { type DType, requireFrom } from '@saccade/tensor';
import type { Products, ValueKind } from '../convert/value-maps.js';
import type { DenseConvolution } from '../convolution/convolution.js';
import type { Border } from '../layers/border.js';
import { afterRoundings, arithmetics, attentionRoundings, convolutionRounding, sumsOf } from './rounding.js';
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

/** What a convolution was converted with. */
export interface Converted {
  readonly alpha: number;
  readonly border: Border['kind'];
  readonly values: ValueKind;
  /** Of values that are products of two maps. */
  readonly products: Products | undefined;
  readonly notices: readonly string[];
}

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
  /** What to know besides. */
  readonly notices: readonly string[];
  /** Undefined on devices whose memory the CPU does not see: `certify` measures there. */
  measured: Measurement | undefined;
  readonly #conv: DenseConvolution;
  readonly #factored: boolean;
  readonly #products: Products | undefined;

  constructor(conv: DenseConvolution, { alpha, border, values, products, notices }: Converted) {
    this.alpha = alpha;
    this.border = border;
    this.dtype = conv.dtype === 'float64' ? 'float64' : 'float32';
    this.epsBound = missedBound(alpha, border, this.dtype, conv.kernel.length);
    this.oneHot = (border === 'sink' ? alpha / 2 : alpha) > ZERO_FROM[this.dtype];
    this.norms = filterNorms(conv);
    this.notices = notices;
    this.#conv = conv;
    this.#factored = values !== 'identity';
    this.#products = products;
  }

  /**
   * The largest error of each output for images whose values (of one channel, padding and the zero of a sink included) lie within `range` of each other:
   * epsBound sum |W| range, and with `rounding` what floating point adds to that, in the layer and in the convolution in float64 that it is compared with.
   * @throws {OptionError} for a negative range
   */
  perChannelBound(range: number, rounding?: RoundingOptions): number[] {
    requireFrom('Certificate', 'range', range);
    const missed = this.norms.map((norm) => norm * this.epsBound * range);
    if (rounding === undefined) return missed;
    const added = this.#rounding(rounding);
    return missed.map((bound, o) => bound + added[o]!);
  }

  #rounding({ maxAbs, pixels = 64 }: RoundingOptions): number[] {
    const { weight, inputs, outputs, padding, bias } = this.#conv;
    const arithmetic = arithmetics[this.dtype];
    const sums = sumsOf(weight, inputs, outputs, this.#products !== undefined);
    const keys = pixels + padding.flat().reduce((a, b) => a + b, 0);
    // Where weights are 1 and 0, sums over keys add zeros, which is exact.
    const steps = attentionRoundings(sums, { hard: this.oneHot, keys, factored: this.#factored });
    const part = afterRoundings(steps, arithmetic.unit) + convolutionRounding(sums, arithmetic);
    const { sizes = undefined, off = undefined } = this.#products ?? {};
    const least = sums.taps * inputs * arithmetic.tiny;
    return this.norms.map((norm, o) => {
      const weights = sizes === undefined ? norm : Math.max(norm, alongInputs(sizes, outputs, o));
      const size = (weights + least) * (maxAbs + arithmetic.tiny) + Math.abs(bias?.[o] ?? 0) + arithmetic.tiny;
      return part * size + (off === undefined ? 0 : alongInputs(off, outputs, o) * maxAbs);
    });
  }

  /** As plain data. */
  toJSON(): object {
    const { alpha, border, dtype, epsBound, oneHot, norms, measured, notices } = this;
    return { alpha, border, dtype, epsBound, oneHot, norms, measured, notices };
  }
}

/** `epsBound` for any sharpness. */
export function missedBound(alpha: number, border: Border['kind'], dtype: 'float32' | 'float64', dims: number): number {
  // The layer keeps sqrt(2 alpha), rounded.
  const kept = alpha * (1 - 4 * arithmetics[dtype].unit);
  return border === 'sink' ? missedShareWithSink(kept, dims) : missedShare(kept, dims);
}

/** The sum of a table [inputs, outputs] over inputs. */
function alongInputs(table: Float64Array, outputs: number, o: number): number {
  let sum = 0;
  for (let i = o; i < table.length; i += outputs) sum += table[i]!;
  return sum;
}

/** sum |W[o, ...]| of each output. */
export function filterNorms({ weight, outputs }: DenseConvolution): number[] {
  const norms = new Array<number>(outputs).fill(0);
  for (let i = 0; i < weight.length; i++) norms[i % outputs]! += Math.abs(weight[i]!);
  return norms;
}
