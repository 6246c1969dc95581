/** Dropout: random zeros in training. */
import {
  checkOptions,
  mul,
  OptionError,
  quote,
  type Rng,
  requireRng,
  requireWithin,
  ShapeError,
  scope,
  show,
  type Tensor,
  where,
} from '@saccade/tensor';
import { requireTensors } from '../check.js';
import { Module } from '../module.js';

/** Options of the layer. */
export interface DropoutOptions {
  /** The stream is split from it, so that layers draw independently. */
  readonly rng: Rng;
  /**
   * Axes along which one mask is repeated; negative ones count from the back. For images [batch, height, width, channels]
   * `[1, 2]` drops whole channels (Tompson et al. 2015). Default none: each value is drawn by itself.
   */
  readonly shared?: readonly number[] | undefined;
}

/** In training sets values to 0 with a probability and scales the rest by 1 / (1 - probability); in evaluation does nothing. Srivastava et al. 2014. */
export class Dropout extends Module {
  readonly probability: number;
  readonly rng: Rng;
  readonly shared: readonly number[];

  /** @throws {OptionError} unless the probability is in [0, 1] and the shared axes are whole numbers */
  constructor(probability: number, options: DropoutOptions) {
    super();
    const { rng, shared = [] } = checkOptions('Dropout', options, ['rng', 'shared']);
    if (!Array.isArray(shared) || !shared.every(Number.isSafeInteger)) {
      throw new OptionError(`Dropout: shared must be a list of axes such as [1, 2], got ${quote(shared)}`);
    }
    this.probability = requireWithin('Dropout', 'probability', probability, 0, 1);
    this.rng = this.generator('rng', requireRng('Dropout', rng).fork());
    this.shared = [...shared];
  }

  /** [any shape] -> the same; in evaluation x itself. @throws {ShapeError} unless x has the shared axes */
  override forward(x: Tensor): Tensor {
    requireTensors('Dropout', { x });
    const mask = maskShape(x, this.shared);
    return this.training ? drop(x, mask, this.probability, this.rng) : x;
  }
}

/** The shape of x with extent 1 along the shared axes. */
function maskShape({ shape, rank }: Tensor, shared: readonly number[]): readonly number[] {
  const outside = shared.find((axis) => axis < -rank || axis >= rank);
  if (outside !== undefined) {
    throw new ShapeError(`Dropout: shared axis ${outside} is not in a tensor of shape ${show(shape)}`);
  }
  return shape.map((extent, axis) => (shared.includes(axis) || shared.includes(axis - rank) ? 1 : extent));
}

/** The operation itself. */
function drop(x: Tensor, mask: readonly number[], probability: number, rng: Rng): Tensor {
  if (probability === 0) return x;
  if (probability === 1) return mul(x, 0);
  return scope(() => {
    const kept = rng.bernoulli(mask, 1 - probability, { device: x.device });
    return where(kept, mul(x, 1 / (1 - probability)), 0);
  });
}
