/** The look-up table of vectors. */
import {
  checkOptions,
  equal,
  expandDims,
  gather,
  type Rng,
  requireCount,
  requireRng,
  requireWithin,
  scope,
  stopGradient,
  type Tensor,
  tensor,
  where,
} from '@saccade/tensor';
import { type Initializer, initialWeight, normalInitializer } from '../initializers.js';
import { Module } from '../module.js';

/** Options of an embedding. */
export interface EmbeddingOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** An id whose vector starts at 0 and is not trained. Default: none. */
  readonly padding?: number | undefined;
  /** Makes the table. Default: standard normal. */
  readonly initializer?: Initializer | undefined;
}

/** Vectors of ids: int32 [...] -> [..., channels]. State: `weight` [count, channels]. */
export class Embedding extends Module<[ids: Tensor]> {
  readonly weight: Tensor;
  readonly padding: number | undefined;

  /** @throws {OptionError} for sizes below 1, a padding id outside the table, or no generator */
  constructor(count: number, channels: number, options: EmbeddingOptions) {
    super();
    requireCount('Embedding', 'count', count);
    requireCount('Embedding', 'channels', channels);
    const names = ['rng', 'padding', 'initializer'] as const;
    const { padding, initializer = normalInitializer(1) } = checkOptions('Embedding', options, names);
    const rng = requireRng('Embedding', options.rng);
    if (padding !== undefined)
      requireWithin('Embedding', 'padding', requireCount('Embedding', 'padding', padding, 0), 0, count - 1);
    this.padding = padding;
    const table = scope(() => {
      const fan = { in: channels, out: count };
      const values = initialWeight('Embedding', initializer, [count, channels], fan, rng);
      if (padding === undefined) return values;
      const rows = tensor(
        Uint8Array.from({ length: count }, (_, i) => Number(i === padding)),
        { dtype: 'bool' },
      );
      return where(expandDims(rows, 1), 0, values);
    });
    this.weight = this.parameter('weight', table);
  }

  /** @throws {IndexError} for an id outside the table (on CPU devices) @throws {DTypeError} unless ids are int32 */
  override forward(ids: Tensor): Tensor {
    const { padding } = this;
    if (padding === undefined) return gather(this.weight, ids);
    // The row itself may hold something else by now, as a loaded one does: only its gradient is withheld.
    return scope(() => {
      const vectors = gather(this.weight, ids);
      return where(expandDims(equal(ids, padding), -1), stopGradient(vectors), vectors);
    });
  }
}
