/** Root mean square norm: layer norm without mean and shift. */
import {
  add,
  checkOptions,
  mean,
  mul,
  ones,
  requireCount,
  requireFrom,
  rsqrt,
  ShapeError,
  scope,
  show,
  square,
  type Tensor,
} from '@saccade/tensor';
import { requireTensors } from '../check.js';
import { Module } from '../module.js';

/** Options of the norm. */
export interface RMSNormOptions {
  /** Added to the mean square. Default 1e-6. */
  readonly epsilon?: number | undefined;
  /** Learns a scale. Default true. */
  readonly affine?: boolean | undefined;
}

/**
 * x / sqrt(mean(x^2) + epsilon) weight, the mean along the last axis: [..., size] -> the same. Zhang and Sennrich 2019.
 * State: `weight` [size].
 */
export class RMSNorm extends Module {
  readonly weight: Tensor | undefined;
  readonly epsilon: number;
  readonly #size: number;

  /** @param size extent of the last axis @throws {OptionError} unless it is a whole number from 1 and epsilon a number from 0 */
  constructor(size: number, options: RMSNormOptions = {}) {
    super();
    const { epsilon = 1e-6, affine = true } = checkOptions('RMSNorm', options, ['epsilon', 'affine']);
    this.#size = requireCount('RMSNorm', 'size', size);
    this.epsilon = requireFrom('RMSNorm', 'epsilon', epsilon);
    this.weight = affine ? this.parameter('weight', ones([size])) : undefined;
  }

  /** @throws {ShapeError} unless x is [..., size] */
  override forward(x: Tensor): Tensor {
    requireTensors('RMSNorm', { x });
    if (x.shape.at(-1) !== this.#size) {
      throw new ShapeError(`RMSNorm: expected [..., ${this.#size}], got ${show(x.shape)}`);
    }
    return scope(() => {
      const meanSquare = mean(square(x), { axis: -1, keepDims: true });
      const normal = mul(x, rsqrt(add(meanSquare, this.epsilon)));
      return this.weight === undefined ? normal : mul(normal, this.weight);
    });
  }
}
