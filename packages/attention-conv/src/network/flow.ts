/** What is known of the values on their way through a network: between which bounds they lie, and how far its two forms can be apart. */
import {
  type Arithmetic,
  afterRoundings,
  attentionRoundings,
  convolutionRounding,
  type Sums,
  sumsOf,
} from '../certificate/rounding.js';
import type { Products } from '../convert/value-maps.js';
import type { ConvolutionPart, LinearPart } from './part.js';
import type { PointwiseFacts } from './pointwise.js';

/** Of each channel, or each value where images are flat. */
export interface Flow {
  /** The network of convolutions, as it is computed, gives values from here ... */
  readonly low: Float64Array;
  /** ... to here. */
  readonly high: Float64Array;
  /** The network of attention gives values that are so far from them at most. */
  readonly error: Float64Array;
}

/** What comes in: the same images for both. */
export function inputFlow(channels: number, [low, high]: readonly [number, number]): Flow {
  const each = (value: number): Float64Array => new Float64Array(channels).fill(value);
  return { low: each(low), high: each(high), error: each(0) };
}

/** How a part differs from what it stands for. */
export interface Inexactness {
  readonly arithmetic: Arithmetic;
  /** The largest share of a query's weight that is not where the convolution looks. */
  readonly missed: number;
  /** Whether attention is computed as a convolution, as it is where next to nothing misses. Else its sums run over keys too. */
  readonly hard: boolean;
  /** Keys along all axes together. */
  readonly keys: number;
  /** Whether value maps are products of two. */
  readonly factored: boolean;
}

/** Weights summed up over taps, which is all that bounds need: [inputs, outputs] each. */
export interface Masses extends Sums {
  /** Sums of the positive weights, and of the negative ones negated. */
  readonly positive: Float64Array;
  readonly negative: Float64Array;
  readonly products: Products | undefined;
  readonly bias: Float64Array | undefined;
}

/** Sums up weights [taps, inputs, outputs]. */
export function massesOf(part: ConvolutionPart | LinearPart, products: Products | undefined): Masses {
  const { inputs, outputs, weight, bias } = part.kind === 'linear' ? part : part.conv;
  const size = inputs * outputs;
  const [positive, negative] = [new Float64Array(size), new Float64Array(size)];
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i]!;
    if (w > 0) positive[i % size]! += w;
    else negative[i % size]! -= w;
  }
  return { ...sumsOf(weight, inputs, outputs, products !== undefined), positive, negative, products, bias };
}

/**
 * y = W x + b against attention of x + e: |sum W e|, the attention weight that misses its target times the width of what it may see instead, and the rounding of
 * both. With `seesZero` zeros stand around the image.
 */
export function throughMap(flow: Flow, masses: Masses, inexact: Inexactness, seesZero: boolean): Flow {
  const { taps, inputs, outputs, positive, negative, bias, products } = masses;
  const { missed, arithmetic } = inexact;
  const { tiny } = arithmetic;
  const low = Float64Array.from({ length: outputs }, (_, o) => bias?.[o] ?? 0);
  const high = low.slice();
  const error = new Float64Array(outputs);
  const sizes = low.map((b) => Math.abs(b) + tiny);
  for (let c = 0; c < inputs; c++) {
    const [l, h, e] = [flow.low[c]!, flow.high[c]!, flow.error[c]!];
    const [from, to] = seesZero ? [Math.min(l, 0), Math.max(h, 0)] : [l, h];
    const range = Math.max(to, h + e) - Math.min(from, l - e);
    const largest = largestOf(flow, c) + tiny;
    for (let o = 0; o < outputs; o++) {
      const place = c * outputs + o;
      const [p, n] = [positive[place]!, negative[place]!];
      low[o]! += p * from - n * to;
      high[o]! += p * to - n * from;
      error[o]! += (p + n) * (e + missed * range);
      sizes[o]! += (Math.max(products?.sizes[place] ?? 0, p + n) + taps * tiny) * largest;
    }
    if (products !== undefined && arithmetic.unit > 0) {
      for (let o = 0; o < outputs; o++) error[o]! += products.off[c * outputs + o]! * largest;
    }
  }
  const own = afterRoundings(attentionRoundings(masses, inexact), arithmetic.unit);
  return widened({ low, high, error }, sizes, { own, other: convolutionRounding(masses, arithmetic) }, arithmetic);
}

/** Besides, each axis' shares are rounded and multiplied by, and so are the taps. */
const FOR_SHARES = 8;

/** A mean over the pixels of a window that are no padding, from the mean over all of it: up to `taps` times as large. */
export function throughMeanOfPixels(flow: Flow, masses: Masses, inexact: Inexactness): Flow {
  const { taps, terms } = masses;
  const { arithmetic, missed } = inexact;
  const error = flow.error.map((e, c) => e + (missed === 0 ? 0 : taps * missed * rangeOf(flow, c)));
  const sizes = flow.low.map((_, c) => taps * (largestOf(flow, c) + arithmetic.tiny));
  const own = afterRoundings(attentionRoundings(masses, inexact) + FOR_SHARES, arithmetic.unit);
  const other = convolutionRounding({ terms: terms + FOR_SHARES }, arithmetic);
  return widened({ ...flow, error }, sizes, { own, other }, arithmetic);
}

/** The mean over all `pixels` of an image. */
export function throughGlobalMean(flow: Flow, pixels: number, { arithmetic, keys }: Inexactness): Flow {
  const sizes = flow.low.map((_, c) => largestOf(flow, c) + pixels * arithmetic.tiny);
  const own = afterRoundings(2 * keys + 32, arithmetic.unit);
  const other = convolutionRounding({ terms: pixels }, arithmetic);
  return widened(flow, sizes, { own, other }, arithmetic);
}

/** Any function whose slope is known. */
export function throughPointwise(flow: Flow, { lipschitz, range, ulps }: PointwiseFacts, arithmetic: Arithmetic): Flow {
  const ends = Array.from(flow.low, (low, c) => range(low, flow.high[c]!));
  const sizes = flow.low.map(
    (_, c) => largestOf(flow, c) + Math.max(...ends[c]!.map(Math.abs)) + lipschitz * flow.error[c]! + arithmetic.tiny,
  );
  const next = {
    low: Float64Array.from(ends, ([low]) => low),
    high: Float64Array.from(ends, ([, high]) => high),
    error: flow.error.map((e) => lipschitz * e),
  };
  // Both networks compute the same function.
  const part = 2 * ulps * arithmetic.unit;
  return widened(next, sizes, { own: part, other: part }, arithmetic);
}

/** Each channel's value at all pixels, channel by channel or pixel by pixel. */
export function throughFlatten(flow: Flow, pixels: number, channelsFirst: boolean): Flow {
  const spread = (list: Float64Array): Float64Array =>
    Float64Array.from({ length: list.length * pixels }, (_, i) =>
      channelsFirst ? list[Math.floor(i / pixels)]! : list[i % list.length]!,
    );
  return { low: spread(flow.low), high: spread(flow.high), error: spread(flow.error) };
}

const largestOf = ({ low, high, error }: Flow, c: number): number =>
  Math.max(Math.abs(low[c]!), Math.abs(high[c]!)) + error[c]!;

/** Padding included, which is zero. */
const rangeOf = ({ low, high, error }: Flow, c: number): number =>
  Math.max(high[c]! + error[c]!, 0) - Math.min(low[c]! - error[c]!, 0);

/** Both forms of the network round by parts of the sizes: attention by `own`, the network of convolutions by `other`. What overflows is off by anything. */
function widened(
  flow: Flow,
  sizes: Float64Array,
  { own, other }: { readonly own: number; readonly other: number },
  { largest }: Arithmetic,
): Flow {
  if (own + other === 0) return flow;
  const all = sizes.map((size) => (size <= largest ? size : Number.POSITIVE_INFINITY));
  return {
    low: flow.low.map((value, o) => value - other * all[o]!),
    high: flow.high.map((value, o) => value + other * all[o]!),
    error: flow.error.map((value, o) => value + (own + other) * all[o]!),
  };
}
