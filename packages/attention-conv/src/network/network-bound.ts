/** The composite bound: how far the attention form of a whole network can be from its convolutions. */
import { missedBound } from '../certificate/certificate.js';
import { arithmetics, exact } from '../certificate/rounding.js';
import { productsOf, type ValueKind } from '../convert/value-maps.js';
import type { DenseConvolution } from '../convolution/convolution.js';
import { extentsThrough } from './extents.js';
import {
  type Flow,
  type Inexactness,
  inputFlow,
  type Masses,
  massesOf,
  throughFlatten,
  throughGlobalMean,
  throughMap,
  throughMeanOfPixels,
  throughPointwise,
} from './flow.js';
import type { ConvolutionPart, Part, Plan } from './part.js';

/** What images a bound is for, and of what arithmetic. */
export interface BoundOptions {
  readonly alpha: number;
  /** All values of the images lie in it. */
  readonly inputRange: readonly [low: number, high: number];
  /** Of the images. */
  readonly extents: readonly number[];
  /** Whether rounding counts too, in the network's element type, or the attention weights alone. */
  readonly rounding: boolean;
}

/** Bounds of one network, for any sharpness and images. */
export class NetworkBound {
  readonly #op: string;
  readonly #plan: Plan;
  readonly #masses: ReadonlyMap<Part, Masses>;
  readonly #factored: boolean;

  /** @param values where the taps' weights go */
  constructor(op: string, plan: Plan, values: ValueKind) {
    this.#op = op;
    this.#plan = plan;
    this.#factored = values !== 'identity';
    const masses = new Map<Part, Masses>();
    for (const part of plan.parts) {
      if (part.kind === 'linear') masses.set(part, massesOf(part, undefined));
      if (part.kind === 'convolution') masses.set(part, massesOf(part, productsOf(part.conv, values)));
    }
    this.#masses = masses;
  }

  /** The network's element type. */
  get dtype(): Plan['dtype'] {
    return this.#plan.dtype;
  }

  /** For each output (of each pixel) the largest error. @throws {ShapeError} for images that do not go through */
  perOutput({ alpha, inputRange, extents, rounding }: BoundOptions): Float64Array {
    const through = extentsThrough(this.#op, this.#plan, extents);
    const { parts, inputs, dtype } = this.#plan;
    const arithmetic = rounding ? arithmetics[dtype] : exact;
    let flow = inputFlow(inputs, inputRange);
    for (const [i, part] of parts.entries()) {
      const before = through[i] as readonly number[];
      const whole = { arithmetic, missed: 0, hard: true, keys: sum(before), factored: false };
      flow = this.#through(flow, part, before, alpha, whole);
    }
    // Differences of infinities are no numbers: nothing is known there.
    return flow.error.map((error) => (error >= 0 ? error : Number.POSITIVE_INFINITY));
  }

  /** The largest error of any output. @throws {ShapeError} */
  largest(options: BoundOptions): number {
    return this.perOutput(options).reduce((most, error) => Math.max(most, error), 0);
  }

  #through(flow: Flow, part: Part, extents: readonly number[], alpha: number, whole: Inexactness): Flow {
    switch (part.kind) {
      case 'convolution':
        return this.#throughConvolution(flow, part, alpha, whole);
      case 'linear':
        return throughMap(flow, this.#masses.get(part)!, whole, false);
      case 'pointwise':
        return throughPointwise(flow, part.module.facts, whole.arithmetic);
      case 'global-mean':
        return throughGlobalMean(flow, product(extents), whole);
      case 'flatten':
        return throughFlatten(flow, product(extents), part.channelsFirst);
      case 'max-pool':
        return flow;
    }
  }

  #throughConvolution(flow: Flow, part: ConvolutionPart, alpha: number, whole: Inexactness): Flow {
    const { conv, border, overPixels } = part;
    const masses = this.#masses.get(part) as Masses;
    const missed = missedBound(alpha, border, this.#plan.dtype, conv.kernel.length);
    const keys = whole.keys + sum(conv.padding.flat());
    const inexact = { ...whole, missed, hard: missed <= HARD, keys, factored: this.#factored };
    if (overPixels) return throughMeanOfPixels(flow, masses, inexact);
    // A sink is seen everywhere, padding or not.
    return throughMap(flow, masses, inexact, border === 'sink' || padsWithZeros(conv));
  }
}

/** The share with which layers compute attention as a convolution. */
const HARD = 1e-20;

function padsWithZeros({ padding, paddingMode }: DenseConvolution): boolean {
  return paddingMode === 'zeros' && padding.some(([before, after]) => before + after > 0);
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
