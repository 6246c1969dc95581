/** The networks that read digits of 8 x 8 pixels. */
import { GroupAttentionNet, type GroupAttentionNetOptions } from '@saccade/equivariant-attention';
import { Rng } from '@saccade/tensor';

/** Attention to 3 x 3 pixels, 16 channels, 4 heads; a pool; two blocks. 6,680 values for z2, 6,704 for p4. */
export function digitNet(
  seed: number,
  options: Pick<GroupAttentionNetOptions, 'group' | 'encoding' | 'groupIndex'>,
): GroupAttentionNet {
  return new GroupAttentionNet({
    ...{ size: 8, classes: 10, channels: 16, heads: 4, patch: 3, blocks: [2], poolAfterLifting: true },
    ...options,
    rng: new Rng(seed),
  });
}
