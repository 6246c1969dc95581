/** Tokens whose channels are so nearly alike that their norm multiplies rounding up to the size of what is measured. */
import { cast, greater, logicalAnd, reshape, scope, sum, type Tensor } from '@saccade/tensor';
import type { NormWeights } from '../model/layer-weights.js';
import { normScales } from '../model/norm.js';

/** The largest scale of a norm that passes unreported. */
const mostScale = 1e4;

/** How many tokens a norm is about to multiply by more than 1e4: int32 []. @param x [batch, tokens, channels] @param keyMask [batch, tokens]: false for padding */
export function amplifiedTokens(x: Tensor, norm: NormWeights, keyMask: Tensor | undefined): Tensor {
  return scope(() => {
    const above = reshape(greater(normScales(x, norm), mostScale), x.shape.slice(0, -1));
    return sum(cast(keyMask === undefined ? above : logicalAnd(above, keyMask), 'int32'));
  });
}
