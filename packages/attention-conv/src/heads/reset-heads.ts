/** Heads that begin anew. */
import {
  assign,
  checkOptions,
  type Rng,
  requireRng,
  reshape,
  scope,
  type Tensor,
  tensor,
  where,
} from '@saccade/tensor';
import { QuadraticAttention } from '../layers/quadratic-attention.js';
import { headAxis, requireHeads, withHeads } from './head-rows.js';

/** Options of `resetHeads`. */
export interface ResetOptions {
  /** Draws the new values. */
  readonly rng: Rng;
  /** Deviation of the centres around the query. Default 2. */
  readonly centerDeviation?: number | undefined;
  /** Deviation of the spreads around 1. Default 0.01. */
  readonly spreadDeviation?: number | undefined;
}

/**
 * Gives heads of a layer the centre, spread and value map that heads of a new layer have; the others stay. What an optimizer keeps of the old ones it keeps.
 * @throws {OptionError} for heads that there are not, and as the layer's constructor
 */
export function resetHeads(layer: QuadraticAttention, heads: readonly number[], options: ResetOptions): void {
  const op = 'resetHeads';
  const { rng, centerDeviation, spreadDeviation } = checkOptions(op, options, [
    'rng',
    'centerDeviation',
    'spreadDeviation',
  ]);
  const anew = requireHeads(op, heads, layer.heads);
  const { dtype, device } = layer.weight;
  const fresh = new QuadraticAttention({
    ...{ ...layer.config, centerDeviation, spreadDeviation, dtype, device },
    rng: requireRng(op, rng),
  });
  const drawn = fresh.parameters();
  scope(() => {
    for (const [name, parameter] of layer.parameters()) {
      const axis = headAxis(name);
      if (axis !== undefined)
        assign(parameter, exchanged(parameter, drawn.get(name) as Tensor, axis, layer.heads, anew));
    }
  });
  fresh.dispose();
}

/** The tensor with the blocks of some heads from another one. */
function exchanged(own: Tensor, other: Tensor, axis: number, heads: number, anew: readonly number[]): Tensor {
  const mask = Uint8Array.from({ length: heads }, (_, head) => Number(anew.includes(head)));
  const blocks = withHeads(own, axis, heads);
  const shape = blocks.shape.map((_, i) => (i === axis ? heads : 1));
  const isAnew = tensor(mask, { shape, dtype: 'bool', device: own.device });
  return reshape(where(isAnew, withHeads(other, axis, heads), blocks), own.shape);
}
