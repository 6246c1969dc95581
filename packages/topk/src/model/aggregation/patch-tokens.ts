/** Patches as tokens: their features and, learned from the indicators, where they are. */
import { type Linear, Module } from '@saccade/nn';
import { add, type Rng, requireCount, requireShape, scope, type Tensor } from '@saccade/tensor';
import { flaxDense } from '../flax-layers.js';

/** What makes tokens. */
interface PatchTokensOptions {
  readonly rng: Rng;
  /** n, the number of places; without it tokens do not know where they are. */
  readonly positions: number | undefined;
  /** Channels of a token; others than the features take one more affine map. */
  readonly channels: number;
}

/**
 * representations + position(indicators), then `project` where tokens have other channels than patches features:
 * [batch, k, features], [batch, k, positions] -> [batch, k, channels]. State: `position.weight` [features, positions],
 * `position.bias`, `project.weight` [channels, features], `project.bias`.
 */
export class PatchTokens extends Module<[representations: Tensor, indicators: Tensor]> {
  readonly features: number;
  readonly position: Linear | undefined;
  readonly project: Linear | undefined;
  readonly #op: string;

  /** @param op the aggregation that errors name */
  constructor(op: string, features: number, { rng, positions, channels }: PatchTokensOptions) {
    super();
    this.#op = op;
    this.features = requireCount(op, 'features', features);
    if (positions !== undefined) requireCount(op, 'positions', positions);
    this.position = positions === undefined ? undefined : flaxDense(positions, features, { rng });
    this.project = channels === features ? undefined : flaxDense(features, channels, { rng });
  }

  /** @throws {ShapeError} */
  override forward(representations: Tensor, indicators: Tensor): Tensor {
    const [batch, k] = requireShape(this.#op, 'representations', representations, ['batch', 'k', this.features]);
    const { position } = this;
    if (position !== undefined) {
      const [, positions] = requireShape(this.#op, 'position', position.weight, [this.features, 'positions']);
      requireShape(this.#op, 'indicators', indicators, [batch, k, positions]);
    }
    return scope(() => {
      const placed = position === undefined ? representations : add(representations, position.forward(indicators));
      return this.project?.forward(placed) ?? placed;
    });
  }
}
