/** The network that `equivariant-attention train` trains. */
import { Rng } from '@saccade/tensor';
import { GroupAttentionNet } from '../network/group-attention-net.js';
import type { TrainOptions } from './train-options.js';

/** From this side on there is a pool between the two blocks too. */
const large = 24;
/** From this side on the first layer sees more. */
const middling = 12;

/** Lifting, a pool, and two layers, for images of a side. Sides should be even: building the network warns otherwise, as a pool then loses a row and a column. */
export function networkFor(side: number, classes: number, options: TrainOptions): GroupAttentionNet {
  const { group, channels, heads, patch, neighbourhood, seed } = options;
  return new GroupAttentionNet({
    ...{ group, channels, heads, patch, neighbourhood, classes, size: side, poolAfterLifting: true },
    liftingPatch: options.liftingPatch ?? (side < middling ? 3 : 5),
    blocks: side < large ? [2] : [1, 1],
    rng: new Rng(seed),
  });
}
