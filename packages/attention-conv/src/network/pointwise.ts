/** Activations that a network keeps: what they compute, and what is known of them for bounds. */
import { elu, leakyRelu, Module } from '@saccade/nn';
import {
  gelu,
  OptionError,
  quote,
  relu,
  requireWithin,
  sigmoid,
  silu,
  softplus,
  type Tensor,
  tanh,
} from '@saccade/tensor';

/** An activation as data. */
export type PointwiseLayer =
  | { readonly kind: 'relu' | 'tanh' | 'sigmoid' | 'silu' | 'softplus' }
  | {
      readonly kind: 'gelu';
      /** `tanh` takes the usual approximation. Default none. */
      readonly approximate?: 'none' | 'tanh' | undefined;
    }
  | {
      readonly kind: 'elu';
      /** What it tends to on the left, negated. Default 1. */
      readonly alpha?: number | undefined;
    }
  | {
      readonly kind: 'leakyRelu';
      /** Default 0.01. */
      readonly negativeSlope?: number | undefined;
    };

/** The options of each kind. */
export const pointwiseKinds = {
  relu: ['kind'],
  tanh: ['kind'],
  sigmoid: ['kind'],
  silu: ['kind'],
  softplus: ['kind'],
  gelu: ['kind', 'approximate'],
  elu: ['kind', 'alpha'],
  leakyRelu: ['kind', 'negativeSlope'],
} as const;

export function isPointwise(layer: { readonly kind: string }): layer is PointwiseLayer {
  return Object.hasOwn(pointwiseKinds, layer.kind);
}

/** The activation as a module, which has no weights. */
export class Pointwise extends Module {
  readonly layer: PointwiseLayer;
  readonly facts: PointwiseFacts;

  /** @throws {OptionError} for an option that the function does not take */
  constructor(op: string, layer: PointwiseLayer) {
    super();
    this.layer = layer;
    this.facts = factsOf(op, layer);
  }

  override forward(x: Tensor): Tensor {
    return this.facts.compute(x);
  }
}

/** What bounds need to know of a function f. */
export interface PointwiseFacts {
  readonly compute: (x: Tensor) => Tensor;
  /** |f(x) - f(y)| <= lipschitz |x - y|. */
  readonly lipschitz: number;
  /** An upper bound of f on [low, high], and a lower one. */
  readonly range: (low: number, high: number) => readonly [low: number, high: number];
  /** Units in the last place of the larger of |x| and |f(x)| by which a computed value may be off. */
  readonly ulps: number;
}

/** Functions that never fall are between their values at the ends. */
const rising =
  (f: (x: number) => number): PointwiseFacts['range'] =>
  (low, high) => [f(low), f(high)];

/** Those that lie between 0 and x on the right, and above a floor on the left. */
const between =
  (floor: number): PointwiseFacts['range'] =>
  (low, high) => [low >= 0 ? 0 : floor, Math.max(0, high)];

const negative = (x: number): number => Math.min(0, x);

/** Below 0 the functions would fall, and far above differences would grow beyond bounds. */
const LARGEST = 1e6;

function factsOf(op: string, layer: PointwiseLayer): PointwiseFacts {
  switch (layer.kind) {
    case 'relu':
      return { compute: relu, lipschitz: 1, range: rising((x) => Math.max(0, x)), ulps: 0 };
    case 'tanh':
      return { compute: tanh, lipschitz: 1, range: rising(Math.tanh), ulps: 32 };
    case 'sigmoid':
      return { compute: sigmoid, lipschitz: 1 / 4, range: rising((x) => 1 / (1 + Math.exp(-x))), ulps: 32 };
    case 'softplus': {
      const f = (x: number): number => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
      return { compute: softplus, lipschitz: 1, range: rising(f), ulps: 32 };
    }
    case 'silu':
      // The largest slope is 1.09984, the smallest value -0.27847.
      return { compute: silu, lipschitz: 1.0999, range: between(-0.2785), ulps: 32 };
    case 'gelu': {
      const { approximate = 'none' } = layer;
      if (approximate !== 'none' && approximate !== 'tanh') {
        throw new OptionError(`${op}: approximate must be none or tanh, got ${quote(approximate)}`);
      }
      const form = approximate === 'tanh' ? 'tanh' : 'exact';
      // The largest slope is 1.12890, of the approximation 1.12900; the smallest value -0.16997, of the approximation -0.17004.
      return { compute: (x) => gelu(x, form), lipschitz: 1.13, range: between(-0.1701), ulps: 32 };
    }
    case 'elu': {
      const alpha = requireWithin(op, 'alpha', layer.alpha ?? 1, 0, LARGEST);
      const f = (x: number): number => Math.max(0, x) + alpha * Math.expm1(negative(x));
      return { compute: (x) => elu(x, alpha), lipschitz: Math.max(1, alpha), range: rising(f), ulps: 32 * (1 + alpha) };
    }
    case 'leakyRelu': {
      const slope = requireWithin(op, 'negativeSlope', layer.negativeSlope ?? 0.01, 0, LARGEST);
      const f = (x: number): number => Math.max(0, x) + slope * negative(x);
      return { compute: (x) => leakyRelu(x, slope), lipschitz: Math.max(1, slope), range: rising(f), ulps: 1 };
    }
  }
}
