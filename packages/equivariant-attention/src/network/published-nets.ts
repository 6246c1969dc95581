/** The three networks that were published with the paper. */
import type { Rng } from '@saccade/tensor';
import type { Encoding } from '../encoding/encoded-plan.js';
import type { Group } from '../groups/group.js';
import type { GroupName } from '../groups/named-groups.js';
import { GroupAttentionNet } from './group-attention-net.js';
import type { GroupAttentionNetOptions } from './net-options.js';

/** Which group, and what is to be otherwise than published. */
export type PublishedNetOptions = Partial<GroupAttentionNetOptions> & {
  readonly group: Group | GroupName;
  readonly rng: Rng;
};

/** The encodings of a released code with its small numbers in the norms, for a network that computes what that code does: `{ ...released('paper2021'), ... }`. */
export function released(
  encoding: Exclude<Encoding, 'exact'>,
): Pick<GroupAttentionNetOptions, 'encoding' | 'encodingEps' | 'normEps'> {
  return { encoding, encodingEps: 1e-12, normEps: 1e-12 };
}

/** Rotated MNIST: 28x28, 20 channels, blocks of 2 and 3 layers, 44 thousand parameters. @throws as `GroupAttentionNet` */
export function rotMnistNet(options: PublishedNetOptions): GroupAttentionNet {
  return new GroupAttentionNet({
    ...{ size: 28, imageChannels: 1, classes: 10, channels: 20, blocks: [2, 3], crop: [2, 0, 2, 1, 1] },
    ...{ heads: 9, patch: 5, attentionDropout: 0.1, valueDropout: 0.1, spatialPool: 'sum' },
    ...options,
  });
}

/** CIFAR-10: 32x32, 96 channels that double in the second of three blocks, 3 million parameters. @throws as `GroupAttentionNet` */
export function cifar10Net(options: PublishedNetOptions): GroupAttentionNet {
  return new GroupAttentionNet({
    ...{ size: 32, imageChannels: 3, classes: 10, channels: 96, blocks: [2, 2, 2], expansion: [1, 2, 1] },
    ...{ heads: 9, patch: 5, normBetweenLayers: true, inputDropout: 0.2, attentionDropout: 0.1, poolDropout: 0.3 },
    spatialPool: 'sum',
    ...options,
  });
}

/**
 * PatchCamelyon: 12 channels that double in three of four blocks, 207 thousand parameters. At the published side of 96 its last pool halves 7 pixels to 3, and turned images do not give the same logits, of which
 * building it warns: sides 88 and 104 are free of that. @throws as `GroupAttentionNet`
 */
export function pcamNet(options: PublishedNetOptions): GroupAttentionNet {
  return new GroupAttentionNet({
    ...{ size: 96, imageChannels: 3, classes: 2, channels: 12, blocks: [0, 1, 2, 1], expansion: [1, 2, 2, 2] },
    ...{ crop: [0, 2, 1, 1], heads: 9, patch: 5, normBetweenLayers: true, poolLast: true },
    ...{ attentionDropout: 0.1, valueDropout: 0.1, spatialPool: 'sum' },
    ...options,
  });
}
